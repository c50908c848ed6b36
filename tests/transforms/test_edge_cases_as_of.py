"""Time travel: a build of an earlier instant equals the publish made then (edge case 26 too).

One estate is read at four instants; between them its records are edited, edited back, deleted at
the source, read again unchanged, and told of late. Three of the publishes are built once more.
"""

import copy
import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors._contract import Page
from orchestration.lake import Lake
from orchestration.lake_run import RunTotals
from orchestration.publish import Publication
from orchestration.run import Context, build_and_publish
from orchestration.settings import Environment
from tests.transforms.estate import Estate, Record, at
from transforms.current import read_build
from transforms.home import Home
from transforms.published import Published, open_build

pytestmark = pytest.mark.slow
INSTANTS = tuple(
    at(text) for text in ("2026-03-05 06:00", "2026-03-10 06:00", "2026-03-20 06:00",
                          "2026-04-02 06:00")
)  # fmt: skip
FEBRUARY = date(2026, 2, 1)
HOUR = 3600.0


class Company(Estate):
    """An estate that remembers what it wrote, so that it can be read again or be changed."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.written: dict[tuple[str, str], list[tuple[Record, Record]]] = {}
        self.audit_log: list[Record] = []

    def change(self, source: str, stream: str, key: str, value: object, **changes: Any) -> None:
        """Read a record again in another version: the one whose `key` is `value`."""
        rows = self.written[source, stream] + self.streams.get((source, stream), [])
        record, context = next(row for row in reversed(rows) if row[0][key] == value)
        self.add(source, stream, copy.deepcopy(record) | changes, **context)

    def read_again(self, *, without: tuple[str, ...] = ()) -> None:
        """Read the newest version of everything again, but for what was deleted at the source."""
        for (source, stream), rows in self.written.items():
            newest = {
                json.dumps([context, *(record.get(key) for key in ("id", "sys_id", "sha", "name"))])
                + str(record.get("number")): (record, context)
                for record, context in rows
            }
            for record, context in newest.values():
                if str(record.get("id")) not in without:
                    self.add(source, stream, record, **context)

    def read(self, root: Path, *, read_at: datetime) -> None:
        """Write what was added as pages of this instant; the audit log as a whole export."""
        for stream, rows in self.streams.items():
            self.written.setdefault(stream, []).extend(copy.deepcopy(rows))
        self.write(root, read_at=read_at)
        lines = "\n".join(json.dumps(row) for row in self.audit_log).encode()
        run = Lake(root).start_run(
            "servicenow", "incident_audit_log", kind="servicenow", read_at=read_at
        )
        page = Page(
            stream="incident_audit_log", body=lines, url="file:log.csv", read_at=read_at,
            row_count=len(self.audit_log), format="ndjson",
        )  # fmt: skip
        run.add(page, versions_from_source=True)
        totals = RunTotals(pages=1, rows=len(self.audit_log), bytes=len(lines))
        run.finish(read_at=read_at, status="complete", totals=totals)

    def log(self, number: str, updated: str, state: str, *, opened: str = "") -> None:
        """Add a row to the audit log's export; `finish` repeats the final times on all rows."""
        self.audit_log.append(
            {
                "number": number,
                "row_ordinal": len(self.audit_log),
                "incident_state": state,
                "u_symptom": "Something is broken",
                "cmdb_ci": "desk",
                "priority": "2 - High",
                "reopen_count": "0",
                "opened_at": opened or updated,
                "resolved_at": "?",
                "closed_at": "?",
                "sys_updated_at": updated,
            }
        )

    def finish(self, number: str, *, resolved: str, closed: str = "?") -> None:
        """State an incident's final times on all its rows, as such an export does."""
        for row in self.audit_log:
            if row["number"] == number:
                row |= {"resolved_at": resolved, "closed_at": closed}


