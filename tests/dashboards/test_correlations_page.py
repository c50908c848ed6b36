"""The page of failure correlations: what is said, with what, and what is not said."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dashboards import causation_words as causation
from dashboards import correlation_words as correlation
from dashboards.intervals_chart import Interval, intervals
from dashboards.theme import LIGHT
from tests.dashboards.conftest import OpenPage
from tests.dashboards.estate_correlations import HOSTILE_LEVEL
from tests.dashboards.test_pages import assert_sound, said

ROW: dict[str, Any] = {
    "statement": "evidence", "change_event_count": 603, "exposed_incident_count": 12,
    "other_incident_count": 20, "excess_incident_count": 9.96, "p_adjusted": 0.00002,
    "attributable_fraction": 0.311, "attributable_fraction_low": 0.1,
    "attributable_fraction_high": 0.52, "rate_ratio": 5.88, "rate_ratio_low": 2.62,
    "rate_ratio_high": 12.63,
}  # fmt: skip


def test_the_page_answers_first_and_says_how_it_was_tested(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "correlations")
    text = said(app)
    assert_sound(app)
    assert "Incidents cluster after deployments here:" in app.markdown[0].value
    assert "keeps weekday and hour" in text
    assert "Association\\, not cause" in text
    assert "not controlled" in text
    assert (
        "24 of 80 deployments on Friday failed \\(30 \\%\\, likely 18 \\% to 48 \\%\\)\\, "
        "against 55 of 505 on Monday to Thursday \\(11 \\%\\)\\."
    ) in text
    assert "Flaky tests \\(needs test results" in text


def test_levels_from_sources_are_only_ever_cells(look_at: OpenPage, published_home: Path) -> None:
    app = look_at(published_home, "correlations")
    assert HOSTILE_LEVEL in said(app)
    assert not any(HOSTILE_LEVEL in element.value for element in app.markdown)


def test_a_service_and_a_team_narrow_the_list(look_at: OpenPage, published_home: Path) -> None:
    app = look_at(published_home, "correlations", service="ledger")
    assert "for ledger" in app.markdown[0].value.replace("\\", "")
    assert {"ledger"} == set(app.dataframe[0].value["Service"])
    app = look_at(published_home, "correlations", team="Payments")
    assert set(app.dataframe[0].value["Service"]) == {"payments-core", "ledger", "refunds"}
    assert "teams narrow the list of services" in said(app)


def test_without_data_the_page_says_why_and_what_to_do(
    look_at: OpenPage, quiet_home: Path, lone_home: Path
) -> None:
    text = said(look_at(quiet_home, "correlations"))
    assert "no deployments and incidents to compare" in text
    assert "`leadline run`" in text
    assert "Too few deployments or failures to compare" in text
    text = said(look_at(lone_home, "correlations"))
    assert "Too little here to say" in text
    assert "Something is said from 5 incidents and 20 deployments on." in text


def test_an_older_build_is_said(open_page: OpenPage, published_home: Path, tmp_path: Path) -> None:
    import shutil

    import duckdb

    shutil.copytree(published_home, tmp_path / "home", symlinks=True)
    file = next((tmp_path / "home" / "published" / "builds").glob("*/warehouse.duckdb"))
    with duckdb.connect(str(file)) as connection:
        connection.execute("drop table v1.codeployment_pairs")
    assert "older than this page" in said(open_page(tmp_path / "home", "correlations"))


def test_nothing_stronger_than_no_evidence_where_the_interval_holds_0() -> None:
    row = ROW | {"statement": "no_evidence", "attributable_fraction_low": 0.0}
    assert causation.headline(row, of="") == "No evidence that deployments cause incidents here."
    assert "likely 0 % to" in causation.detail(row)
    assert causation.headline(ROW, of="") == (
        "Incidents cluster after deployments here: 12 of 32 began within two hours of one."
    )
    assert "at the rate of all other hours about 2 would have" in causation.detail(ROW)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "5.9 times (2.6 to 13)"),
        ({"rate_ratio": None, "rate_ratio_high": None}, "at least 2.6 times"),
        ({"rate_ratio": 1439.9, "rate_ratio_high": 64896.0}, "1,400 times (2.6 to 65,000)"),
        ({"rate_ratio": None, "rate_ratio_low": None}, "–"),
    ],
)
def test_a_ratio_is_told_to_two_digits_with_its_ends(change: dict[str, Any], words: str) -> None:
    assert causation.ratio_words(ROW | change) == words


def test_levels_without_a_difference_are_not_drawn_but_listed() -> None:
    factors = {"day": {"title": "Weekday", "phrase": "on {level}"}}
    row = {
        "factor": "day", "level": "Friday", "reference_level": "Monday", "n": 8, "failed_count": 0,
        "reference_n": 50, "reference_failed_count": 5, "statement": "too_little_data",
        "risk_difference": None, "p_adjusted": None, "odds_ratio": None, "odds_ratio_low": None,
        "odds_ratio_high": None,
    }  # fmt: skip
    assert correlation.differences([row], factors) == []
    table = correlation.comparisons_table([row], factors)
    assert table["Says"].to_list() == ["too few to say"]
    assert table["Difference"].to_list() == ["–"]
    assert correlation.answer([row]).startswith("Too few deployments or failures")


def test_the_chart_draws_open_ends_to_its_edge_and_colours_only_what_is_clear() -> None:
    rows = [
        Interval("A", 5.9, 2.6, 12.6, "5.9 times", is_clear=True, group="One"),
        Interval("B", None, 3.0, None, "at least 3 times", is_clear=False, group="One"),
        Interval("<b>C</b>", 0.0, 0.0, 9.0, "0 times", is_clear=False, group="Two"),
    ]
    figure = intervals(rows, colours=LIGHT, equal=1.0, is_ratio=True, sides="less | more")
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    assert [trace.line.color for trace in lines] == [LIGHT.bad, LIGHT.neutral, LIGHT.neutral]
    assert lines[1].x[1] == pytest.approx(12.6 * 1.5)
    assert min(lines[2].x) > 0
    texts = [note.text for note in figure.layout.annotations]
    assert texts.count("<b>One</b>") == 1
    assert "&lt;b&gt;C&lt;/b&gt;" in texts


def test_no_rows_make_no_table() -> None:
    assert causation.services_table([]).height == 0
    assert causation.of_scope(
        pl.DataFrame(schema={"scope": pl.String, "scope_id": pl.String}), "organisation", "all"
    ) is None  # fmt: skip
