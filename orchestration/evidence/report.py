"""The part of a package for people: one page of HTML that needs nothing else and prints well."""

import hashlib
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from orchestration.evidence.inputs import Inputs
from orchestration.evidence.verify import slots_of, state_of

STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .5rem;border-bottom:1px solid #8886}
td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
code{font-size:.85em;overflow-wrap:anywhere}.bad{font-weight:600}
.note{border-left:4px solid #c60;padding:.3rem .8rem}
@media print{body{margin:0;max-width:none;font-size:10pt}tr{break-inside:avoid}
thead{display:table-header-group}}
"""
SHOWN_ROWS = 200
STATES = {
    ("satisfied", "pass"): "Satisfied",
    ("satisfied", "other"): "Satisfied, with warnings",
    ("not-satisfied", "fail"): "Not satisfied",
    ("not-satisfied", "other"): "Not shown: no data, or exempt",
    ("", ""): "Nothing to judge",
}


def report_html(inputs: Inputs, manifest: Mapping[str, Any], members: Mapping[str, bytes]) -> str:
    """Return the report of a package whose manifest has everything but its files."""
    done = manifest["completeness"]
    sample = "<p class=note>This is the sample company, not yours.</p>"
    parts = [
        f"<h1>Evidence: {escape(inputs.scope.title)}</h1>",
        f"<p>As of {escape(inputs.as_of)}. {_completeness(done['filled'], done['required'])}</p>",
        sample if manifest["is_sample_data"] else "",
        "<h2>Controls</h2>",
        _controls(manifest),
        "<h2>What is not shown to hold</h2>",
        _open(inputs),
        "<h2>What is missing</h2>",
        _missing(inputs),
        "<h2>What was taken out</h2>",
        _redactions(manifest["redactions"]),
        "<h2>What is in this package</h2>",
        _table(
            ("File", "Bytes", "SHA-256"),
            [
                (_code(name), _number(len(members[name])), _code(_sha256(members[name])))
                for name in sorted(members)
            ],
        ),
        "<h2>How long to keep it</h2>",
        _retention(manifest["retention"]),
        "<h2>How to check it</h2>",
        "<p>Take <code>verify.py</code> from a place you trust, not from this package, and run"
        " <code>python verify.py PACKAGE.zip --previous EARLIER.zip --key KEY</code>. It needs"
        " Python and the library cryptography, and no network. The manifest counts every control"
        " and attestation, so that nothing can be left out unseen.</p>",
    ]
    title = escape(f"Evidence: {inputs.scope.title}")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style><body>{''.join(parts)}</body></html>\n"
    )


def missing_slots(inputs: Inputs) -> list[tuple[str, str, str]]:
    """Return control, subject and what is missing, for every place for evidence that is empty."""
    known = {
        name: set(frame[frame.columns[0]].cast(str).to_list())
        for name, frame in inputs.extracts.items()
    }
    return [
        (row["control_id"], row["subject_id"], slot)
        for row in inputs.results.iter_rows(named=True)
        for slot, is_filled in slots_of(row["verdict"], row["evidence"] or [], known).items()
        if not is_filled
    ]


def _completeness(filled: int, required: int) -> str:
    if not required:
        return "Nothing of it needs evidence."
    share = f"{filled} of {required} places for evidence are filled ({filled / required:.1%})"
    return f"{share}: complete." if filled == required else f"{share}: <b>not complete</b>."


def _retention(asked: Mapping[str, Any]) -> str:
    if asked["until"] is None:
        return "<p>No framework of this scope states a time.</p>"
    months, framework = asked["months"], escape(asked["framework"])
    return f"<p>Until {asked['until']}: {framework} asks for {months} months.</p>"


def _controls(manifest: Mapping[str, Any]) -> str:
    rows: list[tuple[str, ...]] = []
    for one in manifest["controls"]:
        state = STATES[state_of(one["verdicts"])]
        said = ", ".join(f"{count} {word}" for word, count in sorted(one["verdicts"].items()))
        rows.append(
            (
                escape(one["title"] or one["control_id"]),
                escape(state),
                escape(said.replace("_", " ")),
                _number(f"{one['filled']} of {one['required']}"),
            )
        )
    return _table(("Control", "State", "Subjects", "Evidence"), rows)


def _open(inputs: Inputs) -> str:
    settled = ("pass", "not_applicable")
    rows = [one for one in inputs.results.iter_rows(named=True) if one["verdict"] not in settled]
    return _table(
        ("Control", "Subject", "Verdict", "Why"),
        [
            (
                escape(one["control_id"]),
                _code(f"{one['subject_type']} {one['subject_id']}"),
                escape(one["verdict"].replace("_", " ")),
                escape(one["reason"] or ""),
            )
            for one in rows
        ],
        whole="results.csv",
    )


def _missing(inputs: Inputs) -> str:
    words = {"verdict": "a verdict that was reached", "evidence": "any evidence"}
    return _table(
        ("Control", "Subject", "Missing"),
        [
            (escape(control), _code(subject), escape(words.get(slot, f"the row {slot}")))
            for control, subject, slot in missing_slots(inputs)
        ],
        whole="results.csv",
    )


def _redactions(entries: Iterable[Mapping[str, Any]]) -> str:
    return _table(
        ("File", "Column", "What", "Cells"),
        [
            (
                _code(one["item"]), escape(one["column"]), escape(one["reason"]),
                _number(one["cell_count"]),
            )
            for one in entries
        ],
    )  # fmt: skip


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]], *, whole: str = "") -> str:
    """Return a table of cells that are HTML already; long ones name the file with the rest."""
    if not rows:
        return "<p>Nothing.</p>"
    lines = ["".join(f"<th scope=col>{one}</th>" for one in head)]
    body = (
        "".join(one if one.startswith("<td") else f"<td>{one}</td>" for one in row)
        for row in (rows[:SHOWN_ROWS] if whole else rows)
    )
    more = len(rows) - SHOWN_ROWS if whole else 0
    rest = f"<p>{more} more are in <code>{whole}</code>.</p>" if more > 0 else ""
    shown = "".join(f"<tr>{one}</tr>" for one in body)
    return f"<table><thead><tr>{lines[0]}</tr></thead><tbody>{shown}</tbody></table>{rest}"


def _number(value: object) -> str:
    return f"<td class=n>{escape(str(value))}</td>"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