def _first_reading(company: Company) -> dict[str, str]:
    ids = {}
    for service, team in (("shop", "front"), ("pay", "back"), ("case-26", "back"), ("desk", "")):
        company.service(service, team=team or None)
    base = company.commit("shop", at("2026-01-05 08:00"))
    company.deploy("shop", base, at("2026-01-05 09:00"))
    merge = company.squash(
        "shop", [at("2026-02-02 08:00"), at("2026-02-03 08:00")], at("2026-02-04 08:00"),
        parents=(base,),
    )  # fmt: skip
    ids["second"] = company.deploy("shop", merge, at("2026-02-04 10:00"))
    ids["third_sha"] = company.commit("shop", at("2026-02-10 08:00"), parents=(merge,))
    ids["pending"] = company.deploy("shop", ids["third_sha"], at("2026-03-04 10:00"), minutes=5)
    company.streams["github", "deployment_statuses"].pop()  # it still runs
    first = company.commit("pay", at("2026-01-05 08:00"))
    company.deploy("pay", first, at("2026-01-05 09:00"), artifact_digest="pay-0")
    second = company.commit("pay", at("2026-02-05 08:00"), parents=(first,))
    ids["doomed"] = company.deploy(
        "pay", second, at("2026-02-05 10:00"), artifact_digest="pay-1", environment="canary"
    )
    ids["paid"] = company.deploy("pay", second, at("2026-02-05 11:00"), artifact_digest="pay-1")
    ids["run"] = str(company.run_with_jobs("pay", {"deploy production": "success"}))
    ids["open"] = company.incident("shop", at("2026-02-20 10:00"), None)
    ids["blamed"] = company.incident("pay", at("2026-02-05 12:00"), at("2026-02-05 13:00"))
    company.incident("case-26", at("2026-02-10 10:00"), at("2026-02-10 12:00"))
    ids["request"] = company.change_request("pay", at("2026-02-05 09:00"), "github:0")
    for name in ("shop", "pay"):
        company.configuration_item(name)
    company.add("servicenow", "cmdb_rel_ci", {
        "sys_id": "rel-1", "parent": {"value": "ci-shop"}, "child": {"value": "ci-pay"},
    })  # fmt: skip
    company.add("servicenow", "sysapproval_approver", {
        "sys_id": "app-1", "sysapproval": {"value": ids["request"]}, "state": "requested",
        "sys_created_on": "2026-02-05 09:00:00", "sys_updated_on": "2026-02-05 09:00:00",
    })  # fmt: skip
    company.add("pagerduty", "incidents", {
        "id": "PD1", "title": "Pay is slow", "status": "triggered", "urgency": "high",
        "service": {"id": "S1", "summary": "pay"}, "created_at": "2026-02-20T09:58:00Z",
        "updated_at": "2026-02-20T09:58:00Z",
    })  # fmt: skip
    company.add("junit", "test_results", {
        "report_file": "a.xml", "suite": "s", "classname": "c", "name": "works",
        "status": "passed", "time_seconds": "0.1", "started_at": "2026-02-05T08:30:00Z",
        "properties": {"service": "pay", "commit_sha": second},
    })  # fmt: skip
    for number, (day, name) in enumerate((("02", "1.0.0"), ("09", "1.1.0")), start=1):
        sha = f"{number:040x}"
        _git_commit(company, sha, f"2026-02-{day} 08:00", parents=number - 1)
        _git_tag(company, name, sha, f"2026-02-{day} 09:00")
    company.log("INC1", "10/02/2026 10:00", "New")
    company.log("INC1", "11/02/2026 10:00", "Active", opened="10/02/2026 10:00")
    company.log("INC2", "12/02/2026 10:00", "New")
    company.log("INC2", "12/02/2026 12:00", "Resolved", opened="12/02/2026 10:00")
    company.finish("INC2", resolved="12/02/2026 12:00")
    return ids


def _git_commit(company: Company, sha: str, moment: str, *, parents: int, title: str = "") -> None:
    company.add(
        "git", "commits",
        {"sha": sha, "subject": title or "Work", "author_email": "ada@example.org",
         "parents": [f"{parents:040x}"] if parents else [],
         "authored_at": int(at(moment).timestamp()), "committed_at": int(at(moment).timestamp())},
        repository="tool",
    )  # fmt: skip


def _git_tag(company: Company, name: str, sha: str, moment: str) -> None:
    tag = {"name": name, "commit_sha": sha, "created_at": int(at(moment).timestamp())}
    company.add("git", "tags", tag, repository="tool")


