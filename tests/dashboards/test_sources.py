"""Coverage and differences in words: how much is known, why not all of it, what looks new."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from dashboards.sources import changes_sentence, changes_table, coverage_table
from tests.dashboards.conftest import OpenPage
from tests.dashboards.test_pages import said

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


def _change(**fields: object) -> dict[str, object]:
    return {
        "source": "pager",
        "kind": "pagerduty",
        "stream": "incidents",
        "field": "urgency",
        "change": "missing",
        "is_read": True,
        "detail": None,
        "record_count": 5,
        "seen_at": datetime(2026, 11, 1, 12, tzinfo=UTC).replace(tzinfo=None),
        **fields,
    }


def test_sources_that_look_as_before_are_said_to() -> None:
    nothing = pl.DataFrame([_change()]).clear()
    assert changes_sentence(nothing).startswith("The records of every source look as they did")


def test_differences_are_counted_and_those_that_matter_come_first() -> None:
    changes = pl.DataFrame(
        [_change(), _change(field="extra", change="new", is_read=False, detail="<b>x</b>")]
    )
    assert changes_sentence(changes) == (
        "2 differences since the first reading, 1 of them in a field that a number may rest on."
    )
    table = changes_table(changes)
    assert table["Field"].to_list() == ["urgency", "extra"]
    assert table["What"].to_list() == ["field is missing", "new field"]


def test_the_page_of_sources_names_rights_and_where_a_kind_is_read(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "sources", kind="github")
    text = said(app)
    assert "2 kinds of source can be read, 1 of them are read here." in text
    assert "**Read here as:** github" in text
    assert "a token that may read" in text


def test_a_kind_that_is_not_configured_is_said_to_be(
    look_at: OpenPage, published_home: Path
) -> None:
    assert "**Read here as:** not configured" in said(
        look_at(published_home, "sources", kind="redmine")
    )
