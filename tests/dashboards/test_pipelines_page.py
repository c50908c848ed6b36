"""Pipeline resilience: shares of sums with their intervals, no data as such, and flaky tests."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from scipy.stats import binomtest

from dashboards.bases import REASON, sorted_out
from dashboards.basis_words import BASES
from dashboards.pipelines import (
    SHARES,
    figure_words,
    flaky_sentence,
    salvage_sentence,
    totals,
    wasted_words,
)
from dashboards.words import percent_words
from tests.dashboards.conftest import OpenPage
from tests.dashboards.test_pages import assert_sound, said
from transforms.selection import rows_sql

NONE = dict.fromkeys(
    ("stage_run_count", "failed_stage_count", "salvaged_stage_count", "rerun_count",
     "selective_rerun_count", "test_result_count", "flaky_failure_count"), 0.0,
) | {"wasted_minutes": None}  # fmt: skip


def test_a_share_is_made_of_sums_and_never_of_shares(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "pipelines", period="Whole history")
    assert_sound(app)
    told = said(app)
    assert "4 of 10 failed stages passed when run again on the same code (40 %" in told
    low, high = binomtest(4, 10).proportion_ci(method="wilson")
    likely = f"{percent_words(low, n=10).removesuffix(' %')}"
    assert f"4 of 10 failed stages · likely {likely}" in told
    assert percent_words(high, n=10) in told
    assert "10 of 100 stage runs" in told
    assert "5 of 500 test results" in told
    assert "2 h 0 min" in told or "2 h" in told


def test_a_month_that_the_period_touches_counts_whole(
    look_at: OpenPage, published_home: Path
) -> None:
    days = {"from": "2026-11-05", "to": "2026-11-20"}
    told = said(look_at(published_home, "pipelines", **days))
    assert "2 of 4 failed stages" in told
    assert "no test result was read" in told


@pytest.mark.parametrize("share", SHARES, ids=lambda share: share.basis)
def test_nothing_of_nothing_is_no_data_and_never_zero(share: object) -> None:
    figure, why = figure_words(share, NONE)  # type: ignore[arg-type]
    assert figure == "no data"
    assert "was read" in why
    assert wasted_words(NONE)[0] == "no data"
    assert salvage_sentence(NONE) == "No stage of a pipeline is known in this selection."


def test_time_that_nobody_knows_is_no_time_of_zero() -> None:
    frame = pl.DataFrame([{**NONE, "stage_run_count": 3.0}], schema_overrides={
        "wasted_minutes": pl.Float64})  # fmt: skip
    assert totals(frame)["wasted_minutes"] is None


def test_flaky_tests_say_what_to_do_and_lead_to_the_newest_run_that_failed(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "pipelines")
    told = said(app)
    assert (
        "2 tests were flaky lately, 1 so often that it should stop nobody; 1 more was once" in told
    )
    table = next(one.value for one in app.dataframe if "Advice" in one.value.columns)
    assert list(table["Advice"]) == ["set apart", "watch", "settled"]
    assert list(table["Run"]) == ["https://example.org/runs/8", "", ""]
    assert flaky_sentence(pl.DataFrame()) == "No test both passed and failed at one commit."


def test_a_page_of_pipelines_without_rows_says_what_to_read(
    look_at: OpenPage, quiet_home: Path
) -> None:
    app = look_at(quiet_home, "pipelines")
    assert_sound(app)
    assert "leadline run" in said(app)


def test_a_number_explains_its_rule_its_rows_and_what_was_left_out(
    open_page: OpenPage, published_home: Path
) -> None:
    app = open_page(published_home, "pipelines", period="Whole history")
    app.button(key="explain_salvage_rate").click().run()
    assert_sound(app)
    told = said(app)
    for part in ("**How it is made.**", "**Selected.**", "2 rows counted; 1 left out: 1 no stage"):
        assert part in told
    assert any("from v1.pipeline_resilience" in code.value for code in app.code)


def test_every_row_counts_or_has_one_reason_not_to() -> None:
    rows = pl.DataFrame({"failed_stage_count": [0, None, 3], "salvaged_stage_count": [0, 0, 1]})
    told, included, excluded = sorted_out(rows, BASES["salvage_rate"])
    assert (included, excluded) == (1, {"no stage failed in the month": 2})
    assert told[REASON].null_count() == 1


def test_the_sql_of_an_explanation_says_the_same_selection() -> None:
    days = ("d", date(2026, 1, 1), date(2026, 1, 2))
    text = rows_sql("t", {"team_id": "o'hara", "kind": ["a", "b"], "is_open": True}, days)
    assert text.splitlines() == [
        "select *", "from v1.t", "where team_id = 'o''hara'", "  and kind in ('a', 'b')",
        "  and is_open = true", "  and d >= '2026-01-01' and d < '2026-01-02'",
    ]  # fmt: skip
