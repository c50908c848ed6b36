"""What other tools would show for the same records, against oracles that follow their rules."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.transforms.conftest import METRICS, READ_AT, build_estate
from tests.transforms.estate import Estate, _desk, _iso, at
from tests.transforms.peers import PEERS, Books, Broken, Committed, Deployed, Merged, Question
from transforms.published import Published

HOUR = 3600.0
FIRST, LAST = date(2026, 2, 2), READ_AT.date()
WHOLE = (FIRST, LAST + timedelta(days=1))
MONTHS = [(date(2026, month, 1), date(2026, month + 1, 1)) for month in (2, 3, 4)]
SERVICES = ("pair", "web", "api", "lone")


class Company:
    """Write records to an estate and, in the same breath, to the books of the oracles."""

    def __init__(self) -> None:
        """Start with empty books."""
        self.estate = Estate()
        self.books = Books()
        self.heads: dict[str, str] = {}

    def deploy(self, service: str, finished: str, **options: Any) -> str:
        """Deploy the head of a service (or `sha`); return the deployment's id."""
        sha = options.pop("sha", None) or self.heads[service]
        is_partial = options.pop("partial", False)
        if is_partial:
            options |= {"state": "failure", "description": "partial: 5 of 8 regions"}
        minutes = options.setdefault("minutes", 5)
        moment = at(finished)
        deployment_id = self.estate.deploy(service, sha, moment, **options)
        started = moment - timedelta(minutes=minutes)
        self.books.deployments.append(
            Deployed(deployment_id, service, sha, started, moment, is_whole=not is_partial)
        )
        return deployment_id

    def commit(self, service: str, authored: str, *, committed: str = "") -> Merged:
        """Add a commit that belongs to no pull request."""
        written, stamped = at(authored), at(committed or authored)
        parents = (self.heads[service],) if service in self.heads else ()
        self.heads[service] = self.estate.commit(
            service, written, committed=stamped, parents=parents
        )
        return Merged(service, "Direct", (Committed(written, stamped),), None, stamped, "")

    def pull(
        self,
        service: str,
        authored: list[str],
        merged: str,
        *,
        title: str = "A change",
        reviewed: str = "",
        approved: bool = True,
        branch: str = "feature",
        squashed: bool = True,
    ) -> Merged:
        """Add a pull request, squashed or merged with its commits, opened at its last commit."""
        moments, moment = [at(text) for text in authored], at(merged)
        parents = (self.heads[service],) if service in self.heads else ()
        commits = [Committed(one, one, in_branch=not squashed) for one in moments]
        if squashed:
            head = self.estate.squash(service, moments, moment, parents=parents)
            commits.append(Committed(moment, moment, is_original=False))
        else:
            originals, tip = [], self.heads[service]
            for one in moments:
                tip = self.estate.commit(service, one, parents=(tip,), title="Work")
                originals.append((tip, one, "Work"))
            head = self.estate.commit(service, moment, parents=(*parents, tip), title="Merge")
            self.estate.pull(service, head, moment, originals)
            commits.append(Committed(moment, moment, is_original=False, is_merge=True))
        self.heads[service] = head
        record, _ = self.estate.streams["github", "pulls"][-1]
        record |= {"title": title, "head": {"ref": branch}}
        if reviewed:
            self._review(service, record["number"], at(reviewed), approved=approved)
        return Merged(
            service,
            title,
            tuple(commits),
            max(moments),
            moment,
            "",
            first_review=at(reviewed) if reviewed else None,
            approved=bool(reviewed) and approved,
            branch=branch,
        )

    def _review(self, service: str, number: int, moment: datetime, *, approved: bool) -> None:
        self.estate.add(
            "github",
            "pull_reviews",
            {
                "id": self.estate.number(),
                "user": {"login": "grace", "type": "User"},
                "state": "APPROVED" if approved else "COMMENTED",
                "submitted_at": _iso(moment),
            },
            repository=f"acme/{service}",
            pull_number=number,
        )

    def ship(self, deployment_id: str, *changes: Merged, is_baseline: bool = False) -> None:
        """Note which deployment carried what."""
        self.books.changes += [
            replace(one, deployment_id=deployment_id, is_baseline=is_baseline) for one in changes
        ]

    def incident(
        self,
        service: str,
        began: str,
        restored: str | None,
        *,
        closed: str = "",
        is_counted_by_us: bool = True,
        **options: Any,
    ) -> str:
        """Add an incident; peers count duplicates and false alarms too."""
        end = at(restored) if restored else None
        key = self.estate.incident(service, at(began), end, **options)
        if closed:
            record, _ = self.estate.streams["servicenow", "incident"][-1]
            record["closed_at"] = _desk(at(closed))
        named = options.get("caused_by") or None
        self.books.incidents.append(
            Broken(
                service,
                at(began),
                end,
                at(closed) if closed else end,
                named_deployment=named if is_counted_by_us else None,
            )
        )
        return key


