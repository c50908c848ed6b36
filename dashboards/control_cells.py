"""What a control says in a month or quarter, in words that do not need a colour."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from dashboards.safe_text import plain_text
from dashboards.words import DASH, moment_words, percent_words
from transforms.sampling import audit_sample, clopper_pearson_upper

SYMBOLS = {
    "pass": "✓", "warn": "◐", "fail": "✕", "no_data": "?", "inconclusive": "?",
    "not_applicable": "–", "exempt": "○",
}  # fmt: skip
VERDICT_WORDS = {
    "pass": "Pass", "warn": "Warning", "fail": "Fail", "no_data": "No data",
    "inconclusive": "Inconclusive", "not_applicable": "Not applicable", "exempt": "Exempt",
}  # fmt: skip
SAMPLE_SIZES = (25, 45, 60)
CONFIDENCE = 0.90
Row = Mapping[str, Any]


def cell_words(row: Row | None) -> str:
    """Return a cell of the matrix: symbol and word first, then the counts behind them."""
    if row is None:
        return DASH
    verdict, n = str(row["verdict"]), int(row["n"])
    symbol = SYMBOLS[verdict]
    if n == 0:
        return f"{symbol} not applicable"
    passed = f"{percent_words(row['pass_count'] / n, n=n)} of {n:,} pass"
    counts = {
        "fail": f"{row['fail_count']:,} failed, {passed}",
        "no_data": f"no data for {row['no_data_count']:,} of {n:,}",
        "inconclusive": f"{row['inconclusive_count']:,} of {n:,} inconclusive",
        "warn": f"{row['warn_count']:,} warned, {passed}",
        "exempt": f"{n:,} exempt",
        "pass": f"{passed}" + (f", {row['exempt_count']:,} exempt" if row["exempt_count"] else ""),
    }
    return f"{symbol} {counts[verdict]}"


def matrix_sentence(rows: Sequence[Row], *, period: str) -> str:
    """Return how many controls fail, lack data or pass in a period; nothing is rounded to pass."""
    judged = [row for row in rows if row["n"]]
    if not judged:
        return f"No control judged anything in {period}."
    count = len(judged)
    words = (
        ("fail", "with failures"), ("no_data", "without data"), ("inconclusive", "inconclusive"),
        ("warn", "with warnings"), ("exempt", "exempt"),
    )  # fmt: skip
    said = [
        f"{number} {word}"
        for verdict, word in words
        if (number := sum(row["verdict"] == verdict for row in judged))
    ]
    controls = "control" if count == 1 else "controls"
    if not said:
        return f"All {count} {controls} that judged anything in {period} pass."
    return f"Of {count} {controls} in {period}: {', '.join(said)}."


def matrix_table(
    controls: pl.DataFrame, cells: pl.DataFrame, requirements: Mapping[str, Sequence[str]]
) -> pl.DataFrame:
    """Return one row a control and one column a period, the newest first."""
    found = {
        (row["control_id"], row["period_start_date"]): row for row in cells.iter_rows(named=True)
    }
    periods = sorted({period for _, period in found}, reverse=True)
    return pl.DataFrame(
        [
            {
                "Control": plain_text(row["title"]),
                **{
                    period_name(period, cells): cell_words(found.get((row["control_id"], period)))
                    for period in periods
                },
                "Severity": row["severity"],
                "Requirements": ", ".join(requirements.get(row["control_id"], ())) or DASH,
            }
            for row in controls.iter_rows(named=True)
        ]
    )


def period_name(start: date, cells: pl.DataFrame) -> str:
    """Return how a month or a quarter is called: `Nov 2026`, `Q4 2026`."""
    is_quarter = not cells.is_empty() and cells["grain"][0] == "quarter"
    return f"Q{(start.month + 2) // 3} {start.year}" if is_quarter else f"{start:%b %Y}"


def instances_table(rows: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """Return instances with verdict, reason, evidence and exemption, those that fail first.

    `names`: what people call each subject, by its key.
    """
    order = list(VERDICT_WORDS)
    worst = ("fail", "no_data", "inconclusive", "warn", "exempt", "pass", "not_applicable")
    ranked = sorted(
        rows.iter_rows(named=True),
        key=lambda row: (worst.index(row["verdict"]) if row["verdict"] in order else -1,
                         row["occurred_at"], row["subject_id"]),
    )  # fmt: skip
    return pl.DataFrame(
        [
            {
                "Verdict": f"{SYMBOLS[row['verdict']]} {VERDICT_WORDS[row['verdict']]}",
                "When (UTC)": moment_words(row["occurred_at"]),
                "Subject": names.get(row["subject_id"]) or plain_text(row["subject_id"]),
                "Service": plain_text(row["service_id"]) or DASH,
                "Reason": plain_text(row["reason"], limit=300),
                "Evidence": plain_text(", ".join(row["evidence"] or ()), limit=300) or DASH,
                "Exemption": exemption_words(row),
            }
            for row in ranked
        ]
    )


def exemption_words(row: Row) -> str:
    """Return which exemption lifted what, a dash where none did."""
    if row["exemption_id"] is None:
        return DASH
    lifted = VERDICT_WORDS[row["underlying_verdict"]].lower()
    return f"{plain_text(row['exemption_id'])}, lifts {lifted}"


def sample_sentence(n: int) -> str:
    """Return what a sample without a failure still leaves possible."""
    upper = clopper_pearson_upper(0, n, confidence=CONFIDENCE)
    return (
        f"When none of {n} fails, at most {100 * upper:.1f} % of all can fail "
        f"({CONFIDENCE:.0%} confidence, one-sided)."
    )


def sampled(rows: pl.DataFrame, n: int, *, seed: str) -> pl.DataFrame:
    """Return n instances, drawn so that whoever knows the seed draws the same."""
    chosen = audit_sample(rows["subject_id"].to_list(), n, seed=seed)
    return rows.filter(pl.col("subject_id").is_in(chosen))
