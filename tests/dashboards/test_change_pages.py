"""Change requests and freezes, population and completeness: what each says of a made-up estate."""

from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.conformance import Tally, deployment_of, held_words, share_words
from dashboards.off_hours_words import odds_sentences
from dashboards.populations import (
    items_sentence,
    months_table,
    population_sentence,
    read_table,
)
from dashboards.shares import share_interval
from tests.dashboards.conftest import OpenPage
from tests.dashboards.estate import AS_OF, HOSTILE, make_estate, publish
from tests.dashboards.estate_changes import add_changes
from tests.dashboards.test_pages import assert_sound, said
from transforms.statistics.intervals import wilson


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("changes")
    add_changes(publish(home, make_estate(days=200)), hostile=HOSTILE[6])
    return home


def test_the_change_manager_reads_first_how_many_began_without_an_approval(
    home: Path, open_page: OpenPage
) -> None:
    app = open_page(home, "changes", period="Whole history")
    assert_sound(app)
    text = said(app)
    assert "began without an approval (" in text
    assert "at most 0 % is asked: not kept" in text
    assert "at least 98 % is asked: not kept" in text
    headings = [heading.value for heading in app.subheader]
    assert headings == [
        "Not authorised before the start", "Outside of allowed hours", "Outside the planned time",
        "Called successful, yet failed", "Not reviewed in time",
    ]  # fmt: skip
    assert "reviews were not held in time and published (50 %" in text


def test_every_exception_leads_to_its_deployment_and_to_its_source(
    home: Path, open_page: OpenPage
) -> None:
    app = open_page(home, "changes", period="Whole history")
    for frame in (one.value for one in app.dataframe):
        assert all(link.startswith("deployment?") for link in frame["Open"])
        assert all(link.startswith("https://github.example/") for link in frame["Source"])
    assert all(name.startswith("CHG003") for name in app.dataframe[3].value["What"])
    assert "\u202e" not in " ".join(app.dataframe[0].value["Why"])


def test_the_whole_history_of_the_hours_is_told_with_who_and_what_came_of_it(
    home: Path, open_page: OpenPage
) -> None:
    text = said(open_page(home, "changes", period="Whole history"))
    for sentence in (
        "90 of 1,200 deployments began outside of the allowed hours (7.5 %, likely between 6.1 % "
        "and 9.1 %): 20 with two approvals in time (1.7 % of all, likely 1.1 % to 2.6 %), 1 "
        "exempt, 69 in violation (5.8 % of all, likely 4.6 % to 7.2 %).",
        "4 rollbacks by a robot were not counted.",
        "5 people began those of which that is known; one of them 44 of 88 (50 %).",
        "Of the 80 whose outcome is known, 12 failed, against 50 of 1,000 in the hours: odds of "
        "failure 3.4 times as high, likely 1.7 to 6.6 (p below 0.001, 2 tiers held equal). An "
        "association is no cause.",
    ):
        assert sentence in text


def test_one_service_has_no_odds_of_its_own(home: Path, open_page: OpenPage) -> None:
    text = said(open_page(home, "changes", period="Whole history", service="payments-core"))
    assert "Over the whole history, payments" in text
    assert "odds of failure" not in text


def test_the_first_time_of_somebody_outside_of_the_hours_is_marked(
    home: Path, open_page: OpenPage
) -> None:
    app = open_page(home, "changes", period="Whole history")
    marks = app.dataframe[1].value["First time"].to_list()
    assert marks == [""] * (len(marks) - 1) + ["first of its person"]


def test_too_few_outcomes_are_not_compared() -> None:
    row = {
        "compared_count": 4, "compared_failed_count": 1, "on_hours_compared_count": 30,
        "on_hours_failed_count": 2, "odds_ratio": None, "statement": "too_little_data",
    }  # fmt: skip
    assert odds_sentences(row) == [
        "Of the 4 whose outcome is known, 1 failed, against 2 of 30 in the hours: "
        "too few to compare."
    ]


def test_a_selection_without_results_says_what_to_do(
    published_home: Path, open_page: OpenPage
) -> None:
    text = said(open_page(published_home, "changes"))
    assert "No deployment or change request of this selection was judged." in text
    assert "Data health" in text


def test_the_auditor_reads_that_both_populations_are_accounted_for(
    home: Path, open_page: OpenPage
) -> None:
    app = open_page(home, "population", period="Whole history")
    assert_sound(app)
    assert "of whole months were compared; every one is accounted for." in said(app)
    months = [one.value for one in app.dataframe if "All" in one.value.columns]
    assert len(months) == 2
    for table in months:
        parts = table.drop(columns=["Month", "All"]).sum(axis=1)
        assert (parts == table["All"]).all()


def test_untraceable_deployments_are_listed_with_the_first_missing_link(
    home: Path, open_page: OpenPage
) -> None:
    text = said(open_page(home, "population", period="Whole history"))
    assert "can be followed back (95" in text
    assert "at least 100 % is asked: not kept" in text
    assert "The change of its commit names no work item." in text
    assert "Every one that cannot be followed: " in text


