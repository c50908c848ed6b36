"""Random histories of services, judged by a plain reading of the definitions, row by row."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.transforms.conftest import build_estate
from tests.transforms.estate import Estate, at
from transforms.published import Published

SERVICES = 14
LENGTH = 24
CHANGES = ("forward", "rework")


@dataclass
class Deployed:
    """One deployment of a history, with what the definitions make of it."""

    deployment_id: str
    artifact: str
    config: str | None
    started: datetime
    finished: datetime
    status: str
    is_flagged: bool
    is_hotfix: bool
    reason: str | None
    kind: str = "forward"
    is_failed: bool = False
    undone_by: int | None = None
    blamed: int | None = None
    repairs: list[datetime] = field(default_factory=list)
    incidents: list[tuple[datetime, datetime | None]] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        return self.status in ("succeeded", "partial")

    @property
    def is_rework(self) -> bool:
        return self.is_hotfix or self.reason in ("none", "bug")

    @property
    def is_fix(self) -> bool:
        return self.is_hotfix or self.reason == "bug"


def _history(estate: Estate, service: str, chance: random.Random) -> list[Deployed]:
    """Write a random history of a service and return it in its order."""
    shas: dict[str, str] = {}
    history: list[Deployed] = []
    moment = at("2024-06-01 08:00") + timedelta(minutes=chance.randrange(600))
    for number in range(LENGTH):
        moment += timedelta(hours=chance.choice((3, 20, 50, 120, 400)), minutes=1)
        if number == LENGTH // 2 and chance.random() < 0.5:
            moment += timedelta(days=185)
        seen = sorted(shas)
        artifact = f"{service}-{number:02d}"
        if seen and chance.random() < 0.45:
            artifact = chance.choice(seen[-4:])
        shas.setdefault(artifact, estate.commit(service, moment - timedelta(hours=2)))
        config = chance.choice((None, "a", "a", "b"))
        is_hotfix, is_flagged = chance.random() < 0.15, chance.random() < 0.1
        reason = chance.choice((None, None, None, None, "none", "other", "bug"))
        status = chance.choice(("succeeded",) * 8 + ("partial", "failed"))
        minutes = chance.randrange(1, 30)
        payload: dict[str, Any] = {"is_rollback": is_flagged, "config_hash": config}
        if reason:
            payload["planned"] = False
        if reason not in (None, "none"):
            payload["reason"] = reason
        deployment_id = estate.deploy(
            service,
            shas[artifact],
            moment,
            minutes=minutes,
            state="success" if status == "succeeded" else "failure",
            description="partial" if status == "partial" else "",
            task="deploy:hotfix" if is_hotfix else "deploy",
            artifact_digest=artifact,
            **payload,
        )
        started = moment - timedelta(minutes=minutes)
        one = Deployed(
            deployment_id, artifact, config, started, moment, status, is_flagged, is_hotfix, reason
        )  # fmt: skip
        history.append(one)
        live = [other for other in history if other.is_live]
        if live and chance.random() < 0.25:
            cause = chance.choice(live[-3:])
            began = moment + timedelta(minutes=chance.randrange(-20, 600))
            hours = chance.choice((None, 1, 5, 90))
            restored = None if hours is None else began + timedelta(hours=hours)
            estate.incident(service, began, restored, caused_by=cause.deployment_id)
            cause.incidents.append((began, restored))
    return history


def _kind(live: list[Deployed], place: int) -> tuple[str, int | None]:
    """Return the kind of a live deployment, and the place of what it went back to."""
    one, target = live[place], None
    if place:
        current = live[place - 1]
        is_same = one.artifact == current.artifact
        for earlier in range(place):
            other = live[earlier]
            fits = other.artifact == one.artifact
            if fits and (not is_same or other.config == one.config):
                target = earlier
        if is_same and (None in (one.config, current.config) or one.config == current.config):
            return "redeploy", None
    if one.is_flagged:
        return "rollback", target
    if target is not None and one.finished - live[target].finished <= timedelta(days=180):
        return "rollback", target
    return ("rework" if one.is_rework else "forward"), None


def _judge(history: list[Deployed]) -> None:
    """Decide kind, failure and recovery of every deployment of a history."""
    live = [one for one in history if one.is_live]
    for place, one in enumerate(live):
        one.kind, target = _kind(live, place)
        changes = [at for at in range(place) if live[at].kind in CHANGES]
        if one.kind == "rollback":
            if target is None:
                target = changes[-1] - 1 if changes else place
            undone = [at for at in changes if at > target and live[at].undone_by is None]
            for at_place in undone:
                live[at_place].undone_by = place
            if undone:
                named = [at for at in undone if live[at].incidents]
                blamed = (named or undone)[0]
                for at_place in undone:
                    live[at_place].blamed = blamed
                live[blamed].is_failed = True
                live[blamed].repairs.append(one.finished)
        elif one.kind == "rework" and one.is_fix and changes:
            before = live[changes[-1]]
            if one.finished - before.finished <= timedelta(days=14):
                cause = before if before.blamed is None else live[before.blamed]
                cause.is_failed = True
                cause.repairs.append(one.finished)
    for one in live:
        one.is_failed = one.kind in CHANGES and (one.is_failed or bool(one.incidents))


def _recovery_seconds(one: Deployed) -> float | None:
    """Return how long a failed deployment took to recover; None while it has not."""
    began = max(one.started, min([one.finished, *(began for began, _ in one.incidents)]))
    ends = [restored for _, restored in one.incidents]
    repaired = min(one.repairs, default=None)
    recovered: datetime | None
    if not ends:
        recovered = repaired
    elif repaired is not None and repaired <= min(began for began, _ in one.incidents):
        recovered = max([repaired, *(end for end in ends if end)])
    else:
        recovered = None if None in ends else max(end for end in ends if end)
    return None if recovered is None else max((recovered - began).total_seconds(), 0.0)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Published, list[Deployed]]:
    """Return one build with every history, and the same histories as judged here."""
    estate, histories = Estate(), []
    for number in range(SERVICES):
        service = estate.service(f"service-{number:02d}", team="all")
        histories.append(_history(estate, service, random.Random(number)))
    for history in histories:
        _judge(history)
    published = build_estate(
        tmp_path_factory.mktemp("oracle"),
        estate,
        "change_failure_rate",
        "rework_rate",
        "fct_deployments",
    )
    return published, [one for history in histories for one in history]


def test_kinds_failures_and_recoveries_are_those_of_a_plain_reading(
    judged: tuple[Published, list[Deployed]],
) -> None:
    published, deployments = judged
    facts = {row["deployment_id"]: row for row in published.rows("fct_deployments").to_dicts()}
    assert len(facts) == len(deployments) == SERVICES * LENGTH
    for one in deployments:
        fact = facts[one.deployment_id]
        assert fact["status"] == one.status
        assert fact["is_failed"] == one.is_failed, (one, fact["failure_evidence_detail"])
        assert fact["is_rolled_back"] == (one.undone_by is not None), one
        if one.is_live:
            assert fact["kind"] == one.kind, one
        if one.is_failed:
            seconds = None if fact["is_recovery_open"] else fact["recovery_seconds"]
            assert seconds == _recovery_seconds(one), one
    kinds = {one.kind for one in deployments if one.is_live}
    assert kinds == {"forward", "rework", "rollback", "redeploy"}
    assert sum(one.is_failed for one in deployments) > 40


def test_the_rates_are_counted_from_these_histories(
    judged: tuple[Published, list[Deployed]],
) -> None:
    published, deployments = judged
    live = [one for one in deployments if one.is_live]
    changes = [one for one in live if one.kind in CHANGES]
    expected = {
        "change_failure_rate": (sum(one.is_failed for one in changes), len(changes)),
        "rework_rate": (
            sum(one.kind in ("rework", "rollback") for one in live),
            sum(one.kind != "redeploy" for one in live),
        ),
    }
    for metric, counts in expected.items():
        row = published.window(
            metric, since=date(2024, 1, 1), until=date(2027, 1, 1), team_ids=["all"]
        ).row(0, named=True)
        assert (row["numerator"], row["denominator"]) == counts
