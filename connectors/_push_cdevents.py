"""Say what a CDEvent lacks: the fields that the specification requires, by type and version.

Source: https://github.com/cdevents/spec/tree/v0.5.1/schemas, read November 2026. An event of a
version that is not listed is held to the fields that every event must have, and so is one of a
type of somebody's own (dev.cdeventsx).
"""

import re
from datetime import datetime
from typing import Any

TYPE = re.compile(
    r"dev\.cdevents(?P<custom>x)?\.(?P<name>[a-z0-9-]+\.[a-z0-9]+)\.(?P<version>\d+\.\d+\.\d+.*)"
)
CONTEXT = ("id", "source", "type", "timestamp")
# Below subject.content; what follows "?" is required only where what stands before is there.
_TEST_CASE = "environment.id testSuiteRun?.id testCase?.id"
REQUIRED = {
    "artifact.packaged@0.3": "change.id sbom?.uri",
    "artifact.published@0.3": "sbom?.uri",
    "artifact.signed@0.3": "signature",
    "branch.created@0.3": "repository?.id",
    "branch.deleted@0.3": "repository?.id",
    "change.abandoned@0.3": "repository?.id",
    "change.created@0.4": "repository?.id",
    "change.merged@0.3": "repository?.id",
    "change.reviewed@0.3": "repository?.id",
    "change.updated@0.3": "repository?.id",
    "incident.detected@0.3": "environment.id service?.id",
    "incident.reported@0.3": "environment.id ticketURI service?.id",
    "incident.resolved@0.3": "environment.id service?.id",
    "pipelinerun.started@0.3": "pipelineName uri",
    "repository.created@0.3": "name uri",
    "service.deployed@0.3": "environment.id artifactId",
    "service.published@0.3": "environment?.id",
    "service.removed@0.3": "environment?.id",
    "service.rolledback@0.3": "environment.id artifactId",
    "service.upgraded@0.3": "environment.id artifactId",
    "taskrun.finished@0.3": "pipelineRun?.id",
    "taskrun.started@0.3": "pipelineRun?.id",
    "testcaserun.finished@0.3": f"outcome {_TEST_CASE}",
    "testcaserun.queued@0.3": _TEST_CASE,
    "testcaserun.skipped@0.2": "environment?.id testSuiteRun?.id testCase?.id",
    "testcaserun.started@0.3": _TEST_CASE,
    "testoutput.published@0.3": "outputType format testCaseRun?.id",
    "testsuiterun.finished@0.3": "outcome environment.id testSuite?.id",
    "testsuiterun.queued@0.3": "environment.id testSuite?.id",
    "testsuiterun.started@0.3": "environment.id testSuite?.id",
    "ticket.closed@0.2": "uri resolution",
    "ticket.created@0.2": "summary creator uri",
    "ticket.updated@0.2": "uri",
}


def fault_of(event: Any) -> str | None:
    """Return the first thing that keeps a record from being a CDEvent, or None."""
    context = event.get("context") if isinstance(event, dict) else None
    if not isinstance(context, dict):
        return "context is missing"
    if not (_is_text(context.get("specversion")) or _is_text(context.get("version"))):
        return "context.specversion is missing"
    missing = [name for name in CONTEXT if not _is_text(context.get(name))]
    if missing:
        return f"context.{missing[0]} is missing"
    found = TYPE.fullmatch(context["type"])
    if not found:
        return "context.type is no type of CDEvents (dev.cdevents.<subject>.<predicate>.<version>)"
    if not _is_instant(context["timestamp"]):
        return "context.timestamp is no instant with its zone"
    subject = event.get("subject")
    if not isinstance(subject, dict):
        return "subject is missing"
    if not _is_text(subject.get("id")):
        return "subject.id is missing"
    content = subject.get("content")
    if not isinstance(content, dict):
        return "subject.content is missing"
    if found["custom"]:
        return None
    known = f"{found['name']}@{'.'.join(found['version'].split('.')[:2])}"
    faults = (_content_fault(content, path) for path in REQUIRED.get(known, "").split())
    return next((fault for fault in faults if fault), None)


def _content_fault(content: dict[str, Any], path: str) -> str | None:
    at: Any = content
    reached = "subject.content"
    for step in path.split("."):
        name = step.removesuffix("?")
        reached = f"{reached}.{name}"
        at = at.get(name) if isinstance(at, dict) else None
        if at is None and step.endswith("?"):
            return None
        if at in (None, ""):
            return f"{reached} is missing"
    return None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
