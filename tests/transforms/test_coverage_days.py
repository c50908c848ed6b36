"""Which days count as known, from the journal of runs: the model's own text on a small journal."""

from collections.abc import Iterator
from datetime import date, datetime

import duckdb
import pytest

from tests.transforms.estate import at
from tests.transforms.rendering import create_model

AS_OF = at("2026-03-31 12:00")
REFUSED = '{"class": "PageRefused", "message": "one repository"}'


def _day(number: int, month: int = 3) -> datetime:
    return at(f"2026-{month:02d}-{number:02d} 12:00").replace(tzinfo=None)


@pytest.fixture
def journal() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a database with an empty journal and one source's record of 1 March."""
    with duckdb.connect() as connection:
        connection.execute(
            "create table journal (event varchar, run_id varchar, page_id varchar, source varchar,"
            " kind varchar, stream varchar, read_at timestamp, window_from timestamp,"
            " status varchar, pages bigint, error json, resumed_from varchar, request json,"
            " versions_from_source boolean);"
            "create table int_deployments__collapsed (source varchar, page_id varchar,"
            " environment_tier varchar, exclusion_reason varchar, finished_date date,"
            " finished_at timestamp, read_at timestamp);"
            "create table fct_incidents (incident_id varchar, impact_started_date date,"
            " exclusion_reason varchar);"
            "create table int_incidents__folded (incident_id varchar, source varchar,"
            " page_id varchar, read_at timestamp);"
            "create table calendar_days as select 'organisation' as calendar_id,"
            " cast(d as date) as calendar_date, isodow(d) < 6 as is_working_day"
            " from generate_series(timestamp '2025-01-01', timestamp '2027-01-01',"
            " interval 1 day) as days(d)"
        )
        connection.execute(
            "create table build_information as select ?::timestamp as as_of,"
            " 'Europe/Berlin' as report_timezone",
            [AS_OF.replace(tzinfo=None)],
        )
        yield connection


def _record(journal: duckdb.DuckDBPyConnection, source: str, day: int = 1) -> None:
    moment = _day(day)
    journal.execute(
        "insert into int_deployments__collapsed values (?, 'p', 'production', null, ?, ?, ?)",
        [source, moment.date(), moment, moment],
    )


def _run(
    journal: duckdb.DuckDBPyConnection,
    source: str,
    started: datetime,
    *,
    status: str = "complete",
    window_from: datetime | None = None,
    resumed_from: str | None = None,
    error: str | None = None,
    pages: int = 1,
    stream: str = "deployments",
) -> str:
    run_id = f"{source}-{started:%m%d%H}"
    common = [run_id, source, source.split("-")[0], stream, started]
    journal.execute(
        "insert into journal (event, run_id, source, kind, stream, read_at, window_from,"
        " resumed_from) values ('run_started', ?, ?, ?, ?, ?, ?, ?)",
        [*common, window_from, resumed_from],
    )
    journal.execute(
        "insert into journal (event, run_id, source, kind, stream, read_at, status, error, pages)"
        " values ('run_finished', ?, ?, ?, ?, ?, ?, ?, ?)",
        [*common, status, error, pages],
    )
    return run_id


def _uncovered(journal: duckdb.DuckDBPyConnection) -> list[int]:
    """Return the uncovered days of March."""
    create_model(journal, "facts/coverage_days")
    rows = journal.execute(
        "select calendar_date from coverage_days"
        " where domain = 'deployments' and not is_covered order by calendar_date"
    ).fetchall()
    assert all(day.month == 3 for (day,) in rows)
    return [day.day for (day,) in rows]


def test_a_complete_run_covers_the_days_up_to_its_reading(
    journal: duckdb.DuckDBPyConnection,
) -> None:
    _record(journal, "github")
    _run(journal, "github", _day(20))
    assert _uncovered(journal) == list(range(21, 32))


def test_a_later_complete_run_covers_what_was_missed_unless_it_reads_from_a_later_day(
    journal: duckdb.DuckDBPyConnection,
) -> None:
    _record(journal, "github")
    _run(journal, "github", _day(5))
    _run(journal, "github", _day(10), status="failed", pages=0)
    _run(journal, "github", _day(31))
    assert _uncovered(journal) == []
    journal.execute(
        "update journal set window_from = '2026-03-19 23:00' where run_id like '%0331%'"
    )
    assert _uncovered(journal) == list(range(6, 20))


