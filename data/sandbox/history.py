"""The whole company's history: every service, then the desks, then stable identifiers."""

from data.sandbox.changerequests import ChangeDesk
from data.sandbox.company import (
    EMAIL_DOMAIN,
    FIRST_NAMES,
    LAST_NAMES,
    SERVICES,
    TEAMS,
)
from data.sandbox.delivery import ServiceHistory
from data.sandbox.draw import Draw, hexadecimal
from data.sandbox.incidents import IncidentDesk
from data.sandbox.model import History, Person
from data.sandbox.worktime import open_calendar

_PEOPLE_PER_TEAM = 6
_BOTS = ("dependabot[bot]", "github-actions[bot]", "code-scanner[bot]")
# Deployments that are under way when somebody looks: (service, seconds before that instant).
_UNDER_WAY = (("search-api", 900), ("payments-api", 420))


def draw_people(draw: Draw) -> tuple[list[Person], list[Person]]:
    """Return the staff, six in each team, and the bots."""
    count = _PEOPLE_PER_TEAM * len(TEAMS)
    cells = draw.rng.permutation(len(FIRST_NAMES) * len(LAST_NAMES))[:count].tolist()
    people = []
    for index, cell in enumerate(cells):
        first, last = FIRST_NAMES[cell % len(FIRST_NAMES)], LAST_NAMES[cell // len(FIRST_NAMES)]
        login = f"{first}-{last}".lower()
        email = f"{first}.{last}@{EMAIL_DOMAIN}".lower()
        team = TEAMS[index // _PEOPLE_PER_TEAM]
        people.append(Person(index, f"{first} {last}", login, email, team.team_id))
    bots = [
        Person(count + number, login, login, f"{login}@users.noreply.{EMAIL_DOMAIN}", "", True)
        for number, login in enumerate(_BOTS)
    ]
    return people, bots


def simulate(*, seed: int, start: int, end: int, looks: tuple[int, ...]) -> History:
    """Return everything that happened from `start` to `end`; equal arguments, equal history."""
    people, bots = draw_people(Draw(seed, 1_000_001))
    zones = {team.team_id: team.timezone for team in TEAMS}
    calendars = {
        zone: open_calendar(zone, start=start, end=end) for zone in sorted(set(zones.values()))
    }
    history = History(people=[*people, *bots])
    for service in SERVICES:
        part = ServiceHistory(
            service,
            seed=seed,
            start=start,
            end=end,
            calendar=calendars[zones[service.team_id]],
            people=people,
            bots=bots,
        )
        part.run()
        for (service_id, age), look in zip(_UNDER_WAY, looks[::-1], strict=False):
            if service.service_id == service_id:
                artifact, last = part.pipeline.live[-1]
                if last.finished_at < look - age:
                    late = part.pipeline.deploy(artifact, look - age, kind="redeploy")
                    late.finished_at = max(late.finished_at, look + 1500)
                    late.statuses[-1] = (late.finished_at, *late.statuses[-1][1:])
        history.commits[service.service_id] = part.repository.commits
        history.pulls += part.repository.pulls
        history.runs += part.pipeline.runs
        history.deployments += part.pipeline.deployments
        history.releases += part.pipeline.releases
        history.incidents += part.incidents
    _cut(history, end)
    history.deployments.sort(key=lambda d: (d.created_at, d.service.index, d.environment))
    desk = IncidentDesk(history, draw=Draw(seed, 1_000_002), start=start, end=end, looks=looks)
    history.people = people
    desk.run()
    ChangeDesk(history, draw=Draw(seed, 1_000_003), start=start, end=end).run()
    desk.link()
    history.people = [*people, *bots]
    _cut(history, end)
    number(history, seed)
    return history


def _cut(history: History, end: int) -> None:
    """Drop what would begin only after the end."""
    history.deployments = [d for d in history.deployments if d.created_at <= end]
    history.runs = [r for r in history.runs if r.created_at <= end]
    history.pulls = [p for p in history.pulls if p.created_at <= end]
    history.releases = [r for r in history.releases if r.published_at <= end]
    history.incidents = [i for i in history.incidents if i.detected_at <= end]
    history.change_requests = [c for c in history.change_requests if c.created_at <= end]


def number(history: History, seed: int) -> None:
    """Give every record the identifiers that its system would have given it, by time."""
    history.pulls.sort(key=lambda p: (p.created_at, p.service.index, p.branch))
    last: dict[str, int] = {}
    for index, pull in enumerate(history.pulls):
        service_id = pull.service.service_id
        last[service_id] = last.get(service_id, 0) + 1
        pull.number, pull.source_id = last[service_id], 1_900_000_000 + 37 * index
        for place, review in enumerate(pull.reviews):
            review.source_id = 2_700_000_000 + 100 * index + place
    history.runs.sort(key=lambda r: (r.created_at, r.service.index, r.sha))
    counts: dict[tuple[str, str], int] = {}
    for index, run in enumerate(history.runs):
        key = (run.service.service_id, run.workflow)
        counts[key] = counts.get(key, 0) + 1
        run.number, run.source_id = counts[key], 16_000_000_000 + 53 * index
        for place, job in enumerate(run.jobs):
            job.source_id = 45_000_000_000 + 100 * index + place
    for index, deployment in enumerate(history.deployments):
        deployment.source_id = 2_100_000_000 + 41 * index
    history.releases.sort(key=lambda r: (r.published_at, r.service.index))
    for index, release in enumerate(history.releases):
        release.source_id = 190_000_000 + 29 * index
    for index, incident in enumerate(history.incidents):
        incident.number = 10_100 + 7 * index
        incident.servicenow_id = hexadecimal(32, seed, "incident", index)
        incident.pagerduty_id = "Q" + hexadecimal(13, seed, "pagerduty", index).upper()
    history.change_requests.sort(key=lambda c: (c.created_at, c.service.index, c.summary))
    for index, request in enumerate(history.change_requests):
        request.number = 30_200 + 3 * index
        request.sys_id = hexadecimal(32, seed, "change", index)
        for place, approval in enumerate(request.approvals):
            approval.sys_id = hexadecimal(32, seed, "approval", index, place)