def test_the_cmdb_is_counted_over_the_union(home: Path, open_page: OpenPage) -> None:
    text = said(open_page(home, "population"))
    assert "87 of 105 items agree (83 %); at least 90 % is asked: not kept." in text


@pytest.mark.parametrize(
    ("part", "whole", "limit", "is_least", "words"),
    [
        (2, 50, 0.0, False, "at most 0 % is asked: not kept"),
        (0, 50, 0.0, False, "at most 0 % is asked: kept"),
        (19, 20, 1.0, True, "at least 100 % is asked: not kept"),
        (0, 0, 0.0, False, ""),
        (1, 2, None, False, ""),
    ],
)
def test_a_limit_is_kept_or_not_in_words(
    part: int, whole: int, limit: float | None, is_least: bool, words: str
) -> None:
    assert held_words(part, whole, limit=limit, is_least=is_least) == words


def test_a_share_comes_with_its_interval() -> None:
    """Wilson's interval of 2 of 50 is 1.1 % to 13.5 %."""
    assert share_words(2, 50, "failed") == (
        "2 of 50 deployments failed (4 %, likely between 1 % and 13 %)"
    )


@given(st.integers(0, 400), st.integers(0, 400))
def test_the_interval_of_a_page_is_that_of_the_models(part: int, more: int) -> None:
    low, high = wilson(part, part + more)
    if part + more:
        assert share_interval(part, part + more) == pytest.approx((float(low), float(high)))
    else:
        assert share_interval(0, 0) == (None, None)


def test_what_has_no_data_counts_among_the_judged_and_an_exemption_does_not_pass() -> None:
    counts = {"pass": 5, "fail": 1, "no_data": 2, "exempt": 1, "not_applicable": 9}
    tallied = Tally(results=pl.DataFrame(), counts=counts)
    assert (tallied.n, tallied.failed) == (9, 1)


def test_a_result_about_a_request_leads_to_the_deployment_in_its_evidence() -> None:
    row = {"subject_type": "change_request", "subject_id": "x",
           "evidence": ["change_requests:a", "fct_deployments:github:7"]}  # fmt: skip
    assert deployment_of(row) == "github:7"
    assert deployment_of({**row, "evidence": None}) is None


def _months(listed: int, total: int) -> pl.DataFrame:
    month = AS_OF.date().replace(day=1)
    rows = [
        {"direction": direction, "period_start_date": month, "outcome": name,
         "item_count": count, "listed_count": listed, "total_count": total}
        for direction, name, count in (
            ("deployments", "named", 3), ("deployments", "none", 1),
            ("change_requests", "deployed", 4),
        )
    ]  # fmt: skip
    return pl.DataFrame(rows)


def test_a_population_that_does_not_add_up_is_said() -> None:
    whole, torn = population_sentence(_months(4, 4)), population_sentence(_months(4, 5))
    assert whole == (
        "4 deployments and 4 change requests of whole months were compared; "
        "every one is accounted for."
    )
    assert "they do not add up to their populations" in torn
    assert months_table(_months(4, 4).head(2)).row(0, named=True) == {
        "Month": "Nov 2026", "Named a change request": 3, "Without change request": 1, "All": 4,
    }  # fmt: skip


def test_a_cmdb_without_discovery_says_so() -> None:
    items = pl.DataFrame(
        {"outcome": ["declared_only"], "observed_item_id": [None]},
        schema={"outcome": pl.String, "observed_item_id": pl.String},
    )
    assert items_sentence(items, "") == (
        "1 item is declared. No source of discovery is read, so nothing can be compared."
    )


def test_what_was_read_is_one_row_a_stream_with_what_the_source_said() -> None:
    runs = pl.DataFrame(
        {
            "source": ["desk", "desk", "code"],
            "stream": ["change_request", "change_request", "pulls"],
            "row_count": [10, 5, 7],
            "page_count": [1, 1, 2],
            "reported_total": [None, 15, None],
            "status": ["complete", "failed", "complete"],
            "finished_at": [AS_OF.replace(tzinfo=None)] * 3,
        }
    )
    code, desk = read_table(runs).iter_rows(named=True)
    assert (code["Stream"], code["Source says"]) == ("pulls", "–")
    assert desk == {
        "Source": "desk", "Stream": "change request", "Rows read": 15, "Pages": 2,
        "Source says": "15", "Runs not complete": 1, "Last read": "22 Nov 2026 09:00",
    }  # fmt: skip


def test_of_reviews_of_which_nothing_is_known_no_share_is_given(
    tmp_path: Path, open_page: OpenPage
) -> None:
    build = publish(tmp_path, make_estate(days=60))
    add_changes(build, hostile="")
    with duckdb.connect(str(build / "warehouse.duckdb")) as connection:
        connection.execute(
            "update v1.control_results set verdict = 'no_data' "
            "where control_id = 'post_implementation_review' and verdict <> 'not_applicable'"
        )
    text = said(open_page(tmp_path, "changes", period="Whole history"))
    assert "nothing is known, so none was judged" in text
    assert "were not held in time" not in text
