"""Estates with gates: runs of pipelines with jobs, and a policy that requires some of them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from tests.transforms.estate import Estate

GATES = ("unit", "sast", "sca", "image-sign", "e2e")
MINUTE = timedelta(minutes=1)


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
