"""Awkward histories, from raw pages to facts: what is counted once, and whom the evidence names."""

from datetime import date, timedelta

import pytest

from tests.transforms.conftest import METRICS, build_estate
from tests.transforms.estate import Estate, at
from transforms.published import Published

HOUR = 3600.0


def _baseline(estate: Estate, service: str, *, repository: str = "") -> str:
    sha = estate.commit(service, at("2026-01-02 08:00"), repository=repository)
    estate.deploy(service, sha, at("2026-01-02 09:00"), repository=repository)
    return sha


def _changes_on_changes(estate: Estate) -> None:
    service = estate.service("stacked")
    base = _baseline(estate, service)
    shared = ("a" * 40, at("2026-02-01 10:00"), "First half")
    own = ("b" * 40, at("2026-02-03 10:00"), "Second half")
    first = estate.commit(service, at("2026-02-04 10:00"), parents=(base,), title="One")
    estate.pull(service, first, at("2026-02-04 10:00"), [shared])
    second = estate.commit(service, at("2026-02-05 10:00"), parents=(first,), title="Two")
    estate.pull(service, second, at("2026-02-05 10:00"), [shared, own])
    estate.deploy(service, second, at("2026-02-06 10:00"))


def _rebased(estate: Estate) -> None:
    service = estate.service("rebased")
    parent = _baseline(estate, service)
    originals = []
    merged = at("2026-02-05 10:00")
    for number in (1, 2, 3):
        authored = at(f"2026-02-0{number} 10:00")
        originals.append((f"{number}" * 40, authored, f"Part {number}"))
        parent = estate.commit(
            service, authored, parents=(parent,), title=f"Part {number}", committed=merged
        )
    estate.pull(service, parent, merged, originals)
    estate.deploy(service, parent, at("2026-02-06 10:00"))


def _shared_repository(estate: Estate) -> None:
    for name in ("mono-a", "mono-b"):
        estate.service(name, team="mono", repository="acme/mono")
    base = estate.commit("mono", at("2026-01-02 08:00"))
    for name in ("mono-a", "mono-b"):
        estate.deploy(name, base, at("2026-01-02 09:00"), repository="acme/mono")
    sha = estate.commit("mono", at("2026-02-02 10:00"), parents=(base,))
    estate.deploy("mono-a", sha, at("2026-02-02 12:00"), repository="acme/mono")
    estate.deploy("mono-b", sha, at("2026-02-02 20:00"), repository="acme/mono")


def _second_repository(estate: Estate) -> None:
    service = estate.service("two-homes")
    estate.catalogue[-1]["repositories"].append("acme/old-home")
    _baseline(estate, service)
    old = estate.commit(service, at("2016-01-04 10:00"), repository="acme/old-home")
    new = estate.commit(service, at("2026-02-01 10:00"), parents=(old,), repository="acme/old-home")
    estate.deploy(service, new, at("2026-02-02 10:00"), repository="acme/old-home")


def _one_request_two_services(estate: Estate) -> None:
    deployed = []
    for name in ("request-x", "request-y"):
        estate.service(name)
        base = _baseline(estate, name)
        sha = estate.commit(name, at("2026-02-02 08:00"), parents=(base,))
        deployed.append((name, sha))
    request = estate.change_request("request-x", at("2026-02-02 07:00"), "")
    for name, sha in deployed:
        estate.deploy(name, sha, at("2026-02-02 10:00"), change_request=request.upper())
    estate.incident("request-y", at("2026-02-02 10:30"), at("2026-02-02 11:30"), caused_by=request)


def _attempts(estate: Estate) -> None:
    service = estate.service("attempts")
    base = _baseline(estate, service)
    sha = estate.commit(service, at("2026-02-02 08:00"), parents=(base,))
    estate.deploy(service, sha, at("2026-02-02 10:00"), run_id=88001)
    estate.deploy(service, sha, at("2026-02-02 12:00"), run_id=88001, state="failure")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Return one build that holds every history, each as a service of its own."""
    estate = Estate()
    _changes_on_changes(estate)
    _rebased(estate)
    _shared_repository(estate)
    _second_repository(estate)
    _one_request_two_services(estate)
    _attempts(estate)
    return build_estate(tmp_path_factory.mktemp("facts"), estate, METRICS)


def _window(published: Published, metric: str, *services: str) -> tuple[float | None, int]:
    row = published.window(
        metric,
        since=date(2026, 1, 1),
        until=date(2026, 5, 2),
        service_ids=services,
    ).row(0, named=True)
    return row["value"], row["n"]


def test_a_commit_of_two_squashed_changes_belongs_to_the_one_merged_first(
    published: Published,
) -> None:
    rows = published.rows("fct_changes", filters={"service_id": "stacked"}, order="merged_at")
    counted = rows.filter(rows["exclusion_reason"].is_null())
    started = [instant.isoformat() for instant in counted["started_at"]]
    assert started == ["2026-02-01T10:00:00", "2026-02-03T10:00:00"]
    assert _window(published, "commit_lead_time", "stacked")[1] == 2


def test_the_copies_of_a_rebase_are_the_change_they_are_copies_of(published: Published) -> None:
    lead, changes = _window(published, "lead_time_for_changes", "rebased")
    assert (lead, changes) == (5 * 24 * HOUR, 1)
    assert _window(published, "commit_lead_time", "rebased")[1] == 3


def test_a_change_of_a_shared_repository_counts_once_where_services_are_seen_together(
    published: Published,
) -> None:
    assert _window(published, "lead_time_for_changes", "mono-a") == (2 * HOUR, 1)
    assert _window(published, "lead_time_for_changes", "mono-b") == (10 * HOUR, 1)
    assert _window(published, "lead_time_for_changes", "mono-a", "mono-b") == (2 * HOUR, 1)


def test_each_repository_of_a_service_has_a_baseline_of_its_own(published: Published) -> None:
    rows = published.rows("fct_changes", filters={"service_id": "two-homes"})
    assert set(rows["exclusion_reason"]) == {"no_baseline"}


def test_of_the_deployments_of_a_change_request_the_one_of_the_impaired_service_failed(
    published: Published,
) -> None:
    failed = published.rows("fct_deployments", filters={"is_failed": True})
    assert failed["service_id"].to_list() == ["request-y"]


def test_an_attempt_that_succeeded_is_not_undone_by_a_later_one(published: Published) -> None:
    rows = published.rows("fct_deployments", filters={"service_id": "attempts"}, order="started_at")
    assert rows["status"].to_list() == ["succeeded", "succeeded"]
    assert rows["attempt_count"].to_list() == [1, 2]
    assert rows["finished_at"].to_list()[1] - rows["finished_at"].to_list()[0] > timedelta(days=30)
