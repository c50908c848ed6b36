"""Days, zones and working time: edge cases of the calendar, from raw pages to published rows."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors._contract import Page
from orchestration.lake import Lake, RunTotals
from tests.transforms.conftest import METRICS, build_estate
from tests.transforms.estate import Estate, at
from transforms.published import Published

HOUR = 3600.0
READ_AT = at("2027-02-01 06:00")
MARCH = (date(2026, 3, 1), date(2026, 4, 1))


LOOKED_AT = (METRICS, "coverage_figures", "fct_incidents", "quarantined_records", "teams")


def _deploy(estate: Estate, service: str, *moments: str, **payload: object) -> None:
    for moment in moments:
        sha = estate.commit(service, at(moment) - timedelta(hours=1))
        estate.deploy(service, sha, at(moment), **payload)  # type: ignore[arg-type]


def _change(estate: Estate, service: str, authored: str, deployed: str) -> None:
    """Deploy a baseline and then one commit, so that it has a lead time."""
    base = estate.commit(service, at("2026-01-02 08:00"))
    estate.deploy(service, base, at("2026-01-02 09:00"))
    sha = estate.commit(service, at(authored), parents=(base,))
    estate.deploy(service, sha, at(deployed))


def _number(
    published: Published,
    metric: str,
    *services: str,
    days: tuple[date, date],
    team: str | None = None,
    zone: str | None = None,
) -> dict[str, Any]:
    frame = published.window(
        metric,
        since=days[0],
        until=days[1],
        service_ids=services or None,
        team_ids=[team] if team else None,
        zone=zone,
    )
    return frame.row(0, named=True)


def _period(
    published: Published, metric: str, grain: str, service: str, first: date
) -> dict[str, Any]:
    frame = published.metric(metric, grain=grain, scope="service", scope_id=service)
    return frame.row(by_predicate=pl.col("period_start_date") == first, named=True)


def _read(
    lake: Lake,
    estate: Estate,
    moment: str,
    *,
    window_from: str | None = None,
    empty: tuple[tuple[str, str], ...] = (),
) -> None:
    """Write complete runs: the estate's records, and those that found nothing."""
    bound = None if window_from is None else at(window_from)
    estate.write(lake.root, read_at=at(moment), window_from=bound)
    for source, stream in empty:
        lake.append_bulk(
            source,
            stream,
            kind=source.split("-")[0],
            pages=[],
            read_at=at(moment),
            window_from=bound,
        )


def _fail(lake: Lake, source: str, stream: str, moment: str) -> None:
    run = lake.start_run(source, stream, kind=source.split("-")[0], read_at=at(moment))
    run.finish(read_at=at(moment), status="failed", totals=RunTotals(), is_resumable=True)


# -- outages: what was read, and what was not ----------------------------------------------------


@pytest.fixture(scope="module")
def outage(tmp_path_factory: pytest.TempPathFactory) -> tuple[Published, Published]:
    """Return two builds: as of 19 March, in the outage, and as of May, when it was over.

    The code host is down from March on, and read again from 8 April on only. One service desk is
    read every day; the other is down too and catches up in May. An older host is given up in
    January.
    """
    root: Path = tmp_path_factory.mktemp("outage")
    estate, lake = Estate(), Lake(root / "lake")
    steady = estate.service("steady")
    old = estate.service("old")
    _deploy(estate, steady, "2026-01-05 10:00", "2026-02-03 10:00", "2026-02-10 10:00")
    estate.incident(steady, at("2026-01-06 10:00"), at("2026-01-06 11:00"))
    emea = {"number": "INC-EMEA", "short_description": "Broken", "state": "7", "severity": "1"}
    estate.add(
        "servicenow-emea",
        "incident",
        {
            **emea,
            "sys_id": "emea-1",
            "cmdb_ci": estate.configuration_item(steady),
            "opened_at": "2026-01-07 10:00:00",
            "u_impact_started_at": "2026-01-07 10:00:00",
            "resolved_at": "2026-01-07 12:00:00",
            "sys_updated_on": "2026-01-07 12:00:00",
        },
    )
    _deploy(estate, old, "2026-01-06 10:00")
    streams = estate.streams
    for stream in ("deployments", "deployment_statuses"):
        rows = streams["github", stream]
        moved = [row for row in rows if row[1]["repository"] == "acme/old"]
        streams["github", stream] = [row for row in rows if row not in moved]
        streams["github-old", stream] = moved
    _read(lake, estate, "2026-01-20 20:00")
    _read(
        lake,
        estate,
        "2026-02-28 20:00",
        empty=(
            ("github", "deployments"),
            ("servicenow", "incident"),
            ("servicenow-emea", "incident"),
        ),
    )
    for day in range(1, 20):
        _fail(lake, "github", "deployments", f"2026-03-{day:02d} 20:00")
        _fail(lake, "servicenow-emea", "incident", f"2026-03-{day:02d} 20:00")
        _read(lake, estate, f"2026-03-{day:02d} 20:00", empty=(("servicenow", "incident"),))
    during = build_estate(
        root,
        estate,
        *LOOKED_AT,
        read_at=at("2026-03-20 06:00"),
    )
    _deploy(estate, steady, "2026-03-10 10:00", "2026-04-14 10:00", "2026-04-21 10:00")
    _read(lake, estate, "2026-05-01 06:00", window_from="2026-04-07 22:00")
    _read(
        lake,
        estate,
        "2026-05-01 06:00",
        empty=(("servicenow", "incident"), ("servicenow-emea", "incident")),
    )
    return during, build_estate(
        root,
        estate,
        *LOOKED_AT,
        read_at=at("2026-05-01 06:00"),
    )


