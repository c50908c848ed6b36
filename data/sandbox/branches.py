"""A service's repository: branches, pull requests, reviews and the default branch's history."""

from bisect import bisect_right

from data.sandbox.company import ORGANISATION, Habits, Service
from data.sandbox.draw import Draw, hexadecimal
from data.sandbox.model import Commit, Person, Pull, Review
from data.sandbox.phrases import (
    branch_name,
    change_title,
    dependency_title,
    fix_subject,
    work_subject,
)
from data.sandbox.worktime import DAY, HOUR, WorkCalendar


class Repository:
    """Grows one repository; merges must come in the order of time."""

    def __init__(
        self, service: Service, *, seed: int, people: list[Person], bots: list[Person], draw: Draw
    ) -> None:
        """Start with an empty history."""
        self.service, self.seed, self.draw = service, seed, draw
        self.people, self.bots = people, bots
        self.team = [p for p in people if p.team_id == service.team_id]
        self.commits: list[Commit] = []
        self.pulls: list[Pull] = []
        self.main: list[Commit] = []
        self.main_at: list[int] = []
        self._by_sha: dict[str, Commit] = {}

    def start(self, start: int) -> None:
        """Write the commits that existed before anybody measured anything."""
        for offset in (210, 120, 45):
            self.push(start - offset * DAY, "Initial import" if offset == 210 else "Prepare launch")

    @property
    def last_at(self) -> int:
        """Return when the default branch last moved."""
        return self.main_at[-1]

    def head_at(self, instant: int) -> Commit:
        """Return the default branch's head at an instant."""
        return self.main[max(bisect_right(self.main_at, instant) - 1, 0)]

    def write(
        self,
        parents: tuple[str, ...],
        subject: str,
        author: Person,
        authored_at: int,
        **extra: object,
    ) -> Commit:
        """Add a commit object."""
        sha = hexadecimal(40, self.seed, self.service.service_id, "commit", len(self.commits))
        commit = Commit(
            sha=sha,
            parents=parents,
            kind=str(extra.get("kind", "work")),
            subject=subject,
            author=author,
            authored_at=authored_at,
            committed_at=int(str(extra.get("committed_at", authored_at))),
            body=str(extra.get("body", "")),
            has_account=not self.draw.chance(0.03),
        )
        self.commits.append(commit)
        self._by_sha[sha] = commit
        return commit

    def _advance(self, commit: Commit, instant: int) -> Commit:
        commit.listed_at = instant
        self.main.append(commit)
        self.main_at.append(instant)
        return commit

    def push(self, instant: int, subject: str) -> Commit:
        """Push a commit straight to the default branch, without a pull request."""
        parents = (self.main[-1].sha,) if self.main else ()
        return self._advance(
            self.write(parents, subject, self.draw.pick(self.team), instant), instant
        )

    def author(self) -> Person:
        """Return who writes the next change: mostly the team, sometimes a guest."""
        return self.draw.pick(self.people if self.draw.chance(0.07) else self.team)

    def propose(
        self, merged_at: int, *, habits: Habits, calendar: WorkCalendar, is_bot: bool = False
    ) -> Pull:
        """Return a pull request with commits and reviews that would be merged at that instant."""
        draw = self.draw
        approved = calendar.before(merged_at, min(draw.waiting(0.5), 4.0))
        is_single = draw.chance(0.45)
        reviewing = 0.0 if is_single else draw.around(habits.review_hours)
        first_review = calendar.before(approved, reviewing)
        ready = calendar.before(first_review, draw.around(habits.pickup_hours) + 0.05)
        first = (
            ready - 60
            if is_bot
            else calendar.before(ready, draw.around(0.8 * habits.coding_hours, 0.8))
        )
        is_draft = not is_bot and draw.chance(0.25)
        title = dependency_title(draw) if is_bot else change_title(draw)
        pull = Pull(
            service=self.service,
            title=title,
            branch=branch_name(draw, title, "dependabot" if is_bot else "feature"),
            author=self.bots[0] if is_bot else self.author(),
            created_at=int(draw.between(first, ready)) if is_draft else ready,
            owner=ORGANISATION,
            ready_at=ready if is_draft else None,
            labels=("dependencies",) if is_bot else (),
            body="" if draw.chance(0.2) else f"{title}.\n\nTested on staging.",
        )
        self._fill(pull, first, ready, (first_review, approved) if not is_single else None)
        self._review(pull, first_review, approved, is_single=is_single)
        self.pulls.append(pull)
        return pull

    def _fill(self, pull: Pull, first: int, ready: int, rounds: tuple[int, int] | None) -> None:
        draw, is_bot = self.draw, pull.author.is_bot
        count = 1 if is_bot else 1 + draw.poisson(1.7)
        times = [first, *draw.instants(count - 1, first + 60, ready - 30)]
        subjects = [pull.title] + [work_subject(draw) for _ in times[1:]]
        if rounds and draw.chance(0.55):
            times += draw.instants(1 + draw.poisson(0.4), rounds[0] + 120, rounds[1] - 120)
            subjects += [fix_subject(draw) for _ in times[len(subjects) :]]
        rebased_at = times[-1] + 240 if not is_bot and draw.chance(0.15) else None
        base = self.head_at(rebased_at or first)
        pull.base_sha, tip = base.sha, base.sha
        for number, (at, subject) in enumerate(zip(times, subjects, strict=True)):
            committed = at if rebased_at is None else rebased_at + number
            commit = self.write((tip,), subject, pull.author, at, committed_at=committed)
            commit.pull, tip = pull, commit.sha
            pull.commits.append(commit)
        if rebased_at is None and not is_bot and ready - first > 2 * DAY and draw.chance(0.4):
            at = times[-1] + 300
            subject = f"Merge branch 'main' into {pull.branch}"
            parents = (tip, self.head_at(at).sha)
            sync = self.write(parents, subject, pull.author, at, kind="sync")
            sync.pull = pull
            pull.commits.append(sync)

    def _review(self, pull: Pull, first: int, approved: int, *, is_single: bool) -> None:
        draw = self.draw
        others = [p for p in self.team if p is not pull.author]
        reviewer = draw.pick(self.people if draw.chance(0.12) else others)
        reviewer = others[0] if reviewer is pull.author else reviewer
        tip = pull.commits[-1].sha
        if draw.chance(0.06):
            pull.reviews.append(Review(self.bots[2], "COMMENTED", pull.created_at + 95, tip))
        if draw.chance(0.08) and first - pull.created_at > 1200:
            pull.reviews.append(Review(pull.author, "COMMENTED", pull.created_at + 600, tip))
        if draw.chance(0.03):
            return
        if not is_single:
            state = "CHANGES_REQUESTED" if draw.chance(0.55) else "COMMENTED"
            pull.reviews.append(Review(reviewer, state, first, pull.commits[0].sha))
        if self.service.tier == 1 and draw.chance(0.3) and approved - first > HOUR:
            second = draw.pick([p for p in others if p is not reviewer] or others)
            pull.reviews.append(Review(second, "APPROVED", (first + approved) // 2, tip))
        pull.reviews.append(Review(reviewer, "APPROVED", approved, tip))

    def merge(self, pull: Pull, merged_at: int, *, is_squash: bool) -> Commit:
        """Merge a pull request into the default branch and return the new head."""
        draw = self.draw
        merged_at = max(merged_at, self.last_at + 30, pull.commits[-1].committed_at + 30)
        pull.merged_at = pull.closed_at = merged_at
        head = self.main[-1].sha
        parents = (head,) if is_squash else (head, pull.commits[-1].sha)
        body = pull.title if not is_squash else ""
        if "This reverts commit" in pull.body:
            body = f"{pull.title}\n\n{pull.body}".strip() if not is_squash else pull.body
        commit = self.write(
            parents,
            pull.title,
            pull.author if is_squash else draw.pick(self.team),
            merged_at,
            kind="squash" if is_squash else "merge",
            body=body,
        )
        commit.pull, commit.has_account = pull, True
        pull.merge_sha = commit.sha
        if draw.chance(0.06):
            pull.edited_at = merged_at + int(draw.between(0.2, 6) * DAY)
        if not is_squash:
            for original in pull.commits:
                original.listed_at = merged_at
        return self._advance(commit, merged_at)

    def urgent(
        self,
        base: Commit,
        written_at: int,
        *,
        title: str,
        prefix: str,
        count: int = 1,
        body: str = "",
    ) -> Pull:
        """Return a hurried pull request from the given commit, with at most one quick review."""
        draw, author = self.draw, self.draw.pick(self.team)
        pull = Pull(
            service=self.service,
            title=title,
            branch=branch_name(draw, title, prefix),
            author=author,
            created_at=written_at + count * 120 + 60,
            owner=ORGANISATION,
            base_sha=base.sha,
            labels=("hotfix",) if prefix == "hotfix" else (),
            body=body,
        )
        tip = base.sha
        for number in range(count):
            commit = self.write((tip,), title, author, written_at + number * 120, body=body)
            commit.pull, tip = pull, commit.sha
            pull.commits.append(commit)
        others = [p for p in self.team if p is not author]
        if draw.chance(0.85):
            at = pull.created_at + int(draw.between(120, 900))
            pull.reviews.append(Review(draw.pick(others), "APPROVED", at, tip))
        self.pulls.append(pull)
        return pull
