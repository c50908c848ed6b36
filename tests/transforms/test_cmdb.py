"""What the CMDB declares is held against what was discovered, and every item is counted once."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.transforms.estate import Estate, at
from tests.transforms.models import NOW, build_models, rows
from transforms.home import Home

READ_AT = at("2026-11-20 00:00")
FRESH = READ_AT - timedelta(days=2)


def _desk(instant: datetime | None) -> str:
    return "" if instant is None else instant.strftime("%Y-%m-%d %H:%M:%S")


def _declare(estate: Estate, key: str, name: str, **fields: Any) -> None:
    record = {
        "sys_id": key, "name": name, "sys_class_name": "cmdb_ci_server",
        "operational_status": "1", "support_group": {"display_value": "platform", "value": "g1"},
        "environment": "production", "last_discovered": _desk(FRESH),
        "sys_updated_on": _desk(FRESH), **fields,
    }  # fmt: skip
    estate.add("servicenow", "cmdb_ci", record)


def _see(estate: Estate, key: str, name: str, **fields: Any) -> None:
    told = {
        "class": "cmdb_ci_server", "environment": "production", "last_seen_at": FRESH,
        "attributes": '{"owner": "platform"}', **fields,
    }  # fmt: skip
    estate.row("observed_items", id=key, name=name, **told)


def _write(home: Home, estate: Estate) -> None:
    estate.write(home.lake, read_at=READ_AT)
    build_models(home, "cmdb_health", "control_cmdb_accuracy", now=NOW)


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return 100 declared items, 3 of them twice, and 95 discovered, of which 90 pair up."""
    home, estate = Home(root=tmp_path_factory.mktemp("counted")), Estate()
    for number in range(97):
        _declare(estate, f"ci{number:03}", f"host-{number:03}")
    for number in range(3):
        _declare(estate, f"copy{number}", f"HOST-{number:03} ")
    for number in range(90):
        owner = "nobody" if number in (10, 20, 30, 40) else "Platform"
        _see(estate, f"o{number}", f"host-{number:03}", attributes=f'{{"owner": "{owner}"}}')
    for number in range(5):
        _see(estate, f"s{number}", f"shadow-{number}")
    _write(home, estate)
    return home


def test_the_outcomes_of_the_union_add_up(counted: Home) -> None:
    outcomes = Counter(row["outcome"] for row in rows(counted, "cmdb_reconciliation"))
    assert outcomes == {
        "matched": 86, "attribute_mismatch": 4, "declared_only": 7, "duplicate": 3,
        "discovered_only": 5,
    }  # fmt: skip
    paired = outcomes["matched"] + outcomes["attribute_mismatch"]
    ghosts = outcomes["declared_only"] + outcomes["duplicate"]
    assert (paired, ghosts, outcomes["discovered_only"]) == (90, 10, 5)
    assert outcomes.total() == 105


def test_accuracy_is_of_the_union(counted: Home) -> None:
    (row,) = rows(counted, "cmdb_health", where="figure = 'accuracy' and scope = 'all'")
    assert (row["numerator"], row["denominator"]) == (86, 105)
    assert round(100 * row["value"], 1) == 81.9
    assert (row["threshold"], row["verdict"]) == (0.9, "fail")


def test_duplicates_are_the_records_beyond_the_first(counted: Home) -> None:
    (row,) = rows(counted, "cmdb_health", where="figure = 'duplicates' and scope = 'all'")
    assert (row["value"], row["verdict"]) == (3, "fail")