def _covered(published: Published, domain: str) -> dict[date, bool]:
    frame = published.rows("coverage_days", filters={"domain": domain})
    return dict(zip(frame["calendar_date"], frame["is_covered"], strict=True))


def test_case_3_a_month_in_which_the_connector_was_down_has_no_frequency(
    outage: tuple[Published, Published],
) -> None:
    for published in outage:
        found = _number(published, "deployment_frequency", "steady", days=MARCH)
        assert (found["value"], found["state"], found["coverage"]) == (None, "uncovered", 0)
    row = _period(outage[1], "deployment_frequency", "month", "steady", MARCH[0])
    assert (row["value"], row["state"], row["denominator"]) == (None, "uncovered", 0)


def test_what_was_seen_of_uncovered_days_is_counted_but_makes_no_number(
    outage: tuple[Published, Published],
) -> None:
    found = _number(outage[1], "lead_time_for_changes", "steady", days=MARCH)
    assert (found["n"], found["value"], found["ci_low"], found["state"]) == (
        found["n"],
        None,
        None,
        "uncovered",
    )
    found = _number(outage[1], "deployment_frequency", "steady", days=MARCH)
    assert (found["n"], found["value"]) == (1, None)


def test_case_3_uncovered_days_leave_the_denominator_of_a_frequency(
    outage: tuple[Published, Published],
) -> None:
    april = (date(2026, 4, 1), date(2026, 5, 1))
    for found in (
        _number(outage[1], "deployment_frequency", "steady", days=april),
        _period(outage[1], "deployment_frequency", "month", "steady", april[0]),
    ):
        assert (found["n"], found["denominator"]) == (2, 23)
        assert found["value"] == pytest.approx(2 * 7 / 23)
        assert found["coverage"] == pytest.approx(23 / 30)
        assert found["is_partial"]
        assert found["state"] == "insufficient"


def test_a_period_covered_by_four_fifths_is_not_partial(
    outage: tuple[Published, Published],
) -> None:
    for first, is_partial in ((date(2026, 3, 31), True), (date(2026, 4, 6), False)):
        days = (first, date(2026, 4, 16))
        found = _number(outage[1], "deployment_frequency", "steady", days=days)
        assert (found["denominator"], found["is_partial"]) == (8, is_partial)


def test_days_that_a_later_run_caught_up_with_are_covered(
    outage: tuple[Published, Published],
) -> None:
    during, after = (_covered(published, "incidents") for published in outage)
    assert [day for day in during if not during[day]] == [
        date(2026, 3, 1) + timedelta(days=number) for number in range(19)
    ]
    assert all(after.values())
    assert max(after) == date(2026, 5, 1)


