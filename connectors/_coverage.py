"""Turn coverage reports into measures: Cobertura XML, LCOV, coverage.py and istanbul JSON.

Formats: cobertura.github.io (coverage-04.dtd), geninfo(1), `coverage json`, istanbul's
json-summary; read November 2026. Shares are from 0 to 1. What has no lines or no branches has no
measure: nothing to cover is not the same as nothing covered.
"""

from typing import Any
from xml.etree.ElementTree import Element

from connectors._document import Document, Row, measure, stated_instant

Json = dict[str, Any]
METRICS = ("line_coverage", "branch_coverage", "function_coverage")


def decode_cobertura(root: Element) -> Document:
    """Return the measures of a Cobertura report; counts are more exact than its rounded rates."""
    rows = []
    for metric, things, rate in (
        ("line_coverage", "lines", "line-rate"),
        ("branch_coverage", "branches", "branch-rate"),
    ):
        covered, valid = root.get(f"{things}-covered"), root.get(f"{things}-valid")
        if covered is not None and valid is not None:
            rows += _share(metric, float(covered), float(valid))
        elif root.get(rate) is not None:
            rows.append(measure(metric, float(root.get(rate, "")), unit="ratio"))
    return Document(
        format="cobertura",
        tool="cobertura",
        created_at=stated_instant(root.get("timestamp")),
        rows={"quality_measures": rows},
    )


def _share(metric: str, covered: float, total: float) -> list[Row]:
    return [measure(metric, covered / total, unit="ratio")] if total > 0 else []


def decode_coverage_py(data: Json) -> Document:
    """Return the measures of coverage.py's JSON."""
    totals, about = data["totals"], data["meta"]
    rows = _share("line_coverage", totals["covered_lines"], totals["num_statements"])
    branches = totals.get("num_branches") or 0
    rows += _share("branch_coverage", totals.get("covered_branches") or 0, branches)
    return Document(
        format="coverage.py",
        tool="coverage.py",
        created_at=stated_instant(about.get("timestamp")),
        rows={"quality_measures": rows},
    )


def decode_istanbul(data: Json) -> Document:
    """Return the measures of istanbul's summary."""
    total = data["total"]
    rows = []
    for metric, things in zip(METRICS, ("lines", "branches", "functions"), strict=True):
        rows += _share(metric, total[things]["covered"], total[things]["total"])
    return Document(format="istanbul", tool="istanbul", rows={"quality_measures": rows})


def decode_lcov(text: str) -> Document:
    """Return the measures of an LCOV file.

    A file that several tests ran stands in it several times, so hits are united by line, branch
    and function; the sums it states are used only where those are left out.
    Errors: ValueError when a record does not end.
    """
    hits: dict[str, dict[tuple[str, ...], int]] = {metric: {} for metric in METRICS}
    stated = dict.fromkeys(("LF", "LH", "BRF", "BRH", "FNF", "FNH"), 0)
    file, is_open = "", False
    for line in text.splitlines():
        name, _, value = line.strip().partition(":")
        if name == "SF":
            file, is_open = value, True
        elif name == "end_of_record":
            is_open = False
        elif name in stated:
            stated[name] += int(value)
        else:
            _add_hits(hits, name, value.split(","), file=file)
    if is_open:
        raise ValueError("its last record does not end")
    rows = []
    for metric, things in zip(METRICS, ("L", "BR", "FN"), strict=True):
        found = hits[metric]
        if found:
            rows += _share(metric, sum(count > 0 for count in found.values()), len(found))
        else:
            rows += _share(metric, stated[f"{things}H"], stated[f"{things}F"])
    return Document(format="lcov", tool="lcov", rows={"quality_measures": rows})


def _add_hits(
    hits: dict[str, dict[tuple[str, ...], int]], name: str, parts: list[str], *, file: str
) -> None:
    if name == "DA":
        known, place, count = hits["line_coverage"], parts[:1], parts[1]
    elif name == "BRDA":
        known, place, count = hits["branch_coverage"], parts[:3], parts[3]
    elif name == "FNDA":
        known, place, count = hits["function_coverage"], parts[1:], parts[0]
    else:
        return
    key = (file, *place)
    known[key] = known.get(key, 0) + (0 if count == "-" else int(float(count)))
