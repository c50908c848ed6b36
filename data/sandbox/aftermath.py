"""What follows a bad deployment: incidents, rollbacks, hotfixes and reverts."""

from data.sandbox.branches import Repository
from data.sandbox.company import Habits, Service
from data.sandbox.draw import Draw
from data.sandbox.model import Commit, Deployment, Incident, Person
from data.sandbox.phrases import symptom
from data.sandbox.pipeline import Pipeline
from data.sandbox.worktime import DAY, HOUR

_MINUTE = 60
_SEVERITY = {
    1: (0.16, 0.42, 0.3, 0.1, 0.02),
    2: (0.07, 0.35, 0.4, 0.15, 0.03),
    3: (0.02, 0.2, 0.45, 0.25, 0.08),
    4: (0.0, 0.1, 0.4, 0.35, 0.15),
}


def new_incident(
    service: Service,
    draw: Draw,
    *,
    title: str,
    cause: str,
    started_at: int,
    restored_at: int | None,
    handler: Person,
) -> Incident:
    """Return an incident with detection, acknowledgement, severity and later corrections."""
    severity = 1 + draw.weighted(_SEVERITY[service.tier])
    detected = started_at + int(draw.around(7 * _MINUTE, 0.8))
    acknowledged: int | None = detected + int(draw.around(6 * _MINUTE, 0.9))
    if restored_at is not None:
        detected = min(detected, started_at + (restored_at - started_at) // 3)
        acknowledged = min(detected + int(draw.around(6 * _MINUTE, 0.9)), restored_at - 30)
    incident = Incident(
        service=service,
        title=title,
        cause=cause,
        impact_started_at=started_at,
        detected_at=detected,
        acknowledged_at=acknowledged,
        restored_at=restored_at,
        severity=severity,
        first_severity=severity,
        handler=handler,
        in_pagerduty=draw.chance(0.92 if severity <= 3 else 0.45),
    )
    incident.in_servicenow = not incident.in_pagerduty or draw.chance(0.88)
    if draw.chance(0.25):
        incident.first_severity = min(5, max(1, severity + draw.pick((-1, 1))))
        incident.severity_corrected_at = detected + int(draw.between(1, 30) * HOUR)
    if draw.chance(0.6):
        incident.impact_corrected_at = detected + int(draw.between(0.3, 6) * DAY)
    if restored_at is not None:
        incident.closed_at = restored_at + int(draw.between(1, 6) * DAY)
    return incident


class Aftermath:
    """Draws the consequences of one service's bad deployments."""

    def __init__(self, service: Service, *, repository: Repository, pipeline: Pipeline) -> None:
        """Share the service's repository, pipeline and random draws."""
        self.service, self.repository, self.pipeline = service, repository, pipeline
        self.draw = repository.draw
        self.incidents: list[Incident] = []

    def fail(self, deployment: Deployment, habits: Habits) -> int:
        """Let the deployment cause an incident; return when the repair is over."""
        draw = self.draw
        exposed = int(0.6 * (deployment.finished_at - deployment.created_at))
        delay = min(draw.waiting(50 * _MINUTE), 20 * HOUR)
        started = deployment.created_at + exposed + int(delay)
        lasting = max(9 * _MINUTE, draw.around(habits.recovery_hours * HOUR, 0.75))
        restored = started + int(lasting)
        deployment.is_failed = True
        incident = new_incident(
            self.service,
            draw,
            title=symptom(draw, self.service.name),
            cause="deployment",
            started_at=started,
            restored_at=restored,
            handler=draw.pick(self.repository.team),
        )
        incident.deployment = deployment
        self.incidents.append(incident)
        remedy = draw.weighted((0.47, 0.25, 0.18, 0.1))
        if remedy == 0 and self.pipeline.previous_artifact() is None:
            remedy = 1
        incident.remedy = ("rollback", "hotfix", "revert", "mitigated")[remedy]
        repaired = self._repair(deployment, incident, restored)
        return max(restored, repaired) + HOUR

    def _repair(self, deployment: Deployment, incident: Incident, restored: int) -> int:
        if incident.remedy == "rollback":
            return self._roll_back(restored - int(self.draw.between(2, 8) * _MINUTE))
        if incident.remedy == "hotfix":
            return self._hotfix(incident, restored)
        if incident.remedy == "revert":
            return self._revert(incident, deployment, restored)
        return restored

    def _roll_back(self, at: int) -> int:
        artifact = self.pipeline.previous_artifact()
        if artifact is None:
            return at
        at = max(at, self.pipeline.live[-1][1].finished_at + 90)
        run = self.pipeline.open_run(artifact, at - 20, event="workflow_dispatch")
        run.jobs.clear()
        rollback = self.pipeline.deploy(artifact, at, run=run, kind="rollback")
        self.pipeline.close_run(run)
        return rollback.finished_at

    def roll_back_quietly(self, deployment: Deployment) -> int:
        """Roll back on a hunch, before anybody opened an incident."""
        if self.pipeline.previous_artifact() is None:
            return deployment.finished_at
        deployment.is_failed = True
        return self._roll_back(deployment.finished_at + int(self.draw.between(5, 40) * _MINUTE))

    def undo_partial(self, partial: Deployment, current: Deployment | None) -> int:
        """Put the old version back on the instances that a partial deployment had changed."""
        partial.is_failed = True
        at = partial.finished_at + int(self.draw.between(3, 25) * _MINUTE)
        artifact = self.pipeline.live[-1][0]
        run = self.pipeline.open_run(artifact, at - 20, event="workflow_dispatch")
        run.jobs.clear()
        undone = self.pipeline.deploy(artifact, at, run=run, kind="rollback")
        self.pipeline.close_run(run)
        return max(undone.finished_at, current.finished_at if current else 0)

    def _hotfix(self, incident: Incident, restored: int) -> int:
        draw, repository = self.draw, self.repository
        base = self.pipeline.live[-1][0].commit
        window = max(restored - incident.detected_at, 8 * _MINUTE)
        written = max(incident.detected_at, base.committed_at) + int(
            window * draw.between(0.2, 0.5)
        )
        title = f"Hotfix: {incident.title.split(': ')[-1]}"
        count = 1 + int(draw.chance(0.3))
        pull = repository.urgent(base, written, title=title, prefix="hotfix", count=count)
        tip = pull.commits[-1]
        artifact = self.pipeline.build(tip, is_patch=True, ref=pull.branch, pulls=(pull,))
        at = max(restored - 6 * _MINUTE, tip.committed_at + 4 * _MINUTE)
        run = self.pipeline.open_run(artifact, at - 150)
        run.jobs = run.jobs[:1]
        run.jobs[0].completed_at = at - 30
        hotfix = self.pipeline.deploy(artifact, at, run=run, kind="hotfix")
        self.pipeline.close_run(run)
        merged = hotfix.finished_at + int(draw.between(0.3, 5) * HOUR)
        repository.merge(pull, merged, is_squash=draw.chance(0.15))
        return max(hotfix.finished_at, repository.last_at)

    def _revert(self, incident: Incident, deployment: Deployment, restored: int) -> int:
        draw, repository = self.draw, self.repository
        culprit = self._culprit(deployment)
        if culprit is None:
            return self._hotfix(incident, restored)
        first_line = culprit.message.splitlines()[0]
        window = max(restored - incident.detected_at, 10 * _MINUTE)
        written = incident.detected_at + int(window * 0.3)
        pull = repository.urgent(
            repository.head_at(written),
            written,
            title=f'Revert "{first_line}"',
            prefix="revert",
            body=f"This reverts commit {culprit.sha}.",
        )
        merged = max(pull.created_at + 240, written + int(window * 0.3))
        commit = repository.merge(pull, merged, is_squash=draw.chance(0.5))
        artifact = self.pipeline.build(commit, is_patch=True, pulls=(pull,))
        run = self.pipeline.open_run(artifact, repository.last_at + 20)
        at = max(restored - 6 * _MINUTE, self.pipeline.ready_at(run) + 10)
        fixed = self.pipeline.deploy(artifact, at, run=run, kind="rework")
        self.pipeline.close_run(run)
        return fixed.finished_at

    def _culprit(self, deployment: Deployment) -> Commit | None:
        shas = {pull.merge_sha for pull in deployment.pulls}
        commits = [c for c in self.repository.main if c.sha in shas]
        return self.draw.pick(commits) if commits else None