def test_days_before_the_window_of_the_next_run_stay_uncovered_and_name_the_source(
    outage: tuple[Published, Published],
) -> None:
    covered = _covered(outage[1], "deployments")
    assert [day for day in covered if not covered[day]] == [
        date(2026, 3, 1) + timedelta(days=number) for number in range(38)
    ]
    frame = outage[1].rows("coverage_days", filters={"domain": "deployments"})
    missing = dict(frame.select("calendar_date", "missing_sources").rows())
    assert missing[date(2026, 3, 15)] == "github"
    assert missing[date(2026, 2, 15)] is None


def test_days_after_the_last_complete_reading_are_uncovered_as_of_the_outage(
    outage: tuple[Published, Published],
) -> None:
    found = outage[0].rows("coverage", filters={"domain": "deployments"}).row(0, named=True)
    assert (found["first_date"], found["last_date"]) == (date(2026, 1, 5), date(2026, 2, 28))
    assert found["uncovered_day_count"] == 19


def test_a_source_that_is_no_longer_tried_is_no_longer_expected(
    outage: tuple[Published, Published],
) -> None:
    covered = _covered(outage[0], "deployments")
    assert covered[date(2026, 1, 21)]
    assert covered[date(2026, 2, 28)]


def test_weeks_with_an_uncovered_day_are_no_weeks_without_a_deployment(
    outage: tuple[Published, Published],
) -> None:
    days = (date(2026, 2, 16), date(2026, 4, 27))
    found = _number(outage[1], "deployment_days_per_week", "steady", days=days)
    # Of ten weeks, 16 February, 13 and 20 April are whole; that of 23 February ends in March.
    assert (found["n"], found["value"]) == (3, 1)


# -- days, weeks, quarters, years ----------------------------------------------------------------


def _organisation(estate: Estate) -> None:
    estate.catalogue[0] |= {
        "holiday_country": "DE",
        "holiday_subdivision": "BY",
        "fiscal_year_start_month": 4,
        "working_hours": "09:00-17:00",
        "working_days": ["mon", "tue", "wed", "thu", "fri"],
    }
    estate.catalogue.append(
        {
            "record_type": "team",
            "team_id": "tokyo",
            "name": "Tokyo",
            "timezone": "Asia/Tokyo",
            "holiday_country": "JP",
            "working_hours": "10:00-18:00",
        }
    )


def _active_services(estate: Estate) -> None:
    for name, span in (
        ("since-first", {}),
        ("since-stated", {"active_from": "2026-01-12"}),
        ("until-stated", {"active_from": "2026-01-12", "active_to": "2026-01-18"}),
    ):
        estate.service(name)
        estate.catalogue[-1] |= span
    _deploy(estate, "since-first", "2025-12-01 10:00", "2026-01-20 10:00")
    _deploy(estate, "since-stated", "2025-12-01 10:00")


def _boundaries(estate: Estate) -> None:
    for name, *moments in (
        ("case-2", "2026-02-10 10:00", "2026-04-07 10:00"),
        ("case-22", "2026-03-28 23:30", "2026-03-30 08:00"),
        ("year-end", "2026-12-28 10:00", "2027-01-03 22:59", "2027-01-03 23:01"),
        ("quarter-end", "2026-03-31 21:59", "2026-03-31 22:01"),
        ("fall-back", "2026-10-25 22:59", "2026-10-25 23:01"),
        ("zoned", "2026-06-30 16:00"),
        ("worked", "2026-06-01 10:00", "2026-06-06 10:00"),
    ):
        _deploy(estate, estate.service(name), *moments)
    for name, start, minutes in (
        ("case-23", "2026-03-29 00:30", 120),
        ("fall-back-hour", "2026-10-25 00:30", 60),
    ):
        service, began = estate.service(name), at(start)
        ended = began + timedelta(minutes=minutes)
        sha = estate.commit(service, began)
        estate.deploy(service, sha, ended, minutes=minutes)
        estate.incident(service, began, ended)


def _moving_team(estate: Estate) -> None:
    service = estate.service("case-27")
    first = estate.catalogue.pop()
    estate.catalogue += [
        {**first, "team_id": "before", "effective_to": "2026-06-15"},
        {**first, "team_id": "after", "effective_from": "2026-06-15"},
        {"record_type": "team", "team_id": "before", "name": "Before"},
        {"record_type": "team", "team_id": "after", "name": "After"},
    ]
    _deploy(estate, service, "2026-06-14 21:59", "2026-06-14 22:01", "2026-06-20 10:00")
    for moment in ("2026-06-14 21:58", "2026-06-14 22:02"):
        estate.incident(service, at(moment), at(moment) + timedelta(minutes=30))