def _second_reading(company: Company, ids: dict[str, str]) -> None:
    company.read_again()
    number = int(ids["pending"].removeprefix("github:"))
    status = {"id": company.number(), "state": "success", "description": ""}
    company.add(
        "github", "deployment_statuses", status | {"created_at": "2026-03-04T10:00:00Z"},
        repository="acme/shop", deployment_id=number,
    )  # fmt: skip
    # told of late: events of February that no source had said before
    company.incident("case-26", at("2026-02-12 10:00"), at("2026-02-12 14:00"))
    company.deploy("pay", company.commit("pay", at("2026-02-20 08:00")), at("2026-02-20 10:00"))
    company.deploy("fresh", company.commit("fresh", at("2026-02-21 08:00")), at("2026-02-21 09:00"))
    # edited: the incident names its cause, the item another service, the tag another commit
    company.change(
        "servicenow", "incident", "sys_id", ids["blamed"].removeprefix("servicenow:"),
        caused_by={"value": ids["request"]}, sys_updated_on="2026-03-08 08:00:00",
    )  # fmt: skip
    company.change(
        "servicenow", "change_request", "sys_id", ids["request"], correlation_id=ids["paid"]
    )
    company.change("servicenow", "sysapproval_approver", "sys_id", "app-1", state="approved")
    company.change("servicenow", "cmdb_ci", "sys_id", "ci-shop", name="pay")
    company.add("pagerduty", "log_entries", {
        "id": "L1", "type": "acknowledge_log_entry", "incident": {"id": "PD1"},
        "created_at": "2026-02-20T10:05:00Z",
    })  # fmt: skip
    _git_commit(company, f"{3:040x}", "2026-02-09 08:30", parents=2)
    _git_tag(company, "1.1.0", f"{3:040x}", "2026-02-09 09:30")
    company.log("INC1", "06/03/2026 10:00", "Resolved", opened="10/02/2026 10:00")
    company.finish("INC1", resolved="06/03/2026 10:00", closed="11/03/2026 10:00")


def _third_reading(company: Company, ids: dict[str, str]) -> None:
    # deleted at the source: the canary deployment is not told of any more
    company.read_again(without=(ids["doomed"].removeprefix("github:"),))
    company.change("servicenow", "cmdb_ci", "sys_id", "ci-shop", name="shop")  # edited back
    company.change(
        "servicenow", "incident", "sys_id", ids["open"].removeprefix("servicenow:"),
        state="6", resolved_at="2026-03-12 10:00:00", correlation_id="pagerduty:PD1",
        sys_updated_on="2026-03-12 10:00:00",
    )  # fmt: skip
    company.change("github", "workflow_jobs", "run_id", int(ids["run"]), conclusion="failure")
    company.change(
        "pagerduty", "incidents", "id", "PD1", status="resolved",
        last_status_change_at="2026-03-12T10:01:00Z", updated_at="2026-03-12T10:01:00Z",
    )  # fmt: skip
    company.add("servicenow", "cmdb_rel_ci", {
        "sys_id": "rel-1", "parent": {"value": "ci-pay"}, "child": {"value": "ci-shop"},
    })  # fmt: skip
    sha = company.commit(
        "shop", at("2026-03-15 08:00"), parents=(ids["third_sha"],),
        title=f"Undo\n\nThis reverts commit {ids['third_sha']}.",
    )  # fmt: skip
    company.deploy("shop", sha, at("2026-03-15 10:00"))
    company.deploy("shop", sha, at("2026-03-16 10:00"), environment="qa")
    _git_commit(
        company, f"{4:040x}", "2026-03-11 08:00", parents=3,
        title=f"Revert it. This reverts commit {2:040x}.",
    )  # fmt: skip
    _git_tag(company, "1.2.0", f"{4:040x}", "2026-03-11 09:00")
    company.log("INC1", "11/03/2026 10:00", "Closed", opened="10/02/2026 10:00")
    company.finish("INC1", resolved="06/03/2026 10:00", closed="11/03/2026 10:00")


def _fourth_reading(company: Company, ids: dict[str, str]) -> None:
    company.read_again()
    company.change(
        "servicenow", "incident", "sys_id", ids["blamed"].removeprefix("servicenow:"),
        close_code="False alarm", sys_updated_on="2026-04-01 08:00:00",
    )  # fmt: skip
    company.change("github", "pulls", "title", "A change", title="Another title")
    company.deploy("pay", company.commit("pay", at("2026-03-30 08:00")), at("2026-03-30 10:00"))
    _git_tag(company, "1.0.0", f"{1:040x}", "2026-02-03 09:00")


