"""What failures of deployments go along with, in words: association, not cause."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from dashboards.causation_words import p_words, times_words
from dashboards.intervals_chart import Interval
from dashboards.safe_text import plain_text, safe_text
from dashboards.words import (
    DASH,
    clean_number,
    count_words,
    names_words,
    percent_words,
)

SAID = {
    "associated": "associated",
    "not_established": "not established",
    "too_little_data": "too few to say",
    "reference": "compared with",
}
Row = Mapping[str, Any]


def answer(rows: Sequence[Row]) -> str:
    """Return whether any level fails more or less often, as one sentence."""
    tested = [row for row in rows if row["p_adjusted"] is not None]
    found = [row for row in tested if row["statement"] == "associated"]
    if not tested:
        return "Too few deployments or failures to compare; a group needs 10, with a failure each."
    if not found:
        compared = count_words(len(tested), "comparison")
        return f"No difference is established in {compared} together; an interval is of one alone."
    return f"{len(found)} of {count_words(len(tested), 'comparison')} show an association."


def compared_sentence(row: Row, factor: Row) -> str:
    """Return one comparison with its counts.

    `8 of 91 deployments on Friday failed (9 %, likely 5 % to 16 %), against 55 of 505 on Monday to
    Thursday (11 %).`
    """
    n, other = row["n"], row["reference_n"]
    rates = [percent_words(row[name], n=n) for name in ("rate", "rate_low", "rate_high")]
    ours, theirs = (phrase(factor, row[name]) for name in ("level", "reference_level"))
    reference = percent_words(row["reference_failed_count"] / other, n=other) if other else DASH
    return safe_text(
        f"{row['failed_count']:,} of {count_words(n, 'deployment')} {ours} failed "
        f"({rates[0]}, likely {rates[1]} to {rates[2]}), against "
        f"{row['reference_failed_count']:,} of {other:,} {theirs} ({reference}).",
        limit=500,
    )


def phrase(factor: Row, level: str) -> str:
    """Return a level as it follows on `deployments`."""
    return str(factor["phrase"]).replace("{level}", str(level))


def differences(rows: Sequence[Row], factors: Mapping[str, Row]) -> list[Interval]:
    """Return the differences of failure rates, as the chart draws them."""
    return [
        Interval(
            label=f"{plain_text(row['level'])}: {row['failed_count']:,} of {row['n']:,} failed",
            value=row["risk_difference"] * 100,
            low=row["risk_difference_low"] * 100,
            high=row["risk_difference_high"] * 100,
            words=points_words(row["risk_difference"]),
            is_clear=row["statement"] == "associated",
            group=_group(row, factors[row["factor"]]),
        )
        for row in rows
        if clean_number(row["risk_difference"]) is not None
    ]


def _group(row: Row, factor: Row) -> str:
    return (
        f"{factor['title']}, against {plain_text(row['reference_level'])} "
        f"({row['reference_failed_count']:,} of {row['reference_n']:,} failed)"
    )


def points_words(difference: float | None) -> str:
    """Return a difference of shares in points: `+2.1 points`."""
    known = clean_number(difference)
    return DASH if known is None else f"{known * 100:+.1f} points".replace("-", "−")


def comparisons_table(rows: Sequence[Row], factors: Mapping[str, Row]) -> pl.DataFrame:
    """Return every level beside the level that it is compared with."""
    family = len([row for row in rows if row["p_adjusted"] is not None])
    return pl.DataFrame(
        [
            {
                "Factor": factors[row["factor"]]["title"],
                "Level": plain_text(row["level"]),
                "Failed": f"{row['failed_count']:,} of {row['n']:,}",
                "Compared with": f"{plain_text(row['reference_level'])}: "
                f"{row['reference_failed_count']:,} of {row['reference_n']:,}",
                "Difference": _between(row),
                f"p, adjusted for {family}": p_words(row["p_adjusted"]).removeprefix("p "),
                "Says": SAID[row["statement"]],
                "Odds ratio within strata": _odds(row),
            }
            for row in rows
            if row["statement"] != "reference"
        ]
    )


def _between(row: Row) -> str:
    if clean_number(row["risk_difference"]) is None:
        return DASH
    ends = [f"{row[f'risk_difference_{end}'] * 100:+.0f}" for end in ("low", "high")]
    return f"{points_words(row['risk_difference'])} ({ends[0]} to {ends[1]})".replace("-", "−")


def _odds(row: Row) -> str:
    ratio, low, high = (clean_number(row[f"odds_ratio{end}"]) for end in ("", "_low", "_high"))
    if ratio is None:
        return DASH
    ends = DASH if low is None else f"{times_words(low)} to {times_words(high)}"
    strata = count_words(row["stratum_count"], "stratum", "strata")
    return f"{times_words(ratio)} ({ends}), {strata}"


def held_equal(factors: Sequence[Row]) -> str:
    """Return the sentence that every comparison needs: what it holds equal, what it leaves open."""
    controlled = {part for one in factors for part in one["confounders_controlled"].split(", ")}
    open_ = {part for one in factors for part in one["confounders_not_controlled"].split(", ")}
    return (
        "Association, not cause; confounders controlled: "
        f"{names_words(sorted(controlled), most=9)}; not controlled: "
        f"{names_words(sorted(open_), most=99)}."
    )


def factors_table(factors: Sequence[Row]) -> pl.DataFrame:
    """Return each factor with what was held equal in its comparisons and what was not."""
    return pl.DataFrame(
        [
            {
                "Factor": one["title"],
                "What it is": one["plain_words"],
                "Held equal": one["confounders_controlled"],
                "Not held equal": one["confounders_not_controlled"],
            }
            for one in factors
        ]
    )


def unknown_sentence(rows: Sequence[Row], factors: Sequence[Row]) -> str:
    """Return which factors have no levels to compare, and what would give them some."""
    levels: dict[str, int] = {}
    for row in rows:
        levels[row["factor"]] = levels.get(row["factor"], 0) + 1
    thin = [one for one in factors if levels.get(one["factor"], 0) < 2]
    if not thin:
        return ""
    named = "; ".join(f"{one['title']} (needs {one['needs']})" for one in thin)
    return f"Nothing to compare yet: {named}."


def pairs_table(pairs: Sequence[Row], names: Mapping[str, str]) -> pl.DataFrame:
    """Return pairs of services with how often each failed together and alone."""
    return pl.DataFrame(
        [
            {
                "Services": " and ".join(
                    plain_text(names.get(row[key], row[key]))
                    for key in ("service_id", "other_service_id")
                ),
                "Together": row["codeployment_count"],
                "Incidents together": _sides(row, "together"),
                "Incidents alone": _sides(row, "alone"),
                "Together over alone": _lift(row),
                "p, adjusted": p_words(row["p_adjusted"]).removeprefix("p "),
                "Says": SAID[row["statement"]],
            }
            for row in pairs
        ]
    )


def _sides(row: Row, what: str) -> str:
    return " and ".join(
        f"{row[f'{side}{what}_failed_count']:,} of {row[f'{side}{what}_count']:,}"
        for side in ("", "other_")
    )


def _lift(row: Row) -> str:
    ratio, low, high = (clean_number(row[f"lift{end}"]) for end in ("", "_low", "_high"))
    if ratio is None:
        return DASH
    ends = DASH if low is None else f"{times_words(low)} to {times_words(high)}"
    return f"{times_words(ratio)} times ({ends})"
