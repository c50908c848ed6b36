"""Alerts from raw pages on: when each began, and how well its end is known."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest

from connectors import prometheus
from orchestration.lake import Lake
from orchestration.lake_run import BulkPage
from tests.connectors.fakes import FakeTime, Script, json_reply, next_cursor, pages_of, read
from tests.connectors.test_alertmanager import alert
from tests.connectors.test_prometheus import FakePrometheus
from tests.transforms.conftest import read_built
from tests.transforms.estate import Estate, at
from transforms.home import Home
from transforms.published import Published

PAY = {"alertname": "ServiceDown", "service": "pay", "severity": "critical"}
DISK = {"alertname": "DiskFull", "job": "shop", "instance": "shop-1:9100"}
CLOUD = {"alertname": "CloudBill"}
# Minutes after noon. Of pay: long before any alert was read; with an alert in the 2 hours before,
# twice; with one of which nobody knows when it ended between two reads; without any; and when no
# alert was read any more. No alert ever names still.
DEPLOYED = {
    "pay": (-9000, 121, 145, 155, 190, 3000),
    "shop": (-9000, 200),
    "still": (-9000, 200),
}
NOON = at("2026-04-01 12:00")


def _form(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _poll(lake: Lake, moment: datetime, *alerts: Mapping[str, Any]) -> None:
    """Keep one read of a whole list, as the connector stores it."""
    page = BulkPage(
        body=json.dumps(alerts).encode(), row_count=len(alerts), read_at=moment, format="array"
    )
    lake.append_bulk("alertmanager", "alerts", kind="alertmanager", pages=[page], read_at=moment)


def _query(lake: Lake, *runs: datetime) -> None:
    """Keep what the connector yields in runs at some moments, as it stores it."""
    config = prometheus.Config(base_url="https://prometheus.test", since=_minutes(-14 * 60))
    connector, cursor = prometheus.connect(config, name="prometheus"), None
    fake = FakePrometheus(
        (PAY, [(_minutes(-7), _minutes(21)), (_minutes(25), _minutes(30))]),
        # Over a day's slices and over all runs; active at the end.
        (DISK, [(_minutes(-13 * 60), _minutes(30 * 60))]),
    )
    rule = {"type": "alerting", "name": "DiskFull", "query": "disk", "labels": {"severity": "page"}}
    groups = {"groups": [{"name": "all", "rules": [rule]}]}
    rules = Script(json_reply({"status": "success", "data": groups}))
    for moment in runs:
        time = FakeTime(moment)
        items = read(connector, "alerts", fake, cursor=cursor, time=time)
        cursor = next_cursor(connector, "alerts", items, cursor)
        for stream, found in (("alerts", items), ("rules", read(connector, "rules", rules))):
            pages = [
                BulkPage(body=page.decoded or b"", row_count=page.row_count,
                         read_at=moment, context=page.context)
                for page in pages_of(found, stream)
            ]  # fmt: skip
            lake.append_bulk("prometheus", stream, kind="prometheus", pages=pages, read_at=moment)


def _minutes(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(root=tmp_path_factory.mktemp("alerts"))


@pytest.fixture(scope="module")
def published(home: Home) -> Iterator[Published]:
    estate = Estate()
    for service, minutes in DEPLOYED.items():
        estate.service(service, team="crew")
        parents: tuple[str, ...] = ()
        for count in minutes:
            sha = estate.commit(service, _minutes(count - 30), parents=parents)
            estate.deploy(service, sha, _minutes(count))
            parents = (sha,)
    estate.write(home.lake, read_at=NOON)
    lake = Lake(home.lake)
    ahead = {"endsAt": _form(NOON + timedelta(hours=9))}
    first = alert(PAY, _form(_minutes(-7)), **ahead)
    again = alert(PAY, _form(_minutes(22)), **ahead)
    disk = alert(DISK, _form(_minutes(-30)), **ahead)
    stated = alert(CLOUD, _form(_minutes(-9)), endsAt=_form(_minutes(-1)))
    unusable = alert(DISK, "soon", **ahead)
    _poll(lake, _minutes(0), first, disk, stated)
    _poll(lake, _minutes(10), first, disk)
    # Not every record of this read is usable: that `first` is missing is no evidence.
    _poll(lake, _minutes(20), unusable)
    # `first` ended before 22, when its labels fired again.
    _poll(lake, _minutes(30), again, disk)
    _poll(lake, _minutes(40))
    _poll(lake, _minutes(50), disk)
    _query(lake, _minutes(15), _minutes(27.6), _minutes(12 * 60), _minutes(29 * 60))
    now = datetime(2026, 5, 1, tzinfo=UTC)
    yield read_built(
        home,
        "alerts",
        "fct_deployments",
        "quarantined_records",
        "page_accounts",
        "int_factors__alerts_before",
        read_at=now,
    )


def _alerts(
    published: Published, labels: Mapping[str, str], source: str = "alertmanager"
) -> list[dict[str, Any]]:
    rows = published.rows("alerts").sort("started_at").iter_rows(named=True)
    return [row for row in rows if row["source"] == source and json.loads(row["labels"]) == labels]


def _naive(count: float) -> datetime:
    return _minutes(count).replace(tzinfo=None)


def test_an_alert_that_a_later_read_does_not_have_ended_between_the_two(
    published: Published,
) -> None:
    first, again = _alerts(published, PAY)
    assert (first["started_at"], first["last_seen_at"]) == (_naive(-7), _naive(10))
    assert (first["ended_at"], first["ended_at_is_bound"]) == (_naive(22), True)
    assert (again["started_at"], again["last_seen_at"]) == (_naive(22), _naive(30))
    assert (again["ended_at"], again["ended_at_is_bound"]) == (_naive(40), True)


def test_an_alert_that_comes_back_with_its_start_never_ended(published: Published) -> None:
    (disk,) = _alerts(published, DISK)
    assert disk["started_at"] == _naive(-30)
    assert disk["last_seen_at"] == _naive(50)
    assert (disk["ended_at"], disk["ended_at_is_bound"]) == (None, False)


def test_an_end_that_the_source_states_is_no_bound(published: Published) -> None:
    (stated,) = _alerts(published, CLOUD)
    assert (stated["ended_at"], stated["ended_at_is_bound"]) == (_naive(-1), False)


def test_the_service_is_named_by_its_label_else_by_the_job(published: Published) -> None:
    names = {
        (row["name"], row["severity"], row["service_name"], row["service_id"])
        for row in published.rows("alerts").iter_rows(named=True)
        if row["source"] == "alertmanager"
    }
    assert names == {
        ("ServiceDown", "critical", "pay", "pay"),
        ("DiskFull", None, "shop", "shop"),
        ("CloudBill", None, None, None),
    }


def test_samples_are_one_alert_from_the_first_to_the_last_without_a_gap(
    published: Published,
) -> None:
    first, second = _alerts(published, PAY, "prometheus")
    assert (first["started_at"], first["last_seen_at"]) == (_naive(-7), _naive(21))
    assert (first["ended_at"], first["ended_at_is_bound"]) == (_naive(22), True)
    assert (second["started_at"], second["ended_at"]) == (_naive(25), _naive(31))
    (polled, _) = _alerts(published, PAY)
    assert polled["fingerprint"] == first["fingerprint"]
    assert polled["alert_id"] != first["alert_id"]


def test_an_alert_that_fires_at_the_last_point_is_active_with_its_rules_severity(
    published: Published,
) -> None:
    (disk,) = _alerts(published, DISK, "prometheus")
    assert (disk["started_at"], disk["last_seen_at"]) == (_naive(-13 * 60), _naive(29 * 60))
    assert (disk["ended_at"], disk["ended_at_is_bound"]) == (None, False)
    assert (disk["severity"], disk["service_id"]) == ("page", "shop")


def test_deployments_are_told_apart_by_alerts_in_the_two_hours_before(
    home: Home, published: Published
) -> None:
    with duckdb.connect(str(home.staging_file), read_only=True) as connection:
        levels = dict(
            connection.execute(
                "select deployment_id, level from staging.staging.int_factors__alerts_before"
            ).fetchall()
        )
    found = {
        (row["service_id"], row["started_at"]): levels[row["deployment_id"]]
        for row in published.rows("fct_deployments").iter_rows(named=True)
        if row["deployment_id"] in levels
    }
    assert found == {
        ("pay", _naive(121)): "an alert firing",
        ("pay", _naive(145)): "an alert firing",
        ("pay", _naive(190)): "no alert firing",
        ("shop", _naive(200)): "an alert firing",
    }


def test_what_is_no_alert_is_set_aside_with_its_reason(published: Published) -> None:
    (row,) = published.rows("quarantined_records").iter_rows(named=True)
    assert row["reason"] == "an alert without start"