def test_the_first_window_is_where_a_source_begins_to_be_known(
    journal: duckdb.DuckDBPyConnection,
) -> None:
    _record(journal, "github")
    _run(journal, "github", _day(31), window_from=_day(10))
    create_model(journal, "facts/coverage_days")
    first = journal.execute("select min(calendar_date) from coverage_days").fetchall()
    assert first == [(date(2026, 3, 10),)]


def test_a_first_reading_that_has_not_come_to_its_end_covers_nothing(
    journal: duckdb.DuckDBPyConnection,
) -> None:
    _record(journal, "github")
    _run(journal, "github", _day(31), status="incomplete")
    assert _uncovered(journal) == list(range(1, 32))


def test_a_resumed_run_covers_up_to_where_the_first_of_its_chain_began(
    journal: duckdb.DuckDBPyConnection,
) -> None:
    _record(journal, "github")
    first = _run(journal, "github", _day(10), status="incomplete")
    second = _run(journal, "github", _day(15), status="incomplete", resumed_from=first)
    _run(journal, "github", _day(20), resumed_from=second)
    assert _uncovered(journal) == list(range(11, 32))
    _run(journal, "github", _day(31))
    assert _uncovered(journal) == []


def test_a_repository_that_refuses_leaves_the_others_covered_but_all_of_them_do_not(
    journal: duckdb.DuckDBPyConnection,
) -> None:
    _record(journal, "github")
    _run(journal, "github", _day(10))
    _run(journal, "github", _day(20), status="incomplete", error=REFUSED)
    _run(journal, "github", _day(31), status="incomplete", error=REFUSED, pages=0)
    assert _uncovered(journal) == list(range(21, 32))


def test_runs_of_streams_that_say_nothing_of_deployments_cover_none(
    journal: duckdb.DuckDBPyConnection,
) -> None:
    _record(journal, "github")
    _run(journal, "github", _day(10))
    _run(journal, "github", _day(31), stream="pulls")
    assert _uncovered(journal) == list(range(11, 32))


def test_every_source_that_is_expected_has_to_cover_a_day_from_its_first_record_on(
    journal: duckdb.DuckDBPyConnection,
) -> None:
    for source, day in (("github", 1), ("github-new", 8)):
        _record(journal, source, day)
    _run(journal, "github", _day(31))
    _run(journal, "github-new", _day(20))
    _run(journal, "github-new", _day(30), status="failed", pages=0)
    assert _uncovered(journal) == list(range(21, 32))
    missing = journal.execute(
        "select missing_sources, min(calendar_date) from coverage_days group by all order by all"
    ).fetchall()
    assert missing == [("github-new", date(2026, 3, 21)), (None, date(2026, 3, 1))]


@pytest.mark.parametrize(
    ("last_tried", "uncovered"), [(_day(2), list(range(3, 32))), (_day(28, month=2), [])]
)
def test_a_source_is_given_up_when_it_was_not_tried_for_30_days_while_others_were(
    journal: duckdb.DuckDBPyConnection, last_tried: datetime, uncovered: list[int]
) -> None:
    for source in ("github", "github-old"):
        _record(journal, source)
    _run(journal, "github", _day(31))
    _run(journal, "github-old", last_tried)
    assert _uncovered(journal) == uncovered


def test_a_build_for_a_past_instant_knows_no_later_run(
    journal: duckdb.DuckDBPyConnection,
) -> None:
    _record(journal, "github")
    _run(journal, "github", _day(10))
    _run(journal, "github", _day(31))
    journal.execute("update build_information set as_of = timestamp '2026-03-20 12:00'")
    assert _uncovered(journal) == list(range(11, 21))


def test_counts_run_on_over_covered_days_and_working_days(
    journal: duckdb.DuckDBPyConnection,
) -> None:
    _record(journal, "github")
    _run(journal, "github", _day(10))
    assert _uncovered(journal)
    last = journal.execute(
        "select covered_day_count, covered_working_day_count from coverage_days"
        " where calendar_date = '2026-03-31'"
    ).fetchall()
    # The first ten days of March 2026 begin with a Sunday and hold one weekend more.
    assert last == [(10, 7)]
