"""What is told of a risk before it begins: only what was known by then."""

from datetime import datetime, timedelta

import polars as pl
import pytest

from tests.transforms.conftest import build_estate
from tests.transforms.estate import Estate, at
from transforms.published import Published

WEEK = timedelta(weeks=1)
FIRST = at("2026-02-04 10:00")  # a Wednesday, within working hours in Berlin
HISTORY = "three in ten earlier deployments of the service failed or more"


def _deploy(
    estate: Estate, service: str, finished: datetime, *, parents: tuple[str, ...], failed: bool
) -> tuple[str, str]:
    sha = estate.commit(service, finished - timedelta(hours=2), parents=parents)
    deployment = estate.deploy(service, sha, finished, minutes=5)
    if failed:
        began = finished + timedelta(minutes=20)
        estate.incident(service, began, began + timedelta(hours=1), caused_by=deployment)
    return sha, deployment


def _line(estate: Estate, service: str, failures: str, *, gap: timedelta = WEEK) -> list[str]:
    """Deploy once a gap, `x` fails and `.` does not; return the deployments, oldest first."""
    estate.service(service)
    parents: tuple[str, ...] = ()
    deployments = []
    for place, mark in enumerate(failures):
        sha, deployment = _deploy(
            estate, service, FIRST + place * gap, parents=parents, failed=mark == "x"
        )
        parents = (sha,)
        deployments.append(deployment)
    return deployments


def _open_pull(estate: Estate, service: str, number: int, *, is_draft: bool = False) -> None:
    estate.add(
        "github",
        "pulls",
        {
            "number": number,
            "title": "Not merged yet",
            "html_url": f"https://example.org/pull/{number}",
            "state": "open",
            "draft": is_draft,
            "user": {"login": "ada", "type": "User"},
            "head": {"ref": "feature"},
            "base": {"ref": "main"},
            "labels": [],
            "created_at": "2026-04-28T10:00:00Z",
            "updated_at": "2026-04-29T10:00:00Z",
        },
        repository=f"acme/{service}",
    )


def _request(estate: Estate, service: str, key: str, planned: str, **fields: str) -> None:
    estate.add(
        "servicenow",
        "change_request",
        {
            "sys_id": key,
            "number": key.upper(),
            "type": "normal",
            "state": "-2",
            "cmdb_ci": estate.configuration_item(service),
            "start_date": planned,
            "end_date": planned,
            "sys_created_on": "2026-04-28 10:00:00",
            "sys_updated_on": "2026-04-28 10:00:00",
            **fields,
        },
    )


@pytest.fixture(scope="module")
def named() -> dict[str, str]:
    return {}


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory, named: dict[str, str]) -> Published:
    estate = Estate()
    early = _line(estate, "early", "xx.x...")
    late = _line(estate, "late", "......xxx")
    # every failure of this one is younger than 72 hours when the next deployment begins
    young = _line(estate, "young", "xxxxxx", gap=timedelta(hours=12))
    _line(estate, "calm", "...")
    named.update(early=early[6], late=late[6], young=young[5])
    _open_pull(estate, "calm", 9001)
    _open_pull(estate, "calm", 9002, is_draft=True)
    _open_pull(estate, "late", 9003)
    _request(estate, "calm", "chg-soon", "2026-05-06 10:00:00")
    _request(estate, "calm", "chg-night", "2026-05-07 02:00:00")
    _request(estate, "calm", "chg-urgent", "2026-05-06 10:00:00", type="emergency")
    _request(estate, "calm", "chg-cancelled", "2026-05-06 10:00:00", state="4")
    _request(estate, "calm", "chg-past", "2026-04-29 10:00:00")
    _request(estate, "calm", "chg-begun", "2026-05-06 10:00:00", work_start="2026-04-30 10:00:00")
    return build_estate(
        tmp_path_factory.mktemp("risk"),
        estate,
        "risk_coefficients",
        "risk_evaluations",
        "risk_model_card",
        "risk_reasons",
        "risk_scores",
    )


@pytest.fixture(scope="module")
def scores(build: Published) -> pl.DataFrame:
    return build.rows("risk_scores", limit=1000)


def _reason(scores: pl.DataFrame, subject_id: str) -> str | None:
    row = scores.filter(pl.col("subject_id") == subject_id).row(0, named=True)
    reason: str | None = row["likelihood_reason"]
    return reason


def test_failures_of_before_count_and_those_that_came_later_do_not(
    scores: pl.DataFrame, named: dict[str, str]
) -> None:
    assert _reason(scores, named["early"]) == HISTORY
    assert _reason(scores, named["late"]) is None


def test_an_outcome_counts_only_once_it_was_known(
    scores: pl.DataFrame, named: dict[str, str]
) -> None:
    assert _reason(scores, named["young"]) != HISTORY


def test_the_hour_of_an_open_change_is_not_known(scores: pl.DataFrame) -> None:
    """The build is made on a holiday at midnight: that says nothing of when it goes live."""
    changes = scores.filter(pl.col("subject_kind") == "change").sort("number")
    assert changes.select("number", "likelihood", "likelihood_reason").rows() == [
        ("acme/calm#9001", "low", None),
        ("acme/late#9003", "high", HISTORY),
    ]


def test_requests_that_are_still_to_begin_are_scored(scores: pl.DataFrame) -> None:
    requests = scores.filter(pl.col("subject_kind") == "change_request").sort("number")
    assert requests["number"].to_list() == ["CHG-NIGHT", "CHG-SOON", "CHG-URGENT"]
    assert requests["planned_at"].null_count() == 0
    assert requests.select("likelihood", "likelihood_reason").rows() == [
        ("moderate", "outside working hours"),
        ("low", None),
        ("high", "emergency change request"),
    ]


def test_below_thirty_failures_rules_alone_speak(build: Published, scores: pl.DataFrame) -> None:
    card = build.rows("risk_model_card", limit=1).row(0, named=True)
    assert card["state"] == "refused"
    assert card["failed_count"] == 12
    assert card["trained_count"] == 25
    assert card["reason"] == "12 failures are known, 30 are needed"
    assert not card["is_used"]
    assert scores["probability"].null_count() == scores["percentile"].null_count() == scores.height
    assert build.rows("risk_evaluations", limit=5).is_empty()
    assert build.rows("risk_reasons", limit=5).is_empty()
    coefficients = build.rows("risk_coefficients", limit=50)
    assert coefficients["dropped_reason"].unique().to_list() == ["there is no model"]
