"""Calendar: what it says of broken windows, planned work, free slots and the price of freezes."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
import yaml

from dashboards.release_calendar import calendar_sentence, decision_sentence
from tests.dashboards.conftest import OpenPage
from tests.dashboards.estate import HOSTILE
from tests.dashboards.test_pages import assert_sound, said
from transforms.calendars.decisions import Decision, Opening
from transforms.home import Home
from transforms.published import open_published

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MODELS = Path(__file__).resolve().parents[2] / "transforms" / "models"
# Freezes: the year's end is to come, every weekend recurs, and one was moved before it began.
WINDOWS = """create or replace table v1.window_occurrences as
    with windows as (
        select * from (values
            ('year-end', 1, 'freeze', 'deny', $hostile, null::varchar[],
             timestamp '2026-12-18 00:00:00', timestamp '2027-01-04 00:00:00',
             null::timestamp),
            ('ledger', 1, 'freeze', 'deny', 'Audit', ['ledger'],
             timestamp '2026-11-20 00:00:00', timestamp '2026-11-25 00:00:00', null),
            ('moved', 1, 'freeze', 'deny', 'Never held', null,
             timestamp '2026-11-05 00:00:00', timestamp '2026-11-06 00:00:00',
             timestamp '2026-11-01 00:00:00'),
            ('paypal', 1, 'vendor_maintenance', 'vendor', 'Card scheme', null,
             timestamp '2026-12-01 01:00:00', timestamp '2026-12-01 05:00:00', null)
        ) as t(calendar_window_id, version_number, kind, effect, title, service_ids, starts_at,
            ends_at, known_to)
        union all
        select 'weekend', 1, 'freeze', 'deny', 'Weekend', ['payments-core'],
            timestamp '2026-09-04 23:00:00' + to_days(7 * week::integer),
            timestamp '2026-09-07 08:00:00' + to_days(7 * week::integer), null
        from range(60) as weeks(week)
    )
    select calendar_window_id || '@' || starts_at as window_occurrence_id, calendar_window_id,
        version_number::bigint as version_number, kind, effect, title,
        case when len(service_ids) = 1 then service_ids[1] end as service_id, service_ids,
        null::varchar[] as environment_ids, false as is_any_scope, null::varchar as vendor_name,
        false as allows_overrun, starts_at, ends_at, timestamp '1990-01-01' as known_from, known_to,
        null::timestamp as created_at, null::varchar as source_url, 'policy' as source
    from windows"""
RESULTS = """create or replace table v1.control_results as
    select 'freeze_violations' as control_id, 'deployment' as subject_type,
        deployment_id as subject_id, service_id, team_id, environment_id,
        started_at as occurred_at, started_at::date as occurred_date,
        case when row_number() over (order by started_at desc) = 1 then 'exempt' else 'fail' end
            as verdict,
        'fail' as underlying_verdict, null::varchar as exemption_id, 'high' as severity,
        'blackout' as reason_code, 'It begins inside "' || $hostile || '".' as reason,
        []::varchar[] as evidence, 1.0 as value, 0.0 as threshold
    from v1.fct_deployments where service_id = 'payments-core'
    order by started_at desc limit 3"""
CONFLICTS = """create or replace table v1.planned_conflicts as
    select 'c1' as planned_conflict_id, 'servicenow:1' as change_request_id, 'CHG1' as number,
        $hostile as title, 'ledger' as service_id, 'vendor_window' as conflict,
        'paypal' as calendar_window_id, 'Card scheme' as window_title, 'paypal' as vendor_id,
        timestamp '2026-12-01 02:00:00' as planned_start_at,
        timestamp '2026-12-01 03:00:00' as planned_end_at,
        timestamp '2026-12-01 01:00:00' as window_starts_at,
        timestamp '2026-12-01 05:00:00' as window_ends_at,
        timestamp '2026-11-30 01:00:00' as window_was_starts_at,
        timestamp '2026-11-30 05:00:00' as window_was_ends_at, true as is_new_since_planned,
        'servicenow' as source"""
COSTS = """create or replace table v1.freeze_costs as
    select 'ledger@' as window_occurrence_id, 'ledger' as calendar_window_id, 'Audit' as title,
        timestamp '2026-11-20 00:00:00' as starts_at, timestamp '2026-11-25 00:00:00' as ends_at,
        2.375 as frozen_days, 'ledger' as service_id, 'Payments' as team_id,
        4::bigint as change_count, 6.5 as item_days"""
REQUESTS = """create or replace table v1.change_requests as
    select 'servicenow:1' as change_request_id, 'CHG1' as number, $hostile as title,
        'ledger' as service_id, true as is_current,
        timestamp '2026-12-01 02:00:00' as planned_start_at,
        timestamp '2026-12-01 03:00:00' as planned_end_at"""
ACKNOWLEDGEMENTS = """create or replace table v1.vendor_acknowledgements as
    select 'servicenow:1@' || vendor_id as vendor_acknowledgement_id,
        'servicenow:1' as change_request_id, 'CHG1' as number, $hostile as title,
        'ledger' as service_id, vendor_id, vendor_id as vendor_name, 'Service desk' as contact,
        status, timestamp '2026-12-01 02:00:00' as planned_start_at, date '2026-11-20' as due_date,
        null::timestamp as acknowledged_at, null::varchar as acknowledged_by_id,
        null::timestamp as acknowledged_other_start_at, 'servicenow' as source
    from (values ('card', 'overdue'), ('bank', 'acknowledged'), ('mail', 'open'))
        as t(vendor_id, status)"""
STATEMENTS = (ACKNOWLEDGEMENTS, WINDOWS, RESULTS, CONFLICTS, COSTS, REQUESTS)


def _change(source: Path, target: Path, *statements: str) -> Path:
    shutil.copytree(source, target, symlinks=True)
    file = next((target / "published" / "builds").glob("*/warehouse.duckdb"))
    with duckdb.connect(str(file)) as connection:
        for sql in statements:
            connection.execute(sql, {"hostile": HOSTILE[0]} if "$hostile" in sql else None)
    return target


@pytest.fixture(scope="session")
def calendar_home(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the made-up company with freezes, a vendor, and what broke and met them."""
    return _change(published_home, tmp_path_factory.mktemp("calendar") / "home", *STATEMENTS)