def test_every_item_is_judged(counted: Home) -> None:
    judged = Counter(row["verdict"] for row in rows(counted, "control_cmdb_accuracy"))
    assert judged == {"pass": 86, "fail": 19}


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    home, estate = Home(root=tmp_path_factory.mktemp("cases")), Estate()
    estate.service("pay")
    estate.service("twice")
    old = _desk(READ_AT - timedelta(days=90))
    _declare(estate, "retired", "old-box", operational_status="6")
    _see(estate, "alive", "old-box")
    _declare(estate, "gone", "gone-box", operational_status="6")
    _declare(estate, "edited", "edited-box", last_discovered=old, sys_updated_on=_desk(FRESH))
    _see(estate, "edited", "edited-box")
    _declare(estate, "renamed", "new-name", correlation_id="asset-7")
    _see(estate, "renamed", "old-name", attributes='{"correlation_id": "asset-7"}')
    _declare(estate, "one", "shared", sys_class_name="cmdb_ci_vm")
    _declare(estate, "two", "shared", sys_class_name="cmdb_ci_appl")
    _see(estate, "either", "shared", **{"class": "unknown"})
    _declare(estate, "workload", "pay-api", sys_class_name="cmdb_ci_service")
    for pod in ("pay-api-7d9c5b6f4-x2x4q", "pay-api-7d9c5b6f4-9kq7z"):
        _see(estate, pod, pod, **{"class": "pod", "last_seen_at": FRESH})
    _declare(estate, "elsewhere", "roamer", environment="staging")
    _see(estate, "roamer", "roamer")
    _declare(estate, "pay", "pay", sys_class_name="", environment="", support_group="")
    for key in ("twice-a", "twice-b"):
        _declare(estate, key, "twice", sys_class_name=key)
    for service in ("pay", "twice"):
        estate.deploy(service, estate.commit(service, FRESH), FRESH)
    estate.add("argocd", "applications", {
        "metadata": {"name": "pay", "namespace": "argocd"},
        "spec": {"project": "default", "destination": {"namespace": "production"}},
    })  # fmt: skip
    _write(home, estate)
    yield {
        **{row["reconciliation_id"].split(":")[-1]: row
           for row in rows(home, "cmdb_reconciliation")},
        "health": {row["figure"]: row
                   for row in rows(home, "cmdb_health", where="scope = 'all'")},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "outcome", "rule"),
    [
        ("retired", "retired_but_alive", "name_and_class"),
        ("renamed", "matched", "identifier"),
        ("workload", "matched", "name"),
        ("one", "ambiguous", None),
        ("either", "ambiguous", None),
        ("elsewhere", "declared_only", None),
        ("roamer", "discovered_only", None),
        ("pay", "matched", "name"),
    ],
)
def test_the_first_rule_that_finds_an_item_decides(
    cases: dict[str, dict[str, Any]], key: str, outcome: str, rule: str | None
) -> None:
    assert (cases[key]["outcome"], cases[key]["rule"]) == (outcome, rule)


def test_an_item_that_is_retired_and_gone_is_not_counted(cases: dict[str, Any]) -> None:
    assert "gone" not in cases


def test_an_edit_of_the_form_is_no_discovery(cases: dict[str, Any]) -> None:
    assert cases["edited"]["is_stale"] is True
    assert cases["renamed"]["is_stale"] is False


def test_required_fields_weigh_60_and_recommended_ones_40_percent(cases: dict[str, Any]) -> None:
    full, items = 1.0, cases["health"]["completeness"]["denominator"]
    # `pay` has two of three required fields and neither of the recommended ones.
    expected = (full * (items - 1) + 0.6 * 2 / 3) / items
    assert cases["health"]["completeness"]["value"] == pytest.approx(expected)


def test_a_deployment_counts_where_its_service_has_exactly_one_active_item(
    cases: dict[str, Any],
) -> None:
    covered = cases["health"]["deployments_with_one_item"]
    assert (covered["numerator"], covered["denominator"]) == (1, 2)


def test_without_any_discovery_there_is_no_data_and_no_failure(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home, estate = Home(root=tmp_path_factory.mktemp("blind")), Estate()
    _declare(estate, "lonely", "lonely-box")
    _write(home, estate)
    (judged,) = rows(home, "control_cmdb_accuracy")
    assert (judged["verdict"], judged["reason_code"]) == ("no_data", "nothing_discovered")
    (health,) = rows(home, "cmdb_health", where="figure = 'accuracy' and scope = 'all'")
    assert (health["value"], health["verdict"]) == (None, "no_data")