def _pair(company: Company) -> None:
    """Write the two lead times of two and of ten hours."""
    company.estate.service("pair")
    first = company.commit("pair", "2026-02-02 08:00")
    company.ship(company.deploy("pair", "2026-02-02 09:00"), first, is_baseline=True)
    for authored, merged, finished in (
        ("2026-02-03 10:00", "2026-02-03 11:00", "2026-02-03 12:00"),
        ("2026-02-04 02:00", "2026-02-04 11:00", "2026-02-04 12:00"),
    ):
        change = company.pull("pair", [authored], merged, reviewed=merged)
        company.ship(company.deploy("pair", finished), change)


def _web(company: Company) -> None:
    """Write a first deployment with a pull request, a redeploy, a rollback, a partial, a hotfix."""
    company.estate.service("web")
    direct = company.commit("web", "2026-01-05 08:00")
    old = company.pull("web", ["2026-01-20 08:00"], "2026-01-26 08:00", reviewed="2026-01-25 08:00")
    first = company.deploy("web", "2026-02-03 09:00")
    company.ship(first, direct, old, is_baseline=True)
    base = company.heads["web"]
    two = company.pull(
        "web", ["2026-02-04 10:00", "2026-02-04 12:00:20"], "2026-02-05 08:00:30", title="Add X"
    )
    alone = company.commit("web", "2026-02-05 07:00", committed="2026-02-05 09:00")
    company.ship(company.deploy("web", "2026-02-05 12:00:45"), two, alone)
    company.deploy("web", "2026-02-05 18:00")
    whole = company.pull(
        "web",
        ["2026-02-06 08:00", "2026-02-09 08:00"],
        "2026-02-09 10:00",
        squashed=False,
        reviewed="2026-02-09 09:00",
        approved=False,
    )
    company.ship(company.deploy("web", "2026-02-10 10:00"), whole)
    company.deploy("web", "2026-02-10 16:00", sha=base)
    revert = company.pull(
        "web", ["2026-02-11 08:00"], "2026-02-11 09:00", title='Revert "Add X"',
        reviewed="2026-02-11 08:30",
    )  # fmt: skip
    company.ship(company.deploy("web", "2026-02-12 10:00"), revert)
    late = company.pull("web", ["2026-02-16 08:00"], "2026-02-16 12:00")
    company.ship(company.deploy("web", "2026-02-17 10:00", partial=True), late)
    fix = company.pull(
        "web", ["2026-03-02 08:00"], "2026-03-02 09:00", branch="hotfix/login",
        reviewed="2026-03-02 08:30",
    )  # fmt: skip
    company.ship(company.deploy("web", "2026-03-02 10:00"), fix)
    company.deploy("web", "2026-03-08 12:00")
    last = company.pull(
        "web", ["2026-03-09 08:00"], "2026-03-09 09:00", reviewed="2026-03-09 08:30"
    )
    company.ship(company.deploy("web", "2026-03-31 21:00"), last)


def _api(company: Company) -> None:
    """Write incidents: named, of another service's last deployment, open, doubled, false, minor."""
    company.estate.service("api")
    first = company.commit("api", "2026-02-02 07:00")
    company.ship(company.deploy("api", "2026-02-03 08:00"), first, is_baseline=True)
    change = company.pull(
        "api", ["2026-02-08 08:00"], "2026-02-09 08:00", reviewed="2026-02-08 09:00"
    )
    cause = company.deploy("api", "2026-02-09 09:00")
    company.ship(cause, change)
    named = company.incident(
        "api", "2026-02-09 09:30:40", "2026-02-09 12:10", closed="2026-02-12 12:00", caused_by=cause
    )
    company.incident("api", "2026-02-09 09:40", "2026-02-09 12:20", parent=named)
    company.incident("api", "2026-02-10 11:00", "2026-02-10 11:45")
    company.incident("api", "2026-02-18 11:00", "2026-02-19 01:00", severity=4)
    company.incident("api", "2026-03-03 11:00", "2026-03-03 11:20", close_code="False alarm")
    company.incident("api", "2026-03-30 20:00", "2026-04-02 08:00")
    company.incident("api", "2026-04-20 10:00", None)


