"""What the controls say of a deployment that has not happened yet, as values without a database.

The verdict of all rules together fails closed: a required control that cannot tell keeps the gate
shut, and old source data keeps it shut whatever the controls say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

REQUIRED, ADVISORY = "required", "advisory"
PASS, WARN, FAIL = "pass", "warn", "fail"
NO_DATA, INCONCLUSIVE = "no_data", "inconclusive"
NOT_APPLICABLE, EXEMPT = "not_applicable", "exempt"
# From what lets nothing through to what lets all through.
WORST_FIRST = (FAIL, NO_DATA, INCONCLUSIVE, WARN, EXEMPT, PASS, NOT_APPLICABLE)


class ExitCode(IntEnum):
    """How the command ends."""

    OPEN = 0
    SHUT = 1
    UNDECIDED = 3
    STALE = 4


@dataclass(frozen=True)
class Limit:
    """A threshold that a rule compares with, and who set it."""

    key: str
    value: float
    unit: str
    title: str
    source_tag: str
    source_ref: str
    owner: str


@dataclass(frozen=True)
class Rule:
    """One control's verdict on the candidate.

    Units: `data_read_at` is naive UTC: when the oldest source that it rests on was last read.
    """

    control_id: str
    title: str
    gate: str
    severity: str
    verdict: str
    underlying_verdict: str
    reason_code: str
    reason: str
    evidence: tuple[str, ...]
    value: float | None
    threshold: float | None
    limits: tuple[Limit, ...]
    exemption_id: str | None
    data_read_at: datetime | None

    @property
    def is_required(self) -> bool:
        """Whether the gate stays shut unless it passes."""
        return self.gate == REQUIRED


@dataclass(frozen=True)
class LateSource:
    """A source that was not read in time.

    Units: `last_read_at` is naive UTC, None where it was never read to its end; hours.
    """

    source: str
    last_read_at: datetime | None
    expected_hours: float


@dataclass(frozen=True)
class Candidate:
    """What would be deployed where and when; `at` is naive UTC."""

    service_id: str
    digest: str
    environment_id: str
    at: datetime
    commit_sha: str | None = None
    version: str | None = None
    tier: int | None = None


@dataclass(frozen=True)
class Judgement:
    """All rules on one candidate, by one build. `is_build_later`: no build of its time is kept."""

    candidate: Candidate
    build_id: str
    build_as_of: datetime
    rules: tuple[Rule, ...]
    late_sources: tuple[LateSource, ...]
    is_build_later: bool = False
    is_sample_data: bool = False

    @property
    def verdict(self) -> str:
        """Return the verdict of all rules together, stale sources left aside."""
        return together(self.rules)

    @property
    def exit_code(self) -> ExitCode:
        """Return how the command ends; old data is no ground for any verdict."""
        if self.late_sources:
            return ExitCode.STALE
        if self.verdict == FAIL:
            return ExitCode.SHUT
        return ExitCode.UNDECIDED if self.verdict in (NO_DATA, INCONCLUSIVE) else ExitCode.OPEN

    @property
    def shutting(self) -> tuple[Rule, ...]:
        """Return the required rules that keep the gate shut, the worst first."""
        shut = [rule for rule in self.rules if rule.is_required and _rank(rule.verdict) < 3]
        return tuple(sorted(shut, key=lambda rule: (_rank(rule.verdict), rule.control_id)))

    def counts(self) -> dict[str, int]:
        """Return how many rules have each verdict, the worst first."""
        told = [rule.verdict for rule in self.rules]
        return {verdict: told.count(verdict) for verdict in WORST_FIRST if verdict in told}


def together(rules: Sequence[Rule]) -> str:
    """Return one verdict for all rules: the worst required one; advisory ones can only warn.

    Without a required rule that binds, nothing was judged: no_data.
    """
    required = [known(rule.verdict) for rule in rules if rule.is_required]
    worst = min(required, key=_rank, default=NO_DATA)
    if worst == NOT_APPLICABLE:
        return NO_DATA
    if worst in (PASS, EXEMPT) and any(
        _rank(rule.verdict) < _rank(EXEMPT) for rule in rules if not rule.is_required
    ):
        return WARN
    return PASS if worst == EXEMPT else worst


def known(verdict: str) -> str:
    """Return a verdict as it is; a word that nobody knows is a failure."""
    return verdict if verdict in WORST_FIRST else FAIL


def lateness(sources: Sequence[Mapping[str, object]], *, at: datetime) -> tuple[LateSource, ...]:
    """Return the sources that were not read within their time at an instant, by name.

    `sources`: one row per source: source, last_success_at, expected_lag_seconds.
    """
    late = []
    for row in sources:
        read_at, allowed = row["last_success_at"], row["expected_lag_seconds"]
        assert isinstance(allowed, float | int)
        is_late = not isinstance(read_at, datetime) or (at - read_at).total_seconds() > allowed
        if is_late:
            last = read_at if isinstance(read_at, datetime) else None
            late.append(LateSource(str(row["source"]), last, float(allowed) / 3600))
    return tuple(sorted(late, key=lambda one: one.source))


def _rank(verdict: str) -> int:
    """Return how bad a verdict is, 0 the worst."""
    return WORST_FIRST.index(known(verdict))
