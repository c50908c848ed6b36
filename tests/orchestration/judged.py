"""A published estate and what people said about its deployments and incidents afterwards."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.commands import verdict as command
from orchestration.commands.verdict import Cause
from orchestration.run import Context, build_and_publish
from orchestration.settings import Environment
from tests.transforms.conftest import read_built
from tests.transforms.estate import Estate, at
from transforms.decisions import append_decision, attribution_subject, verdict_subject
from transforms.home import Home
from transforms.published import Published, open_published

READ_AT = datetime(2026, 5, 1, tzinfo=UTC)
GIVEN_AT = READ_AT + timedelta(hours=1)
KNOWN = "known"
JUDGED = (KNOWN, "acquitted", "convicted", "blamed", "revoked", "replaced", "two")
ATTRIBUTED = ("plain", "confirmed", "moved", "rejected", "cleared", "both", "retracted", "folded")
FUZZED = ("one", "two-fold", "three")
ROUNDS = 300
READ_OF_IT = (
    "fct_deployments", "deployment_failures", "deployment_incidents", "verdicts",
    "attribution_verdicts", "change_failure_rate",
)  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """What was published before people spoke, what is built after, and as of before they did.

    One verdict, on `KNOWN`, is in the published build already.
    `ids` are those of services' incidents by the service, of deployments by service and day.
    """

    context: Context
    ids: dict[str, str]
    before: Published
    after: Published
    earlier: Published


def judged_world(root: Path) -> Judged:
    """Write the estate, publish it, let people judge, and build what their words change."""
    home, estate = Home(root=root), Estate()
    ids = _deployments_that_people_judge(estate) | _incidents_that_people_judge(estate)
    estate.write(home.lake, read_at=READ_AT)
    append_decision(
        home.lake,
        kind="verdict",
        subject=verdict_subject(ids[f"{KNOWN}-4"]),
        verdict="failed",
        reason="Seen by users",
        who="ada@example.org",
        decided_at=READ_AT - timedelta(hours=1),
    )
    context = Context(home=home, environment=Environment(), clock=lambda: READ_AT)
    build_and_publish(context)
    before = open_published(home)
    context = replace(context, clock=lambda: GIVEN_AT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "open_context", opened(context))
        _judge_deployments(ids)
        _judge_incidents(ids)
    _judge_at_random(home, ids)
    return Judged(
        context=context,
        ids=ids,
        before=before,
        after=read_built(home, *READ_OF_IT, read_at=GIVEN_AT),
        earlier=read_built(
            home, *READ_OF_IT, read_at=GIVEN_AT, as_of=GIVEN_AT - timedelta(seconds=1)
        ),
    )


def opened(context: Context) -> Callable[[], Context]:
    """Return what a command opens instead of the context of this machine."""
    return lambda: context


def judge_deployment(deployment: str, *, is_failed: bool, incidents: tuple[str, ...] = ()) -> None:
    """Say whether a deployment failed, as `leadline verdict add` does."""
    command.add(
        f"deployment:{deployment}",
        is_failed=is_failed,
        incidents=incidents,
        reason="Seen by users",
        who="ada@example.org",
        is_unchecked=False,
    )


def judge_incident(subject: str, reason: str = "Seen in the logs", **cause: str | bool) -> None:
    """Say what caused an incident, as `leadline verdict add` does."""
    command.add(
        subject,
        cause=Cause(**cause),  # type: ignore[arg-type]
        reason=reason,
        who="ada@example.org",
        is_unchecked=False,
    )


def failed_versions(published: Published, service: str) -> list[str]:
    """Return the versions of a service whose deployments failed, in order of their starts."""
    rows = published.rows(
        "fct_deployments", filters={"service_id": service, "is_failed": True}, order="started_at"
    )
    return rows["version"].to_list()


def _deployments_that_people_judge(estate: Estate) -> dict[str, str]:
    """Let each service go back from V3 to V1, which the records call a failure of V2."""
    ids = {}
    for service in JUDGED:
        estate.service(service)
        for version, day in (("V1", 2), ("V2", 3), ("V3", 4), ("V1", 5)):
            if service == "convicted" and day == 5:
                continue
            ids[f"{service}-{day}"] = estate.deploy(
                service,
                estate.commit(service, at(f"2026-02-0{day} 08:00")),
                at(f"2026-02-0{day} 10:00"),
                artifact_digest=f"{service}-{version}",
                version=version,
            )
        ids[service] = estate.incident(
            service,
            at("2026-02-04 12:00"),
            at("2026-02-04 13:00"),
            caused_by=ids["two-2"] if service == "two" else "",
        )
    return ids


def _incidents_that_people_judge(estate: Estate) -> dict[str, str]:
    """Give services three deployments each and one incident that names the second."""
    ids = {}
    for service in (*ATTRIBUTED, *FUZZED):
        estate.service(service)
        for day in (2, 3, 4):
            ids[f"{service}-{day}"] = estate.deploy(
                service,
                estate.commit(service, at(f"2026-02-0{day} 08:00")),
                at(f"2026-02-0{day} 10:00"),
                version=f"V{day}",
            )
        ids[service] = estate.incident(
            service,
            at("2026-02-04 12:00"),
            at("2026-02-04 13:00"),
            caused_by="" if service in ("confirmed", "folded", *FUZZED) else ids[f"{service}-3"],
        )
    ids["copy"] = estate.incident(
        "folded", at("2026-02-04 12:10"), at("2026-02-04 13:00"), parent=ids["folded"]
    )
    return ids


def _judge_deployments(ids: dict[str, str]) -> None:
    judge_deployment(ids["acquitted-3"], is_failed=False)
    judge_deployment(ids["convicted-4"], is_failed=True)
    judge_deployment(ids["blamed-4"], is_failed=True, incidents=(ids["blamed"],))
    judge_deployment(ids["revoked-3"], is_failed=False)
    command.withdraw("verdict-5", reason="Was another one", who="Bob")
    judge_deployment(ids["replaced-3"], is_failed=False)
    judge_deployment(ids["replaced-3"], is_failed=True)
    for day in (3, 4):
        judge_deployment(ids[f"two-{day}"], is_failed=True, incidents=(ids["two"],))


def _judge_incidents(ids: dict[str, str]) -> None:
    judge_incident(f"incident:{ids['confirmed']}", caused_by=f"deployment:{ids['confirmed-4']}")
    judge_incident(f"incident:{ids['moved']}", caused_by=f"deployment:{ids['moved-4']}")
    judge_incident(f"incident:{ids['rejected']}", not_caused_by=f"deployment:{ids['rejected-3']}")
    judge_incident(f"incident:{ids['cleared']}", "The provider failed", is_no_deployment=True)
    for day in (3, 4):
        judge_incident(f"incident:{ids['both']}", caused_by=f"deployment:{ids[f'both-{day}']}")
    judge_incident(f"incident:{ids['retracted']}", is_no_deployment=True)
    command.withdraw("attribution-17", reason="It was one after all", who="Bob")
    judge_incident(f"incident:{ids['copy']}", caused_by=f"deployment:{ids['folded-4']}")


def _judge_at_random(home: Home, ids: dict[str, str]) -> None:
    """Say hundreds of contradicting things about the fuzzed services."""
    draw = random.Random(7)
    incidents = [ids[name] for name in FUZZED]
    deployments = [ids[f"{name}-{day}"] for name in FUZZED for day in (3, 4)]
    for _ in range(ROUNDS):
        incident, deployment = draw.choice(incidents), draw.choice(deployments)
        of_pair = attribution_subject(incident, deployment)
        of_none = attribution_subject(incident, None)
        kind, subject, says = draw.choice(
            [
                ("verdict", verdict_subject(deployment), ("failed", "not_failed", "withdrawn")),
                *[("attribution", of_pair, ("confirmed", "rejected", "withdrawn"))] * 3,
                ("attribution", of_none, ("no_deployment", "no_deployment", "withdrawn")),
            ]
        )
        verdict = draw.choice(says)
        append_decision(
            home.lake,
            kind=kind,
            subject=subject,
            verdict=verdict,
            reason="x",
            who="ada@example.org",
            # some at one instant: then the order in the file decides
            decided_at=GIVEN_AT - timedelta(seconds=draw.randrange(-60, 0)),
            incident_ids=draw.sample(incidents, draw.randrange(3)) if verdict == "failed" else (),
        )
