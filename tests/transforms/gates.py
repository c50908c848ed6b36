"""Estates with gates: runs of pipelines with jobs, and a policy that requires some of them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from tests.transforms.estate import Estate, at

GATES = ("unit", "sast", "sca", "image-sign", "e2e")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
STARTS = {number: at(f"2026-04-{number + 1:02d} 10:00") for number in range(1, 7)}


def digest(letter: str) -> str:
    """Return a digest that is one letter throughout."""
    return "sha256:" + letter * 64


def require_gates(estate: Estate, *gates: str, **settings: object) -> None:
    """Require gates that are jobs of their name."""
    for gate in gates:
        estate.policy("required_gates", gate, {"jobs": gate, **settings})


def run(
    estate: Estate,
    service: str,
    sha: str,
    jobs: Mapping[str, tuple[str, datetime]],
    *,
    conclusion: str = "success",
    attempt: int = 1,
) -> int:
    """Add a pipeline run of a commit with jobs by name: conclusion and end; return its number."""
    number, repository = estate.number(), f"acme/{service}"
    ended = max(end for _, end in jobs.values())
    estate.add(
        "github",
        "workflow_runs",
        {
            "id": number,
            "name": "CI",
            "head_sha": sha,
            "status": "completed",
            "conclusion": conclusion,
            "run_attempt": attempt,
            "created_at": _iso(ended - 10 * MINUTE),
            "run_started_at": _iso(ended - 10 * MINUTE),
            "updated_at": _iso(ended),
        },
        repository=repository,
    )
    for name, (how, end) in jobs.items():
        estate.job(service, number, name, end, conclusion=how, attempt=attempt)
    return number


def _iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def six_deployments(estate: Estate) -> dict[int, str]:
    """Add six deployments; of the second sast fails softly, of the fifth e2e ends too late."""
    estate.service("pay", team="payments")
    next(one for one in estate.catalogue if one.get("service_id") == "pay")["tier"] = 1
    require_gates(estate, *GATES, tiers=[1, 2], covers=["functional"])
    made = {}
    for number, start in STARTS.items():
        sha = estate.commit("pay", start - 5 * HOUR)
        jobs = dict.fromkeys(GATES, ("success", start - HOUR))
        if number == 2:
            jobs["sast"] = ("failure", start - HOUR)
        if number == 5:
            jobs["e2e"] = ("success", start + timedelta(minutes=3))
        run(estate, "pay", sha, jobs)
        made[number] = estate.deploy(
            "pay", sha, start + HOUR, minutes=60, artifact_digest=digest(str(number))
        )
    tried = estate.commit("pay", at("2026-04-01 08:00"))
    run(estate, "pay", tried, {gate: ("success", at("2026-04-01 09:00")) for gate in GATES[:2]})
    estate.deploy("pay", tried, at("2026-04-01 10:00"), environment="staging")
    _failure(estate, made[1])
    return made


def _failure(estate: Estate, deployment: str) -> None:
    """Let a deployment fail, with a review that names the class of its cause."""
    estate.incident("pay", STARTS[1] + 2 * HOUR, STARTS[1] + 3 * HOUR, caused_by=deployment)
    estate.row(
        "review_records",
        id="PIR-1",
        kind="post_implementation",
        subject_type="deployment",
        subject_id=deployment,
    )
    estate.row("action_items", id="ACT-1", review="PIR-1", cause="functional")
