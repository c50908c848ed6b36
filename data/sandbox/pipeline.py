"""A service's pipeline: workflow runs, jobs and deployments with their statuses."""

from dataclasses import dataclass

from data.sandbox.company import Service
from data.sandbox.draw import Draw, hexadecimal
from data.sandbox.model import Commit, Deployment, Job, Person, Pull, Release, Run
from data.sandbox.worktime import HOUR

FLAKY_TESTS = ("test_retries_after_timeout", "test_orders_events_by_clock", "test_cache_expiry")


@dataclass(frozen=True)
class Artifact:
    """What is deployed: a commit, its version, and the digest of what was built from it."""

    commit: Commit
    version: str
    digest: str
    ref: str
    pulls: tuple[Pull, ...] = ()


class Pipeline:
    """Builds and deploys one service."""

    def __init__(self, service: Service, *, seed: int, team: list[Person], draw: Draw) -> None:
        """Start with nothing deployed."""
        self.service, self.seed, self.team, self.draw = service, seed, team, draw
        self.runs: list[Run] = []
        self.deployments: list[Deployment] = []
        self.releases: list[Release] = []
        self.live: list[tuple[Artifact, Deployment]] = []
        self._minor, self._patch, self._builds = 0, 0, 0
        # A service is rolled out in one manner, except that tier 1 sometimes uses canaries.
        self.instances = {1: 12, 2: 8, 3: 4, 4: 2}[service.tier]

    def build(
        self,
        commit: Commit,
        *,
        is_patch: bool = False,
        ref: str = "main",
        pulls: tuple[Pull, ...] = (),
    ) -> Artifact:
        """Return a new artifact with the next version number."""
        self._builds += 1
        if is_patch:
            self._patch += 1
        else:
            self._minor, self._patch = self._minor + 1, 0
        digest = hexadecimal(64, self.seed, self.service.service_id, "digest", self._builds)
        version = f"1.{self._minor}.{self._patch}"
        return Artifact(commit, version, f"sha256:{digest}", ref, pulls)

    def open_run(self, artifact: Artifact, created_at: int, *, event: str = "push") -> Run:
        """Return a deploy run that has built and tested the artifact."""
        run = Run(
            service=self.service,
            workflow="deploy",
            event=event,
            branch=artifact.ref,
            sha=artifact.commit.sha,
            title=artifact.commit.message.splitlines()[0],
            actor=self.draw.pick(self.team),
            created_at=created_at,
        )
        self.runs.append(run)
        at = created_at + 15
        for name, low, high in (("build", 90, 300), ("unit tests", 120, 420)):
            done = at + int(self.draw.between(low, high))
            run.jobs.append(Job(name, at, done, "success"))
            at = done + 5
        if self.service.tier <= 2:
            # This job may fail without failing the run.
            verdict = "failure" if self.draw.chance(0.14) else "success"
            run.jobs.append(Job("end-to-end (may fail)", at, at + 400, verdict))
        return run

    def ready_at(self, run: Run) -> int:
        """Return when the run's last job so far was done."""
        return max(job.completed_at for job in run.jobs)

    def close_run(self, run: Run, conclusion: str = "success") -> None:
        """End the run's current attempt."""
        attempt = len(run.attempts) + 1
        jobs = [job for job in run.jobs if job.attempt == attempt]
        started = run.created_at if attempt == 1 else min(job.started_at for job in jobs)
        run.attempts.append((started, max(job.completed_at for job in jobs) + 8, conclusion))

    def deploy(
        self,
        artifact: Artifact,
        created_at: int,
        *,
        environment: str = "production",
        outcome: str = "success",
        run: Run | None = None,
        kind: str = "forward",
        config: int = 1,
    ) -> Deployment:
        """Deploy an artifact and return the deployment with its course."""
        draw = self.draw
        is_canary = environment == "production" and self.service.tier == 1 and draw.chance(0.5)
        minutes = draw.between(25, 80) if is_canary else draw.between(2, 4 + self.instances)
        if kind in {"rollback", "hotfix"}:
            minutes = draw.between(2, 7)
        duration = int(60 * (minutes if outcome == "success" else draw.between(2, 9)))
        task = f"deploy:{kind}" if kind in {"rollback", "hotfix"} else "deploy"
        deployment = Deployment(
            service=self.service,
            environment=environment,
            sha=artifact.commit.sha,
            ref=artifact.ref,
            task=task if not (kind == "rollback" and draw.chance(0.2)) else "deploy",
            version=artifact.version,
            digest=artifact.digest,
            strategy="canary" if is_canary else "rolling",
            creator=draw.pick(self.team),
            created_at=created_at,
            finished_at=created_at + duration,
            outcome=outcome,
            run=run,
            is_rollback_flagged=kind == "rollback" and draw.chance(0.8),
            config_hash=hexadecimal(12, self.service.service_id, environment, config),
            kind=kind,
            reached=outcome in {"success", "partial"},
            pulls=list(artifact.pulls) if environment == "production" else [],
        )
        deployment.statuses = self._statuses(deployment)
        if run is not None:
            verdict = "success" if outcome == "success" else "failure"
            attempt = len(run.attempts) + 1
            name = f"deploy-{environment}"
            run.jobs.append(Job(name, created_at - 4, deployment.finished_at + 3, verdict, attempt))
        self.deployments.append(deployment)
        if environment == "production" and outcome == "success":
            self._go_live(artifact, deployment)
        return deployment

    def _statuses(self, deployment: Deployment) -> list[tuple[int, str, str]]:
        created, done = deployment.created_at, deployment.finished_at
        total = self.instances
        texts = {
            "success": ("success", f"{total} of {total} instances updated"),
            "partial": (
                "failure",
                f"partial: {self.draw.whole(1, total - 1)} of {total} instances updated",
            ),
            "failed": ("failure", "health check failed before traffic was shifted"),
            "error": ("error", "could not reach the cluster"),
        }
        rows = [(created + 3, "pending", "waiting for a runner")]
        if deployment.outcome != "error":
            rows.append((created + 25, "in_progress", f"{deployment.strategy} update started"))
        return [*rows, (done, *texts[deployment.outcome])]

    def _go_live(self, artifact: Artifact, deployment: Deployment) -> None:
        if self.live:
            previous = self.live[-1][1]
            at = max(deployment.finished_at + 2, previous.finished_at + 1)
            previous.statuses.append((at, "inactive", ""))
        self.live.append((artifact, deployment))

    def previous_artifact(self) -> Artifact | None:
        """Return the newest artifact that was live before the current one, if any."""
        current = self.live[-1][0].digest
        return next((a for a, _ in reversed(self.live) if a.digest != current), None)

    def publish(self, artifact: Artifact, at: int) -> None:
        """Publish a release page for a production version."""
        notes = "\n".join(f"* {pull.title}" for pull in artifact.pulls) or "Maintenance release."
        author = self.draw.pick(self.team)
        tag = f"v{artifact.version}"
        sha = artifact.commit.sha
        self.releases.append(Release(self.service, tag, sha, author, at + 30, notes))

    def check(self, commit: Commit, *, branch: str = "main") -> None:
        """Run the checks of a merge; a flaky test may fail the first attempt."""
        draw, at = self.draw, int(commit.listed_at or commit.committed_at) + 12
        run = Run(self.service, "ci", "push", branch, commit.sha, "", commit.author, at)
        run.title = commit.message.splitlines()[0]
        is_flaky = draw.chance(0.13)
        outcomes = ["failure", "success"] if is_flaky else ["success"]
        if not is_flaky and draw.chance(0.04):
            outcomes = ["failure"]
        run.flaky = (draw.pick(FLAKY_TESTS),) if is_flaky else ()
        for attempt, verdict in enumerate(outcomes, start=1):
            done = at + int(draw.between(150, 700))
            run.jobs.append(Job("lint", at + 5, at + 60, "success", attempt))
            run.jobs.append(Job("unit tests", at + 6, done, verdict, attempt))
            run.attempts.append((at, done + 6, verdict))
            at = done + int(draw.between(0.1, 5) * HOUR)
        self.runs.append(run)
