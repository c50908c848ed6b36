"""What happened in the sample company: plain records with instants as epoch seconds.

These are the true events. How a system of record shows them at some instant is the business of
the `render_*` modules.
"""

from dataclasses import dataclass, field

from data.sandbox.company import Service


@dataclass(frozen=True)
class Person:
    """Someone (or a bot) with an account on every system."""

    index: int
    name: str
    login: str
    email: str
    team_id: str
    is_bot: bool = False


@dataclass(slots=True)
class Commit:
    """One commit; `listed_at` is when the default branch first contained it (None: never)."""

    sha: str
    parents: tuple[str, ...]
    kind: str
    subject: str
    author: Person
    authored_at: int
    committed_at: int
    body: str = ""
    listed_at: int | None = None
    pull: "Pull | None" = None
    has_account: bool = True

    @property
    def message(self) -> str:
        """Return the message as git holds it, pull request number included."""
        head = self.subject
        if self.pull is not None and self.kind == "squash":
            head = f"{self.pull.title} (#{self.pull.number})"
        if self.pull is not None and self.kind == "merge":
            head = (
                f"Merge pull request #{self.pull.number} from {self.pull.owner}/{self.pull.branch}"
            )
        return f"{head}\n\n{self.body}" if self.body else head


@dataclass(slots=True)
class Review:
    """One review of a pull request."""

    reviewer: Person
    state: str
    submitted_at: int
    commit_sha: str
    source_id: int = 0


@dataclass(slots=True)
class Pull:
    """One pull request, its original commits and its reviews."""

    service: Service
    title: str
    branch: str
    author: Person
    created_at: int
    owner: str
    commits: list[Commit] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    ready_at: int | None = None
    merged_at: int | None = None
    closed_at: int | None = None
    edited_at: int | None = None
    merge_sha: str | None = None
    base_sha: str = ""
    body: str = ""
    number: int = 0
    source_id: int = 0
    labels: tuple[str, ...] = ()


@dataclass(slots=True)
class Job:
    """One job of a workflow run's attempt."""

    name: str
    started_at: int
    completed_at: int
    conclusion: str
    attempt: int = 1
    source_id: int = 0


@dataclass(slots=True)
class Run:
    """One workflow run; `attempts` holds (started_at, completed_at, conclusion) of each."""

    service: Service
    workflow: str
    event: str
    branch: str
    sha: str
    title: str
    actor: Person
    created_at: int
    attempts: list[tuple[int, int, str]] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    source_id: int = 0
    number: int = 0
    flaky: tuple[str, ...] = ()


@dataclass(slots=True)
class Deployment:
    """One deployment to one environment with the statuses that it went through."""

    service: Service
    environment: str
    sha: str
    ref: str
    task: str
    version: str
    digest: str
    strategy: str
    creator: Person
    created_at: int
    finished_at: int
    outcome: str
    statuses: list[tuple[int, str, str]] = field(default_factory=list)
    run: Run | None = None
    is_rollback_flagged: bool = False
    config_hash: str = ""
    kind: str = "forward"
    reached: bool = True
    is_failed: bool = False
    pulls: list[Pull] = field(default_factory=list)
    change_request: "ChangeRequest | None" = None
    names_change_request: bool = True
    source_id: int = 0


@dataclass(slots=True)
class Release:
    """One published release of a repository."""

    service: Service
    tag: str
    sha: str
    author: Person
    published_at: int
    notes: str
    source_id: int = 0


@dataclass(slots=True)
class Incident:
    """One incident with its true course, whoever recorded it."""

    service: Service
    title: str
    cause: str
    impact_started_at: int
    detected_at: int
    acknowledged_at: int | None
    restored_at: int | None
    severity: int
    first_severity: int
    deployment: Deployment | None = None
    parent: "Incident | None" = None
    is_false_alarm: bool = False
    is_duplicate: bool = False
    reopened: tuple[int, int] | None = None
    remedy: str = "mitigated"
    is_linked: bool = False
    linked_at: int = 0
    impact_corrected_at: int | None = None
    severity_corrected_at: int | None = None
    closed_at: int | None = None
    in_servicenow: bool = True
    in_pagerduty: bool = True
    handler: Person | None = None
    number: int = 0
    servicenow_id: str = ""
    pagerduty_id: str = ""


@dataclass(slots=True)
class ChangeRequest:
    """One change request with its approvals and planned window."""

    service: Service
    kind: str
    summary: str
    risk: str
    requested_by: Person
    assigned_to: Person
    created_at: int
    planned_start_at: int
    planned_end_at: int
    work_start_at: int | None
    work_end_at: int | None
    closed_at: int | None
    close_code: str
    deployment: Deployment | None = None
    names_deployment: bool = True
    is_cancelled: bool = False
    approvals: list["Approval"] = field(default_factory=list)
    number: int = 0
    sys_id: str = ""


@dataclass(slots=True)
class Approval:
    """One approver's answer; `decided_at` None means that nobody ever answered."""

    approver: Person
    requested_at: int
    decided_at: int | None
    decision: str
    sys_id: str = ""


@dataclass(slots=True)
class History:
    """All true events of the company in the order they were drawn."""

    people: list[Person] = field(default_factory=list)
    commits: dict[str, list[Commit]] = field(default_factory=dict)
    pulls: list[Pull] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    change_requests: list[ChangeRequest] = field(default_factory=list)
