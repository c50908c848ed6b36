"""A deployment is linked with its change requests by the first rule that finds any."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from tests.transforms.requests import HOUR, MINUTE, request
from transforms.home import Home

START = at("2026-04-01 10:00")
DAY = timedelta(days=1)
Links = dict[str, list[dict[str, Any]]]


def _window(start: datetime) -> tuple[datetime, datetime]:
    return start - HOUR, start + HOUR


def _deploy(estate: Estate, service: str, finished: datetime, **fields: Any) -> str:
    sha = fields.pop("sha", None) or estate.commit(service, finished - HOUR)
    return estate.deploy(service, sha, finished, **fields)


def _named(estate: Estate) -> dict[str, str]:
    service = estate.service("named")
    request(estate, "0030001", updated=START)
    request(estate, "0030002", updated=START)
    request(estate, "0030003", updated=START)
    request(estate, "0030004", updated=START)
    by_message = estate.commit(service, START, title="Pay once\n\nChange-Request: CHG0030002")
    by_branch = estate.commit(service, START + DAY, parents=(by_message,))
    estate.pull(service, by_branch, START + DAY, [("c" * 40, START, "Work")])
    pull = estate.streams["github", "pulls"][-1][0]
    pull["head"] = {"ref": "feature/chg0030003-refunds"}
    return {
        "record": _deploy(estate, service, START - DAY, change_request="CHG0030001"),
        "message": _deploy(estate, service, START + HOUR, sha=by_message),
        "branch": _deploy(estate, service, START + DAY + HOUR, sha=by_branch),
        "two": _deploy(
            estate, service, START + 2 * DAY, change_request="chg0030004",
            sha=estate.commit(service, START + 2 * DAY - HOUR, parents=(by_branch,),
                              title="Also under CHG0030001"),
        ),
    }  # fmt: skip


def _by_time(estate: Estate) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, offset in (
        ("early", -75 * MINUTE), ("before", -76 * MINUTE), ("late", 74 * MINUTE),
        ("after", 75 * MINUTE), ("inside", MINUTE),
    ):  # fmt: skip
        service = estate.service(name)
        request(estate, f"004{len(found):04}", service=service, window=_window(START),
                updated=START)  # fmt: skip
        found[name] = _deploy(estate, service, START + offset)
    service = estate.service("torn")
    for key in ("0050001", "0050002"):
        request(estate, key, service=service, window=_window(START), updated=START)
    found["torn"] = _deploy(estate, service, START)
    service = estate.service("called-off")
    request(estate, "0050003", service=service, window=_window(START), updated=START)
    request(estate, "0050004", service=service, window=_window(START), updated=START, state="4")
    found["called off"] = _deploy(estate, service, START)
    found["tested"] = _deploy(estate, service, START + MINUTE, environment="staging")
    service = estate.service("unbound")
    request(estate, "0050005", window=_window(START), updated=START)
    found["unbound"] = _deploy(estate, service, START)
    service = estate.service("both")
    request(estate, "0050006", updated=START)
    request(estate, "0050007", service=service, window=_window(START), updated=START)
    found["both"] = _deploy(estate, service, START, change_request="CHG0050006")
    service = estate.service("told")
    request(estate, "0050008", updated=START)
    found["told"] = _deploy(estate, service, START)
    estate.streams["servicenow", "change_request"][-1][0]["correlation_id"] = found["told"]
    return found


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dict[str, str]]:
    home, estate = Home(root=tmp_path_factory.mktemp("links")), Estate()
    found = _named(estate) | _by_time(estate)
    estate.write(home.lake, read_at=at("2026-05-01 00:00"))
    build_models(home, "change_request_links", "deployment_details", "int_deployment_requests")
    return home, found


def _links(built: tuple[Home, dict[str, str]], name: str) -> list[tuple[Any, ...]]:
    home, found = built
    return [
        (row["change_request_id"].split("-")[-1], row["rule"], row["method"], row["confidence"])
        for row in rows(home, "change_request_links")
        if row["deployment_id"] == found[name]
    ]


@pytest.mark.parametrize(
    ("name", "key", "method"),
    [
        ("record", "0030001", "deployment_record"),
        ("message", "0030002", "commit_message"),
        ("branch", "0030003", "change_branch"),
    ],
)
def test_a_number_in_the_deployment_the_change_or_its_commits_is_certain(
    built: tuple[Home, dict[str, str]], name: str, key: str, method: str
) -> None:
    assert _links(built, name) == [(key, "named", method, 1.0)]


def test_a_deployment_may_run_under_two_requests_and_one_request_for_two_deployments(
    built: tuple[Home, dict[str, str]],
) -> None:
    assert {key for key, *_ in _links(built, "two")} == {"0030001", "0030004"}
    assert {key for key, *_ in _links(built, "record")} == {"0030001"}


def test_a_request_that_names_the_deployment_is_certain(
    built: tuple[Home, dict[str, str]],
) -> None:
    assert _links(built, "told") == [("0050008", "correlated", "correlation_id", 1.0)]


@pytest.mark.parametrize(
    ("name", "is_linked"),
    [("before", False), ("early", True), ("inside", True), ("late", True), ("after", False)],
)
def test_the_planned_window_reaches_a_quarter_of_an_hour_to_both_sides_without_its_end(
    built: tuple[Home, dict[str, str]], name: str, is_linked: bool
) -> None:
    assert [link[1:] for link in _links(built, name)] == (
        [("planned_window", "planned_window", 0.7)] if is_linked else []
    )


def test_two_requests_planned_for_the_same_time_link_nothing(
    built: tuple[Home, dict[str, str]],
) -> None:
    assert _links(built, "torn") == []


def test_a_request_that_was_called_off_makes_none_ambiguous(
    built: tuple[Home, dict[str, str]],
) -> None:
    assert [key for key, *_ in _links(built, "called off")] == ["0050003"]


def test_only_deployments_to_production_are_linked_by_their_time(
    built: tuple[Home, dict[str, str]],
) -> None:
    assert _links(built, "tested") == []


def test_a_request_without_configuration_item_is_never_linked_by_time(
    built: tuple[Home, dict[str, str]],
) -> None:
    assert _links(built, "unbound") == []


def test_a_named_request_keeps_time_from_finding_another(
    built: tuple[Home, dict[str, str]],
) -> None:
    assert [(key, rule) for key, rule, *_ in _links(built, "both")] == [("0050006", "named")]


def test_what_is_shown_of_a_deployment_is_the_first_of_its_links(
    built: tuple[Home, dict[str, str]],
) -> None:
    home, _ = built
    first = {
        row["deployment_id"]: row["change_request_id"]
        for row in rows(home, "change_request_links", where="is_first")
    }
    shown = {
        row["deployment_id"]: row["change_request_id"]
        for row in rows(home, "deployment_details", where="change_request_id is not null")
    }
    assert shown == first
    assert first