def _lone(company: Company) -> None:
    """Write a service that was silent for more than sixty days."""
    company.estate.service("lone")
    first = company.commit("lone", "2026-02-10 07:00")
    company.ship(company.deploy("lone", "2026-02-10 08:00"), first, is_baseline=True)
    change = company.pull("lone", ["2026-04-20 08:00"], "2026-04-21 08:00")
    company.ship(company.deploy("lone", "2026-04-21 09:00"), change)


@pytest.fixture(scope="module")
def company() -> Company:
    """Return the company, written and noted."""
    company = Company()
    for write in (_pair, _web, _api, _lone):
        write(company)
    return company


@pytest.fixture(scope="module")
def published(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """Return the build made of it."""
    yield build_estate(
        tmp_path_factory.mktemp("peers"), company.estate, METRICS,
        "path:models/compatibility", "peer_differences",
    )  # fmt: skip


def _shown(
    published: Published, days: tuple[date, date] = WHOLE, service: str | None = None
) -> dict[tuple[str, str], dict[str, Any]]:
    frame = published.peer_metrics(since=days[0], until=days[1], service_id=service)
    return {(row["peer"], row["metric"]): row for row in frame.to_dicts()}


@pytest.mark.parametrize("service", [None, *SERVICES])
@pytest.mark.parametrize("days", [WHOLE, *MONTHS, (date(2026, 2, 4), date(2026, 3, 4))])
def test_every_number_of_a_peer_is_what_its_rules_give(
    published: Published, company: Company, days: tuple[date, date], service: str | None
) -> None:
    asked = Question(days[0], days[1], first=FIRST, last=LAST)
    shown = {key: row["value"] for key, row in _shown(published, days, service).items()}
    expected = {
        (peer, metric): value
        for peer, show in PEERS.items()
        for metric, value in show(company.books.of(service), asked).items()
    }
    assert shown == pytest.approx(expected)


def test_devlake_says_two_hours_where_the_median_of_two_and_ten_is_six(
    published: Published,
) -> None:
    ours = published.window(
        "lead_time_for_changes", since=WHOLE[0], until=WHOLE[1], service_ids=["pair"]
    ).row(0, named=True)
    theirs = _shown(published, service="pair")["devlake", "lead_time_for_changes"]
    assert (ours["value"], theirs["value"], theirs["n"]) == (6 * HOUR, 2 * HOUR, 2)


@pytest.mark.parametrize("service", [None, "web", "api"])
@pytest.mark.parametrize(("grain", "days"), [("whole", WHOLE), *(("month", one) for one in MONTHS)])
def test_the_published_periods_are_what_the_same_days_give_when_asked_for(
    published: Published, grain: str, days: tuple[date, date], service: str | None
) -> None:
    asked = published.peer_metrics(since=days[0], until=days[1], service_id=service)
    place = {"grain": grain, "period_start_date": days[0], "scope_id": service or "all"}
    stored = published.rows("peer_metrics", filters=place)
    columns = ["peer", "metric", "edition", "value", "n", "band", "causes"]
    assert stored.height == asked.height > 0
    assert stored.select(columns).sort(columns[:3]).equals(asked.select(columns).sort(columns[:3]))


def test_one_row_is_one_peer_metric_edition_period_and_scope(published: Published) -> None:
    key = ["peer", "metric", "edition", "grain", "period_start_date", "scope", "scope_id"]
    rows = published.rows("peer_metrics")
    assert rows.select(key).n_unique() == rows.height
    assert rows.filter(rows["value"] < 0).is_empty()


def test_only_the_peers_asked_for_are_computed(published: Published) -> None:
    asked = published.peer_metrics(since=WHOLE[0], until=WHOLE[1], peers=["gitlab", "datadog"])
    assert sorted(set(asked["peer"])) == ["datadog", "gitlab"]
    everything = published.peer_metrics(since=WHOLE[0], until=WHOLE[1])
    assert asked.equals(everything.filter(everything["peer"].is_in(["gitlab", "datadog"])))


@pytest.mark.parametrize(
    ("peer", "metric", "service", "cause"),
    [
        ("devlake", "time_to_restore", "api", "open incidents ranked as the shortest: 1"),
        ("devlake", "time_to_restore", "api", "duplicate records counted: 1"),
        ("devlake", "time_to_restore", "api", "false alarms counted: 1"),
        ("devlake", "time_to_restore", "api", "incidents of severity 3 and lower counted: 1"),
        (
            "devlake",
            "change_failure_rate",
            None,
            "incidents charged to a deployment of another service: 5",
        ),
        ("devlake", "change_failure_rate", "web", "partial deployments left out: 1"),
        ("devlake", "change_failure_rate", "web", "rollbacks and redeploys counted: 3"),
        (
            "devlake",
            "lead_time_for_changes",
            "web",
            "changes of a partial deployment dated to the next whole one: 1",
        ),
        ("devlake", "lead_time_for_changes", "web", "commits without a pull request left out: 1"),
        ("gitlab", "lead_time_for_changes", "web", "changes of a first deployment counted: 1"),
        ("gitlab", "time_to_restore", "api", "incidents timed to the closing of the record: 1"),
        ("four_keys", "lead_time_for_changes", "web", "merge commits counted: 1"),
        (
            "four_keys",
            "deployment_days_per_week",
            "lone",
            "empty weeks before the first deployment counted: 1",
        ),
        (
            "datadog",
            "lead_time_for_changes",
            "lone",
            "commits left out: 60 days without a deployment before theirs: 1",
        ),
        (
            "middleware",
            "lead_time_for_changes",
            "web",
            "changes without an approval, cut short at their review: 3",
        ),
        ("middleware", "time_to_restore", "api", "open incidents left out: 1"),
    ],
)
def test_what_makes_a_difference_is_counted(
    published: Published, peer: str, metric: str, service: str | None, cause: str
) -> None:
    causes = _shown(published, service=service)[peer, metric]["causes"]
    assert cause in causes.split("; ")


def test_bands_are_the_peers_own_words(published: Published) -> None:
    rows = published.peer_metrics(since=WHOLE[0], until=WHOLE[1], service_id="pair").to_dicts()
    bands = {(row["peer"], row["metric"], row["edition"]): row["band"] for row in rows}
    assert bands["devlake", "lead_time_for_changes", "2021"] == "Less than one week(high)"
    assert bands["devlake", "lead_time_for_changes", "2023"] == "Less than one day(elite)"
    assert bands["devlake", "deployment_days_per_week", "2021"] == (
        "Between once per month and once every 6 months(medium)"
    )
    assert bands["devlake", "deployment_days_per_week", "2023"] == (
        "Fewer than once per month(low)"
    )
    assert bands["four_keys", "deployment_days_per_week", "2019"] == "Yearly"
    assert bands["four_keys", "lead_time_for_changes", "2019"] == "One day"
    assert bands["gitlab", "lead_time_for_changes", "score"] == "high"
    assert bands["devlake", "time_to_restore", "2021"] is None
    assert bands["datadog", "lead_time_for_changes", None] is None


def test_nothing_to_count_is_null_and_no_band(published: Published) -> None:
    row = _shown(published, MONTHS[2], "pair")["devlake", "lead_time_for_changes"]
    assert (row["value"], row["n"], row["band"]) == (None, 0, None)


def test_every_number_of_a_peer_has_its_sentence_and_stands_beside_one_of_ours(
    published: Published,
) -> None:
    words = published.rows("peer_differences")
    numbers = published.rows("peer_metrics").select("peer", "metric").unique()
    assert {*numbers.iter_rows()} == {*words.select("peer", "metric").iter_rows()}
    assert set(words["metric"]) <= set(published.definitions()["metric"])
    for row in words.iter_rows(named=True):
        assert row["peer_title"] in row["sentence"]
        assert row["sentence"].endswith(".")
        assert row["source_url"].startswith("https://")


def test_units_are_those_of_our_metrics(published: Published) -> None:
    ours = dict(published.definitions().select("metric", "unit").iter_rows())
    numbers = published.rows("peer_metrics").select("metric", "unit").unique()
    assert [(metric, unit) for metric, unit in numbers.iter_rows() if ours[metric] != unit] == []