def _working_times(estate: Estate) -> None:
    for name, team, authored, deployed in (
        ("case-25", None, "2026-02-06 16:00", "2026-02-09 08:00"),
        ("holiday", None, "2026-06-03 14:00", "2026-06-05 08:00"),
        ("clocks", None, "2026-03-27 15:00", "2026-03-30 08:00"),
        ("abroad", "tokyo", "2026-06-08 08:00", "2026-06-09 02:00"),
    ):
        _change(estate, estate.service(name, team=team), authored, deployed)


def _export(root: Path) -> None:
    """Import a service desk's log whose times are those of a clock in Berlin."""
    times = {
        "ONCE": ("1/7/2026 12:00", "1/7/2026 13:00"),
        "TWICE": ("25/10/2026 02:30", "25/10/2026 04:00"),
        "NEVER": ("29/3/2026 02:30", "29/3/2026 04:00"),
    }
    rows = [
        {
            "number": number,
            "row_ordinal": 1,
            "incident_state": "Active",
            "opened_at": opened,
            "sys_updated_at": updated,
        }
        for number, (opened, updated) in times.items()
    ]
    lake, stream = Lake(root / "lake"), "incident_audit_log"
    run = lake.start_run("export", stream, kind="servicenow", read_at=READ_AT)
    page = Page(
        stream=stream,
        body="".join(json.dumps(row) + "\n" for row in rows).encode(),
        url="file:log.csv",
        read_at=READ_AT,
        row_count=len(rows),
        context={"timezone": "Europe/Berlin"},
        format="ndjson",
    )
    run.add(page, versions_from_source=True)
    run.finish(read_at=READ_AT, status="complete", totals=RunTotals(pages=1, rows=len(rows)))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Return one build that holds every case, each as a service of its own."""
    estate = Estate()
    _organisation(estate)
    _active_services(estate)
    _boundaries(estate)
    _moving_team(estate)
    _working_times(estate)
    root: Path = tmp_path_factory.mktemp("calendar")
    _export(root)
    return build_estate(
        root,
        estate,
        *LOOKED_AT,
        read_at=READ_AT,
    )


def test_case_2_a_covered_month_without_deployments_has_frequency_zero_in_table_and_window(
    published: Published,
) -> None:
    for metric, unit in (("deployment_frequency", 31), ("deployments_per_working_day", 22)):
        for found in (
            _number(published, metric, "case-2", days=MARCH),
            _period(published, metric, "month", "case-2", MARCH[0]),
        ):
            assert (found["value"], found["denominator"], found["coverage"]) == (0, unit, 1)
    for metric in ("lead_time_for_changes", "working_lead_time", "change_failure_rate"):
        found = _period(published, metric, "month", "case-2", MARCH[0])
        assert (found["value"], found["state"]) == (None, "no_data")


def test_case_22_an_evening_in_utc_belongs_to_the_next_local_day_and_its_week(
    published: Published,
) -> None:
    row = _period(published, "deployment_frequency", "week", "case-22", date(2026, 3, 23))
    assert row["n"] == 1
    days = published.observations("deployment_frequency", service_ids=["case-22"])
    assert sorted(days["anchor_date"]) == [date(2026, 3, 29), date(2026, 3, 30)]


@pytest.mark.parametrize(("service", "hours"), [("case-23", 2), ("fall-back-hour", 1)])
def test_case_23_durations_are_elapsed_time_where_clocks_change(
    published: Published, service: str, hours: int
) -> None:
    deployment = published.rows("fct_deployments", filters={"service_id": service})
    assert deployment["duration_seconds"].to_list() == [hours * HOUR]
    year = (date(2026, 1, 1), date(2027, 1, 1))
    for metric in ("time_to_restore", "downtime"):
        assert _number(published, metric, service, days=year)["value"] == hours * HOUR


def test_the_day_on_which_clocks_are_set_back_has_25_hours(published: Published) -> None:
    days = published.observations("deployment_frequency", service_ids=["fall-back"])
    assert sorted(days["anchor_date"]) == [date(2026, 10, 25), date(2026, 10, 26)]


def test_case_24_complete_weeks_alone_count_weeks_without_deployments_included(
    published: Published,
) -> None:
    january = (date(2026, 1, 1), date(2026, 2, 1))
    for service, weeks, value in (
        ("since-first", 3, 0),
        ("since-stated", 2, 0),
        ("until-stated", 1, 0),
    ):
        for found in (
            _number(published, "deployment_days_per_week", service, days=january),
            _period(published, "deployment_days_per_week", "month", service, january[0]),
        ):
            assert (found["n"], found["value"]) == (weeks, value)


def test_a_service_that_is_active_from_a_day_on_has_no_weeks_before_it(
    published: Published,
) -> None:
    december = (date(2025, 12, 1), date(2026, 1, 1))
    first = _number(published, "deployment_days_per_week", "since-first", days=december)
    stated = _number(published, "deployment_days_per_week", "since-stated", days=december)
    assert (first["n"], stated["n"], stated["value"]) == (4, 0, None)


def test_case_25_a_weekend_takes_64_hours_of_lead_time_and_no_working_time(
    published: Published,
) -> None:
    february = (date(2026, 2, 1), date(2026, 3, 1))
    elapsed = _number(published, "lead_time_for_changes", "case-25", days=february)
    worked = _number(published, "working_lead_time", "case-25", days=february)
    assert (elapsed["value"], worked["value"]) == (64 * HOUR, 0)
    definitions = published.definitions()
    titles = dict(definitions.select("metric", "title").rows())
    assert titles["working_lead_time"] == "Lead time in working hours"


@pytest.mark.parametrize(
    ("service", "hours"),
    [
        pytest.param("holiday", 2, id="Corpus Christi is no working day in Bavaria"),
        pytest.param("clocks", 2, id="Friday 16:00 in winter time to Monday 10:00 in summer time"),
        pytest.param("abroad", 2, id="17:00 to 11:00 on the next day in Tokyo, from 10 to 18"),
    ],
)
def test_working_time_counts_the_hours_of_the_teams_own_calendar(
    published: Published, service: str, hours: int
) -> None:
    changes = published.rows("fct_changes", filters={"service_id": service})
    worked = changes.filter(changes["exclusion_reason"].is_null())["working_seconds"]
    assert worked.to_list() == [hours * HOUR]


def test_case_27_what_happened_before_a_team_moved_stays_with_the_old_one(
    published: Published,
) -> None:
    june = (date(2026, 6, 1), date(2026, 7, 1))
    for team, deployments, incidents in (("before", 1, 1), ("after", 2, 1)):
        found = _number(published, "deployment_frequency", days=june, team=team)
        assert found["n"] == deployments
        assert _number(published, "incident_count", days=june, team=team)["n"] == incidents


def test_the_week_at_the_turn_of_the_year_is_the_53rd_of_the_old_one(
    published: Published,
) -> None:
    row = _period(published, "deployment_frequency", "week", "year-end", date(2026, 12, 28))
    assert (row["n"], row["period_end_date"]) == (2, date(2027, 1, 4))
    days = published.rows("calendar_days", filters={"calendar_id": "organisation"})
    weeks = dict(
        zip(days["calendar_date"], days.select("iso_year", "iso_week").rows(), strict=True)
    )
    assert weeks[date(2026, 12, 28)] == weeks[date(2027, 1, 3)] == (2026, 53)
    assert weeks[date(2027, 1, 4)] == (2027, 1)


def test_quarters_and_fiscal_years_are_cut_at_local_midnight(published: Published) -> None:
    boundary = date(2026, 4, 1)
    for grain, before in (
        ("quarter", date(2026, 1, 1)),
        ("fiscal_quarter", date(2026, 1, 1)),
        ("fiscal_year", date(2025, 4, 1)),
    ):
        for first in (before, boundary):
            row = _period(published, "deployment_frequency", grain, "quarter-end", first)
            assert row["n"] == 1, (grain, first)
    row = _period(published, "deployment_frequency", "year", "quarter-end", date(2026, 1, 1))
    assert row["n"] == 2


def test_a_period_is_complete_when_it_has_ended(published: Published) -> None:
    periods = published.rows("periods")
    complete = {
        (row["grain"], row["period_start_date"]): row["is_complete"]
        for row in periods.iter_rows(named=True)
    }
    assert complete["year", date(2026, 1, 1)]
    assert not complete["year", date(2027, 1, 1)]
    assert complete["fiscal_year", date(2025, 4, 1)]
    assert not complete["fiscal_year", date(2026, 4, 1)]
    assert complete["fiscal_quarter", date(2026, 10, 1)]


def test_every_day_knows_its_fiscal_year_and_what_is_worked(published: Published) -> None:
    days = published.rows("calendar_days", filters={"calendar_id": "organisation"})
    known = {row["calendar_date"]: row for row in days.iter_rows(named=True)}
    assert min(known) == date(1990, 1, 1)
    assert max(known) == date(2028, 2, 1)
    for day, fiscal in ((date(2026, 3, 31), (2026, 4)), (date(2026, 4, 1), (2027, 1))):
        assert (known[day]["fiscal_year"], known[day]["fiscal_quarter"]) == fiscal
    assert known[date(2026, 6, 4)]["holiday_name"] == "Fronleichnam"
    assert not known[date(2026, 6, 4)]["is_working_day"]
    assert known[date(2026, 6, 6)]["is_weekend"]
    assert known[date(2026, 6, 5)]["is_working_day"]


def test_frequency_per_working_day_counts_over_the_days_that_are_worked(
    published: Published,
) -> None:
    week = (date(2026, 6, 1), date(2026, 6, 8))
    found = _number(published, "deployments_per_working_day", "worked", days=week)
    assert (found["n"], found["denominator"], found["value"]) == (2, 4, 0.5)
    saturday = (date(2026, 6, 6), date(2026, 6, 7))
    found = _number(published, "deployments_per_working_day", "worked", days=saturday)
    assert (found["n"], found["value"], found["state"]) == (1, None, "no_data")


def test_days_can_be_cut_in_a_teams_zone(published: Published) -> None:
    july = (date(2026, 7, 1), date(2026, 8, 1))
    for metric, service in (("deployment_frequency", "zoned"), ("deployment_batch_size", "zoned")):
        assert _number(published, metric, service, days=july)["n"] == 0
        found = _number(published, metric, service, days=july, zone="Asia/Tokyo")
        assert found["n"] == 1
    rows = published.observations(
        "deployment_frequency", since=july[0], service_ids=["zoned"], zone="Asia/Tokyo"
    )
    assert rows["anchor_date"].to_list() == [july[0]]


def test_published_rows_of_the_calendar_agree_with_a_team_of_its_own(published: Published) -> None:
    teams = {row["team_id"]: row["calendar_id"] for row in published.teams().iter_rows(named=True)}
    assert teams == {
        "tokyo": "Asia/Tokyo JP 10:00-18:00",
        "before": "organisation",
        "after": "organisation",
    }
    days = published.rows("calendar_days", filters={"calendar_id": teams["tokyo"]})
    monday = days.row(by_predicate=pl.col("calendar_date") == date(2026, 6, 8), named=True)
    assert monday["opens_at"] == at("2026-06-08 01:00").replace(tzinfo=None)
    assert monday["working_seconds"] == 8 * HOUR


def test_a_reading_that_comes_twice_is_the_first_and_counted_as_doubtful(
    published: Published,
) -> None:
    frame = published.rows("fct_incidents", filters={"source": "export"}, order="number")
    assert frame.select("number", "detected_at").rows() == [
        ("ONCE", at("2026-07-01 10:00").replace(tzinfo=None)),
        ("TWICE", at("2026-10-25 00:30").replace(tzinfo=None)),
    ]
    figures = published.coverage_figures()
    row = figures.row(
        by_predicate=pl.col("figure") == "updates_at_a_time_that_comes_once", named=True
    )
    assert (row["source"], row["numerator"], row["denominator"]) == ("export", 1, 2)


def test_a_reading_that_never_comes_is_set_aside_with_its_reason(published: Published) -> None:
    rows = published.rows("quarantined_records", filters={"source": "export"})
    assert rows["reason"].to_list() == ["an opening time that the clocks of its zone skip"]


def test_an_import_ends_with_its_last_record_and_takes_nothing_from_what_is_read_live(
    published: Published,
) -> None:
    covered = _covered(published, "incidents")
    assert all(covered.values())
    assert max(covered) == date(2027, 2, 1)
