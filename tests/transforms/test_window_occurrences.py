"""Windows of calendars become stretches of time; each version counts while it was known."""

from datetime import datetime
from typing import Any

import pytest

from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from transforms.home import Home

NOW = at("2026-11-22 12:00")


def naive(text: str) -> datetime:
    """Return an instant as tables hold it."""
    return datetime.fromisoformat(text)


def window(estate: Estate, key: str, **fields: Any) -> None:
    """Add a row of a table calendar_windows."""
    record = {"id": key, "kind": "freeze", **fields}
    estate.add("files", "rows", {"entity": "calendar_windows", "row_key": key, "fields": record})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return windows of every form, one of which was moved and one withdrawn."""
    found = Home(tmp_path_factory.mktemp("home"))
    estate = Estate()
    for name, team in (("checkout", "shop"), ("checkout-api", "shop"), ("search", "find")):
        estate.service(name, team=team)
    sha = estate.commit("checkout", at("2026-10-01 08:00"))
    estate.deploy("checkout", sha, at("2026-10-01 10:00"))
    cron = {"recurrence": "0 23 * * 5", "recurrence_end": "0 8 * * 1", "timezone": "UTC"}
    window(estate, "weekend", **cron, environment="production")
    window(estate, "nightly", kind="allow", recurrence="0 10 * * 1-4", duration_seconds=21600,
           timezone="Europe/Berlin", service="checkout*")  # fmt: skip
    window(estate, "team", team="SHOP", starts_at="2026-12-20T00:00:00Z",
           ends_at="2026-12-27T00:00:00Z")  # fmt: skip
    window(estate, "moved", starts_at="2026-11-10T00:00:00Z", ends_at="2026-11-12T00:00:00Z",
           created_at="2026-10-20T09:00:00Z")  # fmt: skip
    window(estate, "dropped", starts_at="2026-11-10T00:00:00Z", ends_at="2026-11-12T00:00:00Z")
    sync = {"kind": "deny", "duration": "1h", "applications": ["sea*"], "namespaces": ["staging"]}
    both = sync | {"schedule": "0 23 * * *", "andOperator": True}
    spec = {"syncWindows": [sync | {"schedule": "0 22 * * *"}, both]}
    estate.add("argocd", "projects", {"metadata": {"name": "shop"}, "spec": spec})
    window(estate, "bad", recurrence="every full moon", duration_seconds=60)
    window(estate, "market", kind="on_call", starts_at="2026-11-10T00:00:00Z",
           ends_at="2026-11-12T00:00:00Z")  # fmt: skip
    window(estate, "odd", kind="eclipse", starts_at="2026-11-10T00:00:00Z",
           ends_at="2026-11-12T00:00:00Z", service="unheard-of")  # fmt: skip
    estate.write(found.lake, read_at=at("2026-11-01 06:00"))
    window(estate, "moved", starts_at="2026-11-17T00:00:00Z", ends_at="2026-11-18T00:00:00Z",
           created_at="2026-10-20T09:00:00Z")  # fmt: skip
    window(estate, "dropped", starts_at="2026-11-10T00:00:00Z", ends_at="2026-11-12T00:00:00Z",
           state="cancelled")  # fmt: skip
    estate.write(found.lake, read_at=at("2026-11-11 06:00"))
    build_models(found, "window_occurrences", "unreadable_windows", now=NOW)
    return found


def occurrences(home: Home, key: str) -> list[dict[str, Any]]:
    """Return the stretches of one window in the order of time."""
    found = rows(home, "window_occurrences", where=f"calendar_window_id = 'files:{key}'")
    return sorted(found, key=lambda row: (row["version_number"], row["starts_at"]))


def test_a_pair_of_cron_expressions_reaches_from_the_first_deployment_to_a_year_ahead(
    home: Home,
) -> None:
    found = occurrences(home, "weekend")
    assert (found[0]["starts_at"], found[0]["ends_at"]) == (
        naive("2026-10-02 23:00"),
        naive("2026-10-05 08:00"),
    )
    assert found[-1]["starts_at"] == naive("2027-12-10 23:00")
    assert {row["effect"] for row in found} == {"deny"}
    assert (found[0]["service_ids"], found[0]["environment_ids"]) == (None, ["production"])


def test_a_duration_after_a_cron_expression_goes_by_the_zone(home: Home) -> None:
    starts = {row["starts_at"] for row in occurrences(home, "nightly")}
    assert {naive("2026-10-22 08:00"), naive("2026-10-26 09:00")} <= starts


def test_a_pattern_is_for_every_service_that_it_fits(home: Home) -> None:
    assert occurrences(home, "nightly")[0]["service_ids"] == ["checkout", "checkout-api"]


def test_a_sync_window_needs_one_fitting_part_unless_it_asks_for_all(home: Home) -> None:
    found = rows(home, "window_occurrences", where="source = 'argocd'")
    hours = {(row["starts_at"].hour, row["is_any_scope"]) for row in found}
    assert hours == {(22, True), (23, False)}
    assert {(*row["service_ids"], *row["environment_ids"]) for row in found} == {
        ("search", "staging")
    }


def test_a_team_is_all_its_services(home: Home) -> None:
    assert occurrences(home, "team")[0]["service_ids"] == ["checkout", "checkout-api"]


def test_a_service_that_nobody_knows_binds_nothing_instead_of_everything(home: Home) -> None:
    assert occurrences(home, "odd")[0]["service_ids"] == []


def test_a_kind_that_is_not_listed_does_nothing(home: Home) -> None:
    effects = [occurrences(home, key)[0]["effect"] for key in ("odd", "market")]
    assert effects == ["none", "none"]


def test_each_version_is_known_until_the_next_was_read(home: Home) -> None:
    first, second = occurrences(home, "moved")
    assert (first["known_from"], first["known_to"]) == (
        naive("2026-10-20 09:00"),
        naive("2026-11-11 06:00"),
    )
    assert (second["known_from"], second["known_to"]) == (naive("2026-11-11 06:00"), None)


def test_a_window_without_a_creation_was_there_before_it_was_read(home: Home) -> None:
    assert occurrences(home, "weekend")[0]["known_from"] == naive("1990-01-01")


def test_a_cancelled_window_held_until_it_was_cancelled(home: Home) -> None:
    (only,) = occurrences(home, "dropped")
    assert only["known_to"] == naive("2026-11-11 06:00")


def test_a_recurrence_that_cannot_be_read_is_told(home: Home) -> None:
    (bad,) = rows(home, "unreadable_windows")
    assert bad["calendar_window_id"] == "files:bad"
    assert "no cron expression" in bad["problem"]
    assert occurrences(home, "bad") == []
