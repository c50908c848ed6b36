"""How GitHub shows the company's workflow runs and deployments at an instant.

Source: https://docs.github.com/rest (API version 2022-11-28).
"""

import orjson

from data.sandbox.company import EMAIL_DOMAIN
from data.sandbox.draw import hexadecimal
from data.sandbox.github_shapes import (
    API,
    FIRST_REPOSITORY_ID,
    HTML,
    node_id,
    person_fragment,
)
from data.sandbox.model import Deployment, Job, Run
from data.sandbox.versions import Body, iso

WORKFLOWS = {"deploy": "Deploy", "ci": "CI"}


def deployment(item: Deployment, at: int) -> Body:
    """Return a deployment; its `updated_at` moves with every status."""
    url = f"{API}/repos/{item.service.repository}"
    own, is_production = f"{url}/deployments/{item.source_id}", item.environment == "production"
    payload: dict[str, object] = {
        "version": item.version,
        "artifact_digest": item.digest,
        "strategy": item.strategy,
        "is_rollback": item.is_rollback_flagged,
        "config_hash": item.config_hash,
    }
    if item.run is not None:
        payload["run_id"] = item.run.source_id
    if item.change_request is not None and item.names_change_request:
        payload["change_request"] = f"CHG{item.change_request.number:07d}"
    return {
        "url": own,
        "id": item.source_id,
        "node_id": node_id("Deployment", item.source_id),
        "sha": item.sha,
        "ref": item.ref,
        "task": item.task,
        "payload": payload,
        "original_environment": item.environment,
        "environment": item.environment,
        "description": f"{item.service.name} {item.version}",
        "creator": person_fragment(item.creator),
        "created_at": iso(item.created_at),
        "updated_at": iso(at),
        "statuses_url": f"{own}/statuses",
        "repository_url": url,
        "transient_environment": False,
        "production_environment": is_production,
        "performed_via_github_app": None,
    }


def deployment_status(of: Deployment, place: int) -> Body:
    """Return one status of a deployment."""
    at, state, text = of.statuses[place]
    url = f"{API}/repos/{of.service.repository}"
    own, number = f"{url}/deployments/{of.source_id}", 4_600_000_000 + 10 * of.source_id + place
    log = (
        "" if of.run is None else f"{HTML}/{of.service.repository}/actions/runs/{of.run.source_id}"
    )
    return {
        "url": f"{own}/statuses/{number}",
        "id": number,
        "node_id": node_id("DeploymentStatus", number),
        "state": state,
        "creator": person_fragment(of.creator),
        "description": text,
        "environment": of.environment,
        "target_url": log,
        "created_at": iso(at),
        "updated_at": iso(at),
        "deployment_url": own,
        "repository_url": url,
        "environment_url": f"https://{of.service.service_id}.{of.environment}.{EMAIL_DOMAIN}",
        "log_url": log,
        "performed_via_github_app": None,
    }


def run_times(item: Run) -> list[int | None]:
    """Return the instants at which the run's record changed."""
    ends: list[int | None] = [time for attempt in item.attempts for time in attempt[:2]]
    return [item.created_at, *ends]


def workflow_run(item: Run, repository: orjson.Fragment, at: int) -> Body:
    """Return a run as it looks at an instant: only its last attempt is listed."""
    url = f"{API}/repos/{item.service.repository}"
    own = f"{url}/actions/runs/{item.source_id}"
    begun = [n for n, attempt in enumerate(item.attempts, start=1) if attempt[0] <= at]
    attempt = begun[-1] if begun else 1
    started, completed, conclusion = item.attempts[attempt - 1]
    is_done = completed <= at
    workflow_id = 30_000_000 + 2 * item.service.index + (item.workflow == "ci")
    suite = item.source_id + 17_000_000_000
    actor = person_fragment(item.actor)
    number = FIRST_REPOSITORY_ID + item.service.index
    who = {"name": item.actor.name, "email": item.actor.email}
    return {
        "id": item.source_id,
        "name": WORKFLOWS[item.workflow],
        "node_id": node_id("WorkflowRun", item.source_id),
        "head_branch": item.branch,
        "head_sha": item.sha,
        "path": f".github/workflows/{item.workflow}.yml",
        "display_title": item.title,
        "run_number": item.number,
        "event": item.event,
        "status": "completed" if is_done else "in_progress",
        "conclusion": conclusion if is_done else None,
        "workflow_id": workflow_id,
        "check_suite_id": suite,
        "check_suite_node_id": node_id("CheckSuite", suite),
        "url": own,
        "html_url": f"{HTML}/{item.service.repository}/actions/runs/{item.source_id}",
        "pull_requests": [],
        "created_at": iso(item.created_at),
        "updated_at": iso(at),
        "actor": actor,
        "run_attempt": attempt,
        "referenced_workflows": [],
        "run_started_at": iso(started),
        "triggering_actor": actor,
        "jobs_url": f"{own}/jobs",
        "logs_url": f"{own}/logs",
        "check_suite_url": f"{url}/check-suites/{suite}",
        "artifacts_url": f"{own}/artifacts",
        "cancel_url": f"{own}/cancel",
        "rerun_url": f"{own}/rerun",
        "previous_attempt_url": f"{own}/attempts/{attempt - 1}" if attempt > 1 else None,
        "workflow_url": f"{url}/actions/workflows/{workflow_id}",
        "head_commit": {
            "id": item.sha,
            "tree_id": hexadecimal(40, item.sha, "tree"),
            "message": item.title,
            "timestamp": iso(item.created_at),
            "author": who,
            "committer": who,
        },
        "repository": repository,
        "head_repository": repository,
        "head_repository_id": number,
    }


def job(item: Job, of: Run, at: int) -> Body:
    """Return a job as it looks at an instant."""
    url, is_done = f"{API}/repos/{of.service.repository}", item.completed_at <= at
    html = f"{HTML}/{of.service.repository}/actions/runs/{of.source_id}/job/{item.source_id}"
    state = "completed" if is_done else "in_progress"
    verdict, completed = (item.conclusion, iso(item.completed_at)) if is_done else (None, None)
    return {
        "id": item.source_id,
        "run_id": of.source_id,
        "workflow_name": WORKFLOWS[of.workflow],
        "head_branch": of.branch,
        "run_url": f"{url}/actions/runs/{of.source_id}",
        "run_attempt": item.attempt,
        "node_id": node_id("CheckRun", item.source_id),
        "head_sha": of.sha,
        "url": f"{url}/actions/jobs/{item.source_id}",
        "html_url": html,
        "status": state,
        "conclusion": verdict,
        "created_at": iso(item.started_at - 4),
        "started_at": iso(item.started_at),
        "completed_at": completed,
        "name": item.name,
        "steps": [
            {
                "name": item.name,
                "status": state,
                "conclusion": verdict,
                "number": 1,
                "started_at": iso(item.started_at),
                "completed_at": completed,
            }
        ],
        "check_run_url": f"{url}/check-runs/{item.source_id}",
        "labels": ["self-hosted", "linux"],
        "runner_id": 100 + item.source_id % 12,
        "runner_name": f"runner-{item.source_id % 12:02d}",
        "runner_group_id": 1,
        "runner_group_name": "Default",
    }
