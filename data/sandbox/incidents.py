"""Incidents beyond the first: echoes on other services, duplicates, false alarms, outages."""

from data.sandbox.aftermath import new_incident
from data.sandbox.company import SERVICES, TEAM_BY_ID, Habits, Service
from data.sandbox.draw import Draw
from data.sandbox.model import History, Incident, Person
from data.sandbox.phrases import background_cause, symptom
from data.sandbox.worktime import DAY, HOUR

_MINUTE = 60
_OUTAGES, _SINGLE, _FALSE_ALARMS, _STILL_OPEN = 2, 26, 11, 5
_LINKED_RATIO = 0.83


class IncidentDesk:
    """Adds to the incidents that deployments caused whatever else an incident desk sees."""

    def __init__(
        self, history: History, *, draw: Draw, start: int, end: int, looks: tuple[int, ...]
    ) -> None:
        """Work on the incidents of `history`, which so far all come from deployments."""
        self.looks = looks
        self.history, self.draw, self.start, self.end = history, draw, start, end
        self.team: dict[str, list[Person]] = {}
        for person in history.people:
            self.team.setdefault(person.team_id, []).append(person)

    def run(self) -> None:
        """Add echoes and duplicates, background incidents and false alarms; then reopen a few."""
        caused = list(self.history.incidents)
        for incident in caused:
            self._echo(incident)
            self._second_symptom(incident)
        for incident in list(self.history.incidents):
            self._duplicate(incident)
        self._background()
        self._false_alarms()
        self._seen_early()
        self._still_open()
        self.history.incidents.sort(key=lambda i: (i.detected_at, i.service.service_id))
        for incident in self.history.incidents:
            if incident.closed_at is not None and self.draw.chance(0.07):
                self._reopen(incident)

    def _add(
        self, service: Service, started_at: int, lasting: float | None, *, title: str, cause: str
    ) -> Incident:
        restored = None if lasting is None else started_at + int(lasting)
        incident = new_incident(
            service,
            self.draw,
            title=title,
            cause=cause,
            started_at=started_at,
            restored_at=restored,
            handler=self.draw.pick(self.team[service.team_id]),
        )
        self.history.incidents.append(incident)
        return incident

    def _echo(self, incident: Incident) -> None:
        """Let some incidents show on a service that depends on the broken one."""
        dependents = [s for s in SERVICES if incident.service.service_id in s.depends_on]
        if not dependents or incident.restored_at is None or not self.draw.chance(0.42):
            return
        service = self.draw.pick(dependents)
        started = incident.impact_started_at + int(self.draw.between(1, 9) * _MINUTE)
        lasting = max(incident.restored_at - started + self.draw.between(-2, 12) * _MINUTE, 480)
        title = symptom(self.draw, service.name)
        echo = self._add(service, started, lasting, title=title, cause="deployment")
        echo.deployment, echo.remedy = incident.deployment, incident.remedy

    def _second_symptom(self, incident: Incident) -> None:
        """Let a bad deployment break something else of the same service while it is down."""
        restored = incident.restored_at
        if restored is None or not self.draw.chance(0.12):
            return
        lasting = restored - incident.impact_started_at
        started = incident.impact_started_at + int(lasting * self.draw.between(0.2, 0.7))
        title = symptom(self.draw, incident.service.name)
        other = self._add(incident.service, started, lasting, title=title, cause="deployment")
        other.deployment, other.remedy = incident.deployment, incident.remedy

    def _seen_early(self) -> None:
        """Add incidents that somebody looks at before they are over and before corrections."""
        tops = [s for s in SERVICES if s.tier <= 2]
        for look in self.looks[:-1]:
            service = self.draw.pick(tops)
            cause, words = background_cause(self.draw)
            title = f"{service.name}: {words}"
            item = self._add(service, look - 5 * HOUR, 9 * HOUR, title=title, cause=cause)
            item.severity, item.first_severity = 2, 3
            item.severity_corrected_at = look + 2 * HOUR
            item.impact_corrected_at = look + 2 * DAY
            item.in_servicenow = item.in_pagerduty = True

    def _duplicate(self, incident: Incident) -> None:
        """Let users report again what is already known."""
        restored = incident.restored_at
        if restored is None or not self.draw.chance(0.27):
            return
        at = incident.detected_at + int(self.draw.between(3, 50) * _MINUTE)
        if at > restored - 120:
            return
        twin = self._add(
            incident.service,
            incident.impact_started_at,
            restored - incident.impact_started_at + 300,
            title=f"Users report: {incident.title.split(': ')[-1]}",
            cause=incident.cause,
        )
        twin.deployment, twin.parent, twin.remedy = incident.deployment, incident, incident.remedy
        twin.detected_at, twin.acknowledged_at = at, at + 240
        twin.is_duplicate, twin.in_pagerduty, twin.in_servicenow = True, False, True
        incident.in_servicenow = True
        twin.impact_corrected_at = None

    def _lasting(self, service: Service, at: int) -> float:
        habits: Habits = TEAM_BY_ID[service.team_id].habits
        for point in TEAM_BY_ID[service.team_id].change_points:
            if "recovery_hours" in point.habits and at > self.end - point.days_before_end * DAY:
                return self.draw.around(point.habits["recovery_hours"] * HOUR, 0.8)
        return max(self.draw.around(habits.recovery_hours * HOUR, 0.9), 6 * _MINUTE)

    def _background(self) -> None:
        weights = [(5 - s.tier) ** 1.3 for s in SERVICES]
        for at in self.draw.instants(_SINGLE, self.start + 5 * DAY, self.end - 2 * DAY):
            service = SERVICES[self.draw.weighted(weights)]
            cause, words = background_cause(self.draw)
            title = f"{service.name}: {words}"
            self._add(service, at, self._lasting(service, at), title=title, cause=cause)
        for at in self.draw.instants(_OUTAGES, self.start + 60 * DAY, self.end - 20 * DAY):
            self._outage(at)

    def _outage(self, at: int) -> None:
        """Add one outage that hits several services at once: a parent and its children."""
        lasting = self.draw.between(1.2, 4.5) * HOUR
        edge = next(s for s in SERVICES if s.service_id == "edge-proxy")
        title = "Cloud region degraded"
        parent = self._add(edge, at, lasting, title=title, cause="infrastructure")
        parent.in_servicenow, parent.severity, parent.first_severity = True, 1, 2
        parent.severity_corrected_at = parent.detected_at + 2 * HOUR
        tops = [s for s in SERVICES if s.tier == 1 and s is not edge]
        for service in tops[:: self.draw.whole(2, 3)]:
            later = at + int(self.draw.between(2, 20) * _MINUTE)
            child = self._add(
                service, later, lasting, title=f"{service.name}: {title}", cause="infrastructure"
            )
            child.parent, child.in_servicenow = parent, True

    def _false_alarms(self) -> None:
        for at in self.draw.instants(_FALSE_ALARMS, self.start + 9 * DAY, self.end - DAY):
            service = self.draw.pick(SERVICES)
            title = symptom(self.draw, service.name)
            alarm = self._add(
                service, at, self.draw.between(5, 25) * _MINUTE, title=title, cause="none"
            )
            alarm.is_false_alarm, alarm.in_servicenow = True, True
            alarm.impact_corrected_at = None

    def _still_open(self) -> None:
        """Leave some incidents unresolved at the end: fresh ones and one that nobody finishes."""
        ages = [0.15, 0.6, 1.3, 3.2, 24.0][:_STILL_OPEN]
        tops = [s for s in SERVICES if s.tier <= 2]
        for number, age in enumerate(ages):
            service = tops[(number * 7 + self.draw.whole(0, 3)) % len(tops)]
            cause, words = background_cause(self.draw)
            at = self.end - int(age * DAY)
            incident = self._add(service, at, None, title=f"{service.name}: {words}", cause=cause)
            incident.severity = incident.first_severity = (2, 1, 3, 2, 4)[number]
            incident.severity_corrected_at = None
            incident.detected_at = at + 420
            incident.acknowledged_at = at + 900 if number else None
            incident.in_servicenow = incident.in_pagerduty = True

    def _reopen(self, incident: Incident) -> None:
        """Resolve too early, open again within hours, and restore for good only then."""
        if incident.restored_at is None or incident.is_false_alarm or incident.is_duplicate:
            return
        first = incident.restored_at
        again = first + int(self.draw.between(0.3, 5) * HOUR)
        final = again + int(self.draw.between(0.2, 2) * HOUR)
        incident.reopened, incident.restored_at = (first, again), final
        incident.closed_at = final + int(self.draw.between(1, 4) * DAY)
        incident.in_servicenow = True

    def link(self) -> None:
        """Let reviews afterwards name the change that caused an incident, in most cases."""
        for incident in self.history.incidents:
            if incident.deployment is None or incident.deployment.change_request is None:
                continue
            incident.is_linked = incident.in_servicenow and self.draw.chance(_LINKED_RATIO)
            delay = self.draw.between(0.05, 9) * DAY
            incident.linked_at = (incident.restored_at or incident.detected_at) + int(delay)
