"""Change requests: paperwork around production deployments, with approvals on time or not."""

from data.sandbox.company import SERVICES
from data.sandbox.draw import Draw
from data.sandbox.model import Approval, ChangeRequest, Deployment, History, Person
from data.sandbox.worktime import DAY, HOUR

_MINUTE = 60
_COVERED = {1: 0.97, 2: 0.94, 3: 0.85, 4: 0.3}
# Releases that are planned for the days after the end.
_PLANNED = 6
_OTHER_WORK = (
    "Replace load balancer certificates",
    "Extend database storage",
    "Rotate credentials of batch users",
    "Patch operating systems",
    "Move nightly jobs to another window",
)


class ChangeDesk:
    """Writes change requests for the deployments of a history."""

    def __init__(self, history: History, *, draw: Draw, start: int, end: int) -> None:
        """Work on the deployments of `history`."""
        self.history, self.draw, self.start, self.end = history, draw, start, end
        self.managers = [p for p in history.people if p.index % 6 == 0]

    def run(self) -> None:
        """Write the requests of production deployments and of other work."""
        previous: dict[str, ChangeRequest] = {}
        for deployment in self.history.deployments:
            if deployment.environment != "production":
                continue
            service_id = deployment.service.service_id
            if deployment.kind in {"rollback", "redeploy"}:
                # A rollback is part of the window of the change that it undoes.
                deployment.change_request = previous.get(service_id)
                deployment.names_change_request = self.draw.chance(0.6)
                continue
            if not self.draw.chance(_COVERED[deployment.service.tier]):
                continue
            request = self._for_deployment(deployment)
            previous[service_id] = request
        for at in self.draw.instants(38, self.start + 3 * DAY, self.end - DAY):
            self._other(at)
        for _ in range(_PLANNED):
            self._planned()

    def _for_deployment(self, deployment: Deployment) -> ChangeRequest:
        draw, at = self.draw, deployment.created_at
        is_urgent = deployment.kind in {"hotfix", "rework"}
        normal = 0.55 if deployment.service.tier == 1 else 0.25
        kind = "emergency" if is_urgent else "normal" if draw.chance(normal) else "standard"
        lead = {"emergency": draw.between(-30, 25) / 60, "standard": draw.between(0.3, 6)}
        created = at - int(lead.get(kind, draw.between(20, 96)) * HOUR)
        planned = at - int(draw.between(0, 40) * _MINUTE)
        if kind == "normal" and draw.chance(0.05):
            planned = at + int(draw.between(1, 5) * HOUR)
        code = "successful"
        if deployment.is_failed:
            code = "unsuccessful" if draw.chance(0.45) else "successful_issues"
        if not deployment.reached:
            code = "unsuccessful"
        request = self._request(
            deployment,
            kind=kind,
            created=created,
            planned=planned,
            summary=f"Release {deployment.service.name} {deployment.version}",
            code=code,
        )
        deployment.change_request = request
        deployment.names_change_request = draw.chance(0.88)
        request.names_deployment = draw.chance(0.9) or not deployment.names_change_request
        return request

    def _request(
        self,
        deployment: Deployment,
        *,
        kind: str,
        created: int,
        planned: int,
        summary: str,
        code: str,
    ) -> ChangeRequest:
        draw = self.draw
        request = ChangeRequest(
            service=deployment.service,
            kind=kind,
            summary=summary,
            risk=("high", "moderate", "low", "low")[deployment.service.tier - 1],
            requested_by=deployment.creator,
            assigned_to=deployment.creator,
            created_at=created,
            planned_start_at=planned,
            planned_end_at=planned + draw.whole(1, 4) * HOUR,
            work_start_at=deployment.created_at,
            work_end_at=deployment.finished_at,
            closed_at=deployment.finished_at + int(draw.between(0.2, 4) * DAY),
            close_code=code,
            deployment=deployment,
        )
        if kind == "normal":
            self._approve(request, 2 if request.risk == "high" else 1)
        elif kind == "emergency":
            self._approve(request, 1)
        self.history.change_requests.append(request)
        return request

    def _approve(self, request: ChangeRequest, count: int) -> None:
        """Ask approvers: some answer only after work began, some never."""
        draw = self.draw
        start = int(request.work_start_at or request.planned_start_at)
        order: list[Person] = [p for p in self.managers if p is not request.requested_by]
        first = draw.whole(0, len(order) - 1)
        for number in range(count):
            approver = order[(first + number * 5) % len(order)]
            if draw.chance(0.02):
                approver = request.requested_by
            asked = request.created_at + 15 * _MINUTE
            latest = max(asked + 10 * _MINUTE, start - 5 * _MINUTE)
            decided: int | None = int(draw.between(asked + 60, latest))
            case = draw.weighted((0.9, 0.06, 0.04))
            if request.kind == "emergency" and draw.chance(0.45):
                case = 1
            if case == 1:
                decided = start + int(draw.between(0.2, 30) * HOUR)
            elif case == 2:
                decided = None
            verdict = "requested" if decided is None else "approved"
            request.approvals.append(Approval(approver, asked, decided, verdict))

    def _other(self, at: int) -> None:
        """Add a request that belongs to no deployment; some are rejected and cancelled."""
        draw, service = self.draw, self.draw.pick(SERVICES)
        person = draw.pick([p for p in self.history.people if p.team_id == service.team_id])
        is_cancelled = draw.chance(0.3)
        work_end = at + draw.whole(1, 5) * HOUR
        request = ChangeRequest(
            service=service,
            kind="normal",
            summary=draw.pick(_OTHER_WORK),
            risk=draw.pick(("moderate", "low", "high")),
            requested_by=person,
            assigned_to=person,
            created_at=at - draw.whole(2, 9) * DAY,
            planned_start_at=at,
            planned_end_at=at + 6 * HOUR,
            work_start_at=None if is_cancelled else at + draw.whole(0, 30) * _MINUTE,
            work_end_at=None if is_cancelled else work_end,
            closed_at=at - DAY if is_cancelled else work_end + DAY,
            close_code="" if is_cancelled else "successful",
            is_cancelled=is_cancelled,
        )
        self._approve(request, 1)
        if is_cancelled:
            request.approvals[0].decision = "rejected"
            request.approvals[0].decided_at = at - DAY
        self.history.change_requests.append(request)

    def _planned(self) -> None:
        """Add a request for a release that is still to come; not every approver has answered."""
        draw, service = self.draw, self.draw.pick([s for s in SERVICES if s.tier <= 3])
        person = draw.pick([p for p in self.history.people if p.team_id == service.team_id])
        planned = self.end + int(draw.between(0.3, 6) * DAY) // HOUR * HOUR
        request = ChangeRequest(
            service=service,
            kind=draw.pick(("normal", "standard", "normal", "emergency")),
            summary=f"Release {service.name}",
            risk=draw.pick(("moderate", "low", "high")),
            requested_by=person,
            assigned_to=person,
            created_at=self.end - int(draw.between(0.2, 3) * DAY),
            planned_start_at=planned,
            planned_end_at=planned + draw.whole(1, 3) * HOUR,
            work_start_at=None,
            work_end_at=None,
            closed_at=None,
            close_code="",
        )
        if request.kind != "standard":
            self._approve(request, 1)
        self.history.change_requests.append(request)