@dataclass(frozen=True)
class History:
    """The publishes of the four readings, and the builds of the first three instants after."""

    context: Context
    publishes: tuple[Publication, ...]
    rebuilt: tuple[Publication, ...]

    def published(self, number: int) -> Published:
        build = read_build(self.publishes[number].path)
        assert build is not None
        return open_build(build)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """Read, publish, read more, publish again; then build the past."""
    home = Home(root=tmp_path_factory.mktemp("history"))
    company, publishes = Company(), []
    ids = _first_reading(company)
    readings = (None, _second_reading, _third_reading, _fourth_reading)
    clock = iter(INSTANTS)
    context = Context(home=home, environment=Environment(), clock=lambda: next(clock, INSTANTS[-1]))
    for instant, reading in zip(INSTANTS, readings, strict=True):
        if reading:
            reading(company, ids)
        company.read(home.lake, read_at=instant)
        publishes.append(build_and_publish(context))
    rebuilt = [
        build_and_publish(context, as_of=instant, moves_current=False) for instant in INSTANTS[:3]
    ]
    return History(context=context, publishes=tuple(publishes), rebuilt=tuple(rebuilt))


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_build_of_an_earlier_instant_equals_the_publish_made_then(
    history: History, number: int
) -> None:
    then, again = history.publishes[number].manifest, history.rebuilt[number].manifest
    assert datetime.fromisoformat(then.as_of) == INSTANTS[number]
    different = {
        name
        for name, value in then.table_fingerprints.items()
        if again.table_fingerprints.get(name) != value
    }
    assert different == set()
    assert again.fingerprint == then.fingerprint
    assert history.rebuilt[number].path == history.publishes[number].path


def test_every_reading_changed_what_was_published(history: History) -> None:
    prints = [one.manifest.fingerprint for one in history.publishes]
    assert len(set(prints)) == len(prints)
    for earlier, later in zip(history.publishes, history.publishes[1:], strict=False):
        assert later.manifest.tables["incidents"] > earlier.manifest.tables["incidents"]
        assert later.manifest.tables["deployments"] > earlier.manifest.tables["deployments"]


def _february(published: Published, metric: str) -> dict[str, Any]:
    frame = published.metric(metric, grain="month", scope="service", scope_id="case-26")
    return frame.filter(pl.col("period_start_date") == FEBRUARY).row(0, named=True)


def test_case_26_a_late_incident_restates_the_month_and_leaves_the_old_report_as_it_was(
    history: History,
) -> None:
    old, new = history.published(0), history.published(1)
    before, after = _february(old, "time_to_restore"), _february(new, "time_to_restore")
    assert (before["value"], before["n"]) == (2 * HOUR, 1)
    assert (after["value"], after["n"]) == (3 * HOUR, 2)
    rows = new.restatements().filter(
        (pl.col("scope_id") == "case-26") & (pl.col("grain") == "month")
    )
    restated = {row["metric"]: row for row in rows.iter_rows(named=True)}
    row = restated["time_to_restore"]
    assert (row["old_value"], row["new_value"]) == (2 * HOUR, 3 * HOUR)
    assert (row["old_n"], row["new_n"], row["cause"]) == (1, 2, "late_data")
    assert row["period_start_date"] == FEBRUARY
    assert [row["old_as_of"], row["new_as_of"]] == [
        instant.replace(tzinfo=None) for instant in INSTANTS[:2]
    ]
    assert not row["was_provisional"]
    count = restated["incident_count"]
    assert (count["old_n"], count["new_n"]) == (1, 2)
    assert count["new_value"] == pytest.approx(2 * count["old_value"])
    assert set(restated["downtime"]["detail"].split(", ")) >= {"value"}
    again = read_build(history.rebuilt[0].path)
    assert again is not None
    assert _february(open_build(again), "time_to_restore") == before


def test_case_26_a_restatement_stays_in_later_builds(history: History) -> None:
    newest = history.published(3).restatements()
    mine = newest.filter(
        (pl.col("scope_id") == "case-26") & (pl.col("metric") == "time_to_restore")
    )
    assert set(mine["grain"]) == {"week", "month"}
    assert set(mine["new_build_id"]) == {history.publishes[1].manifest.build_id}
    assert newest["restatement_id"].n_unique() == newest.height


def test_only_periods_that_were_over_are_restated(history: History) -> None:
    for row in history.published(3).restatements().iter_rows(named=True):
        assert row["period_end_date"] <= row["old_as_of"].date()


def test_first_publishes_and_builds_of_the_past_restate_nothing(history: History) -> None:
    assert history.publishes[0].manifest.restated == {}
    assert history.published(0).restatements().is_empty()