@pytest.fixture(scope="session")
def open_home(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same company without any calendar."""
    empty = [f"delete from v1.{sql.split('v1.')[1].split(' ')[0]}" for sql in STATEMENTS]
    return _change(published_home, tmp_path_factory.mktemp("open") / "home", *STATEMENTS, *empty)


@pytest.mark.parametrize(
    "table",
    [
        "facts/window_occurrences",
        "insights/planned_conflicts",
        "insights/freeze_costs",
        "insights/vendor_acknowledgements",
    ],
)
def test_the_made_up_tables_have_the_columns_of_the_contract(
    table: str, calendar_home: Path
) -> None:
    model = yaml.safe_load((MODELS / f"{table}.yml").read_text())["models"][0]
    contract = {column["name"] for column in model["columns"]}
    found = open_published(Home(root=calendar_home)).rows(table.split("/")[1], limit=1)
    assert set(found.columns) == contract


def test_the_page_says_first_what_was_broken_and_what_is_planned_into_a_window(
    look_at: OpenPage, calendar_home: Path
) -> None:
    app = look_at(calendar_home, "calendar")
    assert_sound(app)
    assert (
        "2 deployments broke a freeze in 90 days; 1 planned change request meets a window."
    ) in said(app)


def test_a_violation_is_listed_with_its_reason_and_an_exemption_is_told(
    look_at: OpenPage, calendar_home: Path
) -> None:
    app = look_at(calendar_home, "calendar")
    broken = next(one.value for one in app.dataframe if "Broke" in one.value)
    assert broken["Counts as"].to_list() == ["exempt", "violation", "violation"]
    assert all("deployment?" in link for link in broken["Open"].to_list())


def test_a_window_that_was_moved_after_planning_is_told(
    look_at: OpenPage, calendar_home: Path
) -> None:
    app = look_at(calendar_home, "calendar")
    planned = next(one.value for one in app.dataframe if "Meets" in one.value)
    assert planned["Known"].to_list() == ["moved since it was planned, from 30 Nov 2026 01:00"]


def test_what_a_vendor_has_to_know_of_is_listed_with_its_contact_and_last_day(
    look_at: OpenPage, calendar_home: Path
) -> None:
    app = look_at(calendar_home, "calendar")
    assert "1 of 3 acknowledgements is missing; 1 still in time." in said(app)
    listed = next(one.value for one in app.dataframe if "Contact" in one.value)
    assert dict(zip(listed["Vendor"], listed["State"], strict=True)) == {
        "bank": "acknowledged", "card": "missing", "mail": "in time",
    }  # fmt: skip
    assert set(listed["Due"]) == {"20 Nov 2026"}


def test_a_frozen_service_sees_its_freeze_and_the_next_slots(
    open_page: OpenPage, calendar_home: Path
) -> None:
    app = open_page(calendar_home, "calendar")
    app.selectbox(key="slots_service").set_value("ledger").run()
    assert_sound(app)
    assert 'ledger is frozen now by "Audit".' in said(app)
    slots = next(one.value for one in app.dataframe if "From" in one.value)
    assert slots["From"].to_list()[0] == "25 Nov 2026 00:00 UTC"
    assert slots["To"].to_list()[0] == "18 Dec 2026 00:00 UTC"


def test_a_free_service_may_be_deployed_until_the_next_freeze(
    open_page: OpenPage, calendar_home: Path
) -> None:
    app = open_page(calendar_home, "calendar")
    app.selectbox(key="slots_service").set_value("basket").run()
    assert "basket may be deployed now." in said(app)


def test_the_price_of_freezes_is_said_in_changes_and_days(
    look_at: OpenPage, calendar_home: Path
) -> None:
    assert "Freezes held back 4 merged changes for 6.5 change-days" in said(
        look_at(calendar_home, "calendar")
    )


def test_without_a_calendar_the_page_says_what_to_do(look_at: OpenPage, open_home: Path) -> None:
    app = look_at(open_home, "calendar")
    assert_sound(app)
    assert "State windows under `calendar` in `policy.yml`" in said(app)


def test_a_build_of_before_says_so(look_at: OpenPage, published_home: Path) -> None:
    assert "leadline build" in said(look_at(published_home, "calendar"))


def test_recurring_windows_are_on_the_timeline_and_moved_ones_are_not(
    look_at: OpenPage, calendar_home: Path
) -> None:
    app = look_at(calendar_home, "timeline", service="payments-core")
    listed = next(one.value for one in app.dataframe if "What" in one.value)
    names = listed[listed["What"] == "Freeze"]["Name"].to_list()
    assert names.count("Weekend") >= 11
    assert "Never held" not in names
    assert "Audit" not in names


def test_nothing_broken_and_nothing_planned_is_a_sentence_too() -> None:
    schema = {"verdict": pl.String, "control_id": pl.String, "change_request_id": pl.String}
    nothing = pl.DataFrame(schema=schema)
    told = calendar_sentence(nothing, nothing, period="Last 90 days")
    assert told == "No freeze was broken in last 90 days."


def test_a_title_of_a_window_is_text_and_no_markup() -> None:
    window = Opening("w", "deny", NOON, NOON, title=HOSTILE[0])
    decision = Decision(is_allowed=False, reason_code="blackout", windows=(window,))
    assert "![](" not in decision_sentence(decision, "ledger")
