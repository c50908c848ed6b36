"""One service through time: changes are merged, released, sometimes fail, and are repaired."""

from dataclasses import replace

from data.sandbox.aftermath import Aftermath
from data.sandbox.branches import Repository
from data.sandbox.company import TEAM_BY_ID, Habits, Service
from data.sandbox.draw import Draw
from data.sandbox.model import Deployment, Incident, Person, Pull
from data.sandbox.pipeline import Artifact, Pipeline
from data.sandbox.worktime import DAY, HOUR, WorkCalendar

_TIER_PACE = {1: 1.2, 2: 1.0, 3: 0.8, 4: 0.55}
_MINUTE = 60
# Teams rate their own failure share; not every failing change shows in production.
_FAILURE_SCALE = 0.85


def habits_at(service: Service, instant: int, end: int) -> Habits:
    """Return the habits that the service's team had at an instant."""
    team = TEAM_BY_ID[service.team_id]
    habits = team.habits
    for point in team.change_points:
        if instant >= end - point.days_before_end * DAY:
            habits = replace(habits, **point.habits)
    return habits


class ServiceHistory:
    """Draws everything that happened to one service between `start` and `end`."""

    def __init__(
        self,
        service: Service,
        *,
        seed: int,
        start: int,
        end: int,
        calendar: WorkCalendar,
        people: list[Person],
        bots: list[Person],
    ) -> None:
        """Prepare an empty repository and pipeline."""
        self.service, self.start, self.end, self.calendar = service, start, end, calendar
        self.draw = Draw(seed, service.index)
        self.repository = Repository(service, seed=seed, people=people, bots=bots, draw=self.draw)
        team = self.repository.team
        self.pipeline = Pipeline(service, seed=seed, team=team, draw=self.draw)
        self.aftermath = Aftermath(service, repository=self.repository, pipeline=self.pipeline)
        self.bots = bots
        self.config = 1

    @property
    def incidents(self) -> list[Incident]:
        """Return the incidents that this service's deployments caused."""
        return self.aftermath.incidents

    def run(self) -> None:
        """Draw the whole history."""
        self.repository.start(self.start)
        pace = TEAM_BY_ID[self.service.team_id].habits.cycles * _TIER_PACE[self.service.tier]
        count = max(4, round(pace * self.draw.between(0.9, 1.15)))
        times = self.calendar.sample(self.draw.rng, count, since=self.start, until=self.end)
        free_at, previous = self.start, self.start - 5 * DAY
        for drawn in times.tolist():
            at = max(int(drawn), free_at + HOUR)
            if at > self.end - 2 * HOUR:
                break
            previous, free_at = at, self._cycle(at, previous)
        self._unfinished(previous)

    def _merge_batch(self, at: int, previous: int, habits: Habits) -> list[Pull]:
        draw = self.draw
        since = max(previous, self.repository.last_at) + 10 * _MINUTE
        merges = []
        for _ in range(1 + draw.poisson(habits.batch)):
            merged = self.calendar.before(at, draw.around(0.85 * habits.wait_hours))
            merges.append(merged if merged > since else int(draw.between(since, at - 300)))
        pulls = []
        for merged in sorted(merges):
            is_bot = draw.chance(0.1)
            pull = self.repository.propose(
                merged, habits=habits, calendar=self.calendar, is_bot=is_bot
            )
            is_squash = draw.chance(habits.squash_ratio)
            commit = self.repository.merge(pull, merged, is_squash=is_squash)
            if self.service.tier <= 2 and draw.chance(0.78):
                self.pipeline.check(commit)
            pulls.append(pull)
        if draw.chance(0.04):
            self.repository.push(
                max(self.repository.last_at, int(merges[-1])) + 60, "Update README"
            )
        return pulls

    def _cycle(self, at: int, previous: int) -> int:
        """Merge, release, and live with it; return when the service is calm again."""
        habits = habits_at(self.service, at, self.end)
        pulls = self._merge_batch(at, previous, habits)
        at = max(at, self.repository.last_at + 120)
        artifact = self.pipeline.build(self.repository.main[-1], pulls=tuple(pulls))
        deployment, partial = self._release(artifact, at)
        if partial is not None and self.draw.chance(0.55):
            return self.aftermath.undo_partial(partial, deployment)
        if partial is not None:
            deployment = self._retry(artifact, partial)
        if deployment is None:
            return at + HOUR
        self.pipeline.publish(artifact, deployment.finished_at)
        if self.draw.chance(_FAILURE_SCALE * habits.failure_ratio):
            return self.aftermath.fail(deployment, habits)
        if self.draw.chance(0.012):
            return self.aftermath.roll_back_quietly(deployment)
        return self._repeat(artifact, deployment)

    def _release(self, artifact: Artifact, at: int) -> tuple[Deployment | None, Deployment | None]:
        """Return the successful production deployment and the partial one, either may be none."""
        draw, pipeline = self.draw, self.pipeline
        run = pipeline.open_run(artifact, at)
        at = pipeline.ready_at(run) + 20
        if draw.chance({1: 0.3, 2: 0.25, 3: 0.15, 4: 0.1}[self.service.tier]):
            dev = pipeline.deploy(artifact, at, environment="dev", run=run)
            at = dev.finished_at + int(draw.between(1, 20) * _MINUTE)
        if draw.chance({1: 0.8, 2: 0.7, 3: 0.5, 4: 0.2}[self.service.tier]):
            outcome = "failed" if draw.chance(0.05) else "success"
            staging = pipeline.deploy(artifact, at, environment="staging", run=run, outcome=outcome)
            at = staging.finished_at + int(draw.between(3, 60) * _MINUTE)
            if outcome == "failed":
                pipeline.close_run(run, "failure")
                again = pipeline.deploy(artifact, at, environment="staging", run=run)
                at = again.finished_at + 5 * _MINUTE
        verdict = draw.weighted((0.935, 0.035, 0.008, 0.022))
        outcome = ("success", "failed", "error", "partial")[verdict]
        if outcome == "partial" and not pipeline.live:
            outcome = "failed"
        deployment = pipeline.deploy(artifact, at, run=run, outcome=outcome)
        # A failed production job that may fail leaves the run green: the job tells the truth.
        is_green = outcome == "success" or (outcome == "failed" and draw.chance(0.2))
        pipeline.close_run(run, "success" if is_green else "failure")
        if outcome == "success":
            return deployment, None
        if outcome == "partial":
            return None, deployment
        return self._retry(artifact, deployment), None

    def _retry(self, artifact: Artifact, failed: Deployment) -> Deployment:
        """Deploy again what failed: as a second attempt of the run, or as a run by hand."""
        draw, pipeline, run = self.draw, self.pipeline, failed.run
        at = failed.finished_at + int(draw.between(8, 90) * _MINUTE)
        if run is None or draw.chance(0.4):
            run = pipeline.open_run(artifact, at, event="workflow_dispatch")
            at = pipeline.ready_at(run) + 10
        deployment = pipeline.deploy(artifact, at, run=run)
        pipeline.close_run(run)
        return deployment

    def _repeat(self, artifact: Artifact, deployment: Deployment) -> int:
        """Sometimes deploy the same artifact again, unchanged or with other configuration."""
        draw = self.draw
        case = draw.weighted((0.925, 0.045, 0.03))
        if case == 0:
            return deployment.finished_at
        at = self.calendar.after(deployment.finished_at, draw.between(1, 14))
        if case == 2:
            self.config += 1
        kind = "redeploy" if case == 1 else "forward"
        plain = replace(artifact, pulls=())
        run = self.pipeline.open_run(plain, at, event="workflow_dispatch")
        at = self.pipeline.ready_at(run) + 10
        again = self.pipeline.deploy(plain, at, run=run, kind=kind, config=self.config)
        self.pipeline.close_run(run)
        return again.finished_at

    def _unfinished(self, previous: int) -> None:
        """Leave work behind: merged but not released, open, draft and abandoned changes."""
        draw, repository = self.draw, self.repository
        since = max(previous, repository.last_at) + DAY
        habits = habits_at(self.service, self.end, self.end)
        if draw.chance(0.45) and since < self.end - DAY:
            merged = int(draw.between(since, self.end - HOUR))
            pull = repository.propose(merged, habits=habits, calendar=self.calendar)
            repository.merge(pull, merged, is_squash=draw.chance(habits.squash_ratio))
        for _ in range(draw.poisson(0.7)):
            at = self.calendar.before(self.end, draw.between(1, 40))
            pull = repository.propose(at, habits=habits, calendar=self.calendar)
            pull.ready_at = None if draw.chance(0.5) else pull.ready_at
        for _ in range(draw.poisson(0.7)):
            closed = int(draw.between(self.start + 30 * DAY, self.end - DAY))
            pull = repository.propose(closed, habits=habits, calendar=self.calendar)
            pull.closed_at = closed
