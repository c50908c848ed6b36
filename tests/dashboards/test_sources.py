"""Coverage in words: how much is known, and why not all of it."""

import polars as pl

from dashboards.sources import coverage_table

FIGURE = {
    "figure": "repositories_with_patch_ids",
    "source": "git",
    "meaning": "Repositories in which copies of commits are found",
    "numerator": 1.0,
    "denominator": 3.0,
    "ratio": 1 / 3,
}


def test_what_is_not_known_says_why_in_words() -> None:
    table = coverage_table(pl.DataFrame([{**FIGURE, "reason": "switched_off, trees_missing"}]))
    assert table["Known"].to_list() == ["1 of 3"]
    assert table["Why not all"].to_list() == [
        "switched off in the settings; the clone has no folders"
    ]


def test_without_any_reason_there_is_no_column_for_it() -> None:
    for rows in ([FIGURE], [{**FIGURE, "reason": None}]):
        assert "Why not all" not in coverage_table(pl.DataFrame(rows)).columns


def test_an_unknown_reason_is_shown_as_it_is_spelled() -> None:
    table = coverage_table(pl.DataFrame([{**FIGURE, "reason": "eaten_by_goats"}]))
    assert "goats" in table["Why not all"][0]
