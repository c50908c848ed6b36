"""The candidate: what stands in the work file, from what it was made, and how its tests ended."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from orchestration.audit import AuditResult
from orchestration.errors import NotPublished
from orchestration.journal import format_instant, parse_instant
from orchestration.publish import Origin
from transforms.home import Home


@dataclass(frozen=True)
class Candidate:
    """A finished build of the models that is not yet audited or published."""

    origin: Origin
    tests: tuple[AuditResult, ...]


def as_of_home(home: Home) -> Home:
    """Return the place of the work files of builds for a past instant."""
    return Home(root=home.work / "as_of")


def write_candidate(work: Home, *, origin: Origin, tests: Sequence[AuditResult]) -> Candidate:
    """Record that the work file of `work` holds a finished build."""
    fields = asdict(origin) | {"as_of": format_instant(origin.as_of)}
    content = {"origin": fields, "tests": [asdict(test) for test in tests]}
    aside = _file(work).with_suffix(".tmp")
    aside.write_text(json.dumps(content), encoding="utf-8")
    aside.replace(_file(work))
    return Candidate(origin=origin, tests=tuple(tests))


def forget_candidate(work: Home) -> None:
    """Record that the work file of `work` is being changed."""
    _file(work).unlink(missing_ok=True)


def read_candidate(work: Home) -> Candidate:
    """Return the finished build of `work`.

    Errors: NotPublished when the last build did not finish.
    """
    try:
        content = json.loads(_file(work).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as exc:
        raise NotPublished("There is no finished build to publish; run `leadline build`.") from exc
    origin = dict(content["origin"])
    as_of: datetime = parse_instant(origin.pop("as_of"))
    return Candidate(
        origin=Origin(as_of=as_of, **origin),
        tests=tuple(AuditResult(**test) for test in content["tests"]),
    )


def _file(work: Home) -> Path:
    return work.work / "candidate.json"
