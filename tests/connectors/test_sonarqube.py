"""SonarQube: histories by project, issues in slices that stay below the 10,000th row."""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from connectors import _sonarqube_issues, _sonarqube_walks, sonarqube
from connectors._contract import Page, Refusal
from connectors._errors import AuthRejected
from orchestration.lake import Lake
from orchestration.sync import sync
from tests.connectors.fakes import (
    START,
    FakeTime,
    json_reply,
    next_cursor,
    open_client,
    pages_of,
    read,
    resume_from,
)
from tests.transforms.models import NOW, build_models, rows
from transforms.home import Home

Row = dict[str, Any]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


@dataclass
class FakeSonar:
    """A server that pages, filters and refuses as SonarQube does."""

    projects: dict[str, list[Row]] = field(default_factory=dict)
    issues: list[Row] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    most_rows: int = 10_000
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        params = dict(request.url.params)
        name = request.url.path.removeprefix("/api/")
        self.asked.append((name, params))
        if int(params["p"]) * int(params["ps"]) > self.most_rows:
            return json_reply({"errors": [{"msg": "Can return only the first 10000 results"}]}, 400)
        if {params.get("project"), params.get("component")} & self.forbidden:
            return json_reply({"errors": [{"msg": "Insufficient privileges"}]}, 403)
        if name == "components/search_projects":
            found = [
                {"key": key, "name": key.title(), "analysisDate": analyses[-1]["date"]}
                if analyses
                else {"key": key, "name": key.title()}
                for key, analyses in self.projects.items()
            ]
            return self._page(found, "components", params)
        if name == "project_analyses/search":
            return self._page(self._analyses(params["project"], params), "analyses", params)
        if name == "measures/search_history":
            return self._history(params)
        assert name == "issues/search"
        return self._page(self._issues(params), "issues", params)

    def _page(self, found: list[Row], key: str, params: dict[str, str]) -> httpx.Response:
        page, size = int(params["p"]), int(params["ps"])
        paging = {"pageIndex": page, "pageSize": size, "total": min(len(found), self.most_rows)}
        return json_reply({"paging": paging, key: found[(page - 1) * size : page * size]})

    def _analyses(self, project: str, params: dict[str, str]) -> list[Row]:
        found = [one for one in self.projects[project] if one["date"] >= params.get("from", "")]
        return [{key: one[key] for key in ("key", "date", "revision")} for one in found[::-1]]

    def _history(self, params: dict[str, str]) -> httpx.Response:
        page, size = int(params["p"]), int(params["ps"])
        found = [
            one
            for one in self.projects[params["component"]]
            if one["date"] >= params.get("from", "")
        ]
        shown = found[(page - 1) * size : page * size]
        measures = [
            {
                "metric": metric,
                "history": [
                    {"date": one["date"], "value": one[metric]}
                    if metric in one
                    else {"date": one["date"]}
                    for one in shown
                ],
            }
            for metric in params["metrics"].split(",")
        ]
        paging = {"pageIndex": page, "pageSize": size, "total": len(found)}
        return json_reply({"paging": paging, "measures": measures})

    def _issues(self, params: dict[str, str]) -> list[Row]:
        begin, end = _at(params["createdAfter"]), _at(params["createdBefore"])
        assert begin < end
        found = [
            one
            for one in self.issues
            if begin <= _at(one["creationDate"]) < end
            and params.get("severities", one["severity"]) == one["severity"]
            and params.get("types", one["type"]) == one["type"]
            and params.get("components", one["project"]) == one["project"]
        ]
        assert (params["s"], params["asc"]) == ("UPDATE_DATE", "false")
        return sorted(found, key=lambda one: str(one["updateDate"]), reverse=True)


def _analysis(number: int, *, gate: str = "OK", coverage: str = "80.0") -> Row:
    date = _stamp(START - timedelta(days=30 - number))
    return {
        "key": f"A{number}",
        "date": date,
        "revision": f"{number:040}",
        "alert_status": gate,
        "coverage": coverage,
    }


def _issue(number: int, *, created: datetime, updated: datetime | None = None, **more: Any) -> Row:
    return {
        "key": f"I{number}",
        "project": "shop",
        "component": "shop:src/a.py",
        "rule": "python:S1",
        "severity": "MAJOR",
        "type": "BUG",
        "status": "OPEN",
        "message": "no",
        "line": number + 1,
        "author": "ada@acme.test",
        "creationDate": _stamp(created),
        "updateDate": _stamp(updated or created),
    } | more


def _connector(**settings: Any) -> sonarqube.SonarQubeConnector:
    config = sonarqube.Config(
        token=SecretStr("t"), base_url="https://sonar.test", metrics=("alert_status", "coverage")
    )
    return sonarqube.connect(config.model_copy(update=settings), name="sonar")


def _records(items: list[Page | Refusal], stream: str) -> Iterator[Row]:
    for page in pages_of(items, stream):
        if page.format == "ndjson":
            yield from map(json.loads, (page.decoded or page.body).splitlines())
        else:
            yield from json.loads(page.body)[page.records_path.removeprefix("$.")]


def _keys(items: list[Page | Refusal]) -> set[str]:
    return {row["key"] for row in _records(items, "issues")}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let a page hold 5 rows and a list end after 10."""
    for module in (_sonarqube_walks, _sonarqube_issues):
        monkeypatch.setattr(module, "PER_PAGE", 5)
        monkeypatch.setattr(module, "MOST_ROWS", 10)
    return 10


# -- projects and analyses -----------------------------------------------------------------------


@pytest.mark.usefixtures("small")
def test_projects_come_in_pages() -> None:
    server = FakeSonar(projects={f"p{number}": [] for number in range(7)})
    items = read(_connector(organization="acme"), "projects", server)
    assert [page.row_count for page in pages_of(items, "projects")] == [5, 2]
    assert all(params["organization"] == "acme" for _, params in server.asked)


def test_a_server_without_projects_is_read_to_its_end() -> None:
    assert [
        page.row_count for page in pages_of(read(_connector(), "projects", FakeSonar()), "projects")
    ] == [0]
    assert read(_connector(), "analyses", FakeSonar()) == []


def test_every_analysis_brings_its_gate_its_measures_and_its_commit() -> None:
    bare = _analysis(2, gate="ERROR")
    del bare["coverage"]
    server = FakeSonar(projects={"shop": [_analysis(1), bare], "idle": []})
    items = read(_connector(), "analyses", server)
    assert [item.stream for item in items] == ["measures", "analyses"]
    told = [(row["metric"], row["date"][:10], row["value"]) for row in _records(items, "measures")]
    assert told == [
        ("alert_status", "2026-10-24", "OK"),
        ("alert_status", "2026-10-25", "ERROR"),
        ("coverage", "2026-10-24", "80.0"),
    ]
    assert [row["revision"][-1] for row in _records(items, "analyses")] == ["2", "1"]


def test_a_second_run_asks_only_for_projects_that_were_analysed_since() -> None:
    server = FakeSonar(projects={"shop": [_analysis(1)], "pay": [_analysis(1)]})
    connector = _connector()
    cursor = next_cursor(connector, "analyses", read(connector, "analyses", server))
    server.asked.clear()
    assert read(connector, "analyses", server, cursor=cursor) == []
    assert [name for name, _ in server.asked] == ["components/search_projects"]
    server.projects["pay"].append(_analysis(3))
    items = read(connector, "analyses", server, cursor=cursor)
    assert {page.context["project"] for page in pages_of(items, "analyses")} == {"pay"}
    assert {params.get("from") for name, params in server.asked if "history" in name} == {
        _analysis(1)["date"]
    }
    moved = next_cursor(connector, "analyses", items, cursor)
    assert moved == {
        "parts": {
            "shop": {"through": _analysis(1)["date"]},
            "pay": {"through": _analysis(3)["date"]},
        }
    }


def test_a_project_that_refuses_does_not_stop_the_others() -> None:
    server = FakeSonar(
        projects={"secret": [_analysis(1)], "shop": [_analysis(1)]}, forbidden={"secret"}
    )
    refusal, *rest = read(_connector(), "analyses", server)
    assert isinstance(refusal, Refusal)
    assert (refusal.partition, refusal.reason, refusal.is_final) == ("secret", "forbidden", False)
    assert {item.context["project"] for item in rest} == {"shop"}


def test_a_run_that_was_cut_short_does_not_read_a_project_twice() -> None:
    server = FakeSonar(projects={"shop": [_analysis(1)], "pay": [_analysis(1)]})
    connector = _connector()
    first = read(connector, "analyses", server, stop_after=3)
    server.asked.clear()
    rest = read(connector, "analyses", server, resume=resume_from(first))
    assert [(item.stream, item.context["project"]) for item in first + rest] == [
        ("measures", "shop"),
        ("analyses", "shop"),
        ("measures", "pay"),
        ("analyses", "pay"),
    ]


# -- issues --------------------------------------------------------------------------------------


def test_issues_beyond_the_last_row_are_found_in_slices(small: int) -> None:
    made = [
        _issue(number, created=START - timedelta(days=400 - 7 * number)) for number in range(47)
    ]
    server = FakeSonar(issues=made, most_rows=small)
    items = read(_connector(), "issues", server)
    assert _keys(items) == {issue["key"] for issue in made}
    assert Counter(row["key"] for row in _records(items, "issues")).most_common(1)[0][1] == 1
    assert not [item for item in items if isinstance(item, Refusal)]


def test_a_second_that_holds_too_many_is_sliced_by_severity_and_type(small: int) -> None:
    made = [
        _issue(number, created=START, severity=severity, type=kind)
        for number, (severity, kind) in enumerate(
            [("MAJOR", "BUG")] * 6 + [("MAJOR", "CODE_SMELL")] * 6 + [("INFO", "BUG")] * 6
        )
    ]
    items = read(_connector(), "issues", FakeSonar(issues=made, most_rows=small))
    assert _keys(items) == {issue["key"] for issue in made}


def test_what_stays_out_of_reach_is_said_once_and_the_rest_is_read(small: int) -> None:
    made = [_issue(number, created=START) for number in range(small + 5)]
    late = _issue(99, created=START + timedelta(minutes=1))
    items = read(_connector(), "issues", FakeSonar(issues=[*made, late], most_rows=small))
    (refusal,) = [item for item in items if isinstance(item, Refusal)]
    assert (refusal.reason, refusal.is_final) == ("out_of_reach", True)
    assert len(_keys(items)) == small + 1
    assert "I99" in _keys(items)


@pytest.mark.usefixtures("small")
def test_a_second_run_reads_from_the_newest_update_to_what_is_known() -> None:
    old = [_issue(number, created=START - timedelta(days=90 - number)) for number in range(9)]
    server = FakeSonar(issues=old)
    connector = _connector()
    cursor = next_cursor(connector, "issues", read(connector, "issues", server))
    server.asked.clear()
    server.issues[0] = _issue(
        0, created=START - timedelta(days=90), updated=START + timedelta(minutes=5), status="CLOSED"
    )
    later = FakeTime(START + timedelta(hours=2))
    items = read(connector, "issues", server, cursor=cursor, time=later)
    assert len(server.asked) == 1
    assert next(_records(items, "issues"))["status"] == "CLOSED"
    moved = next_cursor(connector, "issues", items, cursor)
    assert moved == {"parts": {"": {"through": _stamp(START + timedelta(hours=2))}}}


def test_more_updates_than_a_list_holds_are_found_in_slices(small: int) -> None:
    made = [_issue(number, created=START - timedelta(days=90 - number)) for number in range(23)]
    server = FakeSonar(issues=made, most_rows=small)
    connector = _connector()
    cursor = next_cursor(connector, "issues", read(connector, "issues", server))
    for issue in server.issues:
        issue["updateDate"] = _stamp(START + timedelta(minutes=1))
    items = read(connector, "issues", server, cursor=cursor, time=FakeTime(START + timedelta(1)))
    fresh = {row["key"] for row in _records(items, "issues") if row["updateDate"] > _stamp(START)}
    assert len(fresh) == 23


def test_an_interrupted_first_run_goes_on_at_its_slice_and_keeps_its_beginning(small: int) -> None:
    made = [_issue(number, created=START - timedelta(days=7 * number)) for number in range(30)]
    server = FakeSonar(issues=made, most_rows=small)
    connector = _connector()
    first = read(connector, "issues", server, stop_after=4)
    later = FakeTime(START + timedelta(hours=5))
    rest = read(connector, "issues", server, resume=resume_from(first), time=later)
    assert _keys(first) | _keys(rest) == {issue["key"] for issue in made}
    assert len(_keys(rest)) < 30
    assert next_cursor(connector, "issues", first + rest) == {
        "parts": {"": {"through": _stamp(START)}}
    }
    assert next_cursor(connector, "issues", first) == {"parts": {}}


def test_named_projects_are_asked_for_by_both_names_of_the_parameter() -> None:
    server = FakeSonar(issues=[_issue(1, created=START), _issue(2, created=START, project="pay")])
    items = read(_connector(projects=("shop",)), "issues", server)
    assert _keys(items) == {"I1"}
    assert {params["componentKeys"] for _, params in server.asked} == {"shop"}


def test_an_issue_without_its_date_is_kept_with_the_page_it_came_on() -> None:
    broken = _issue(1, created=START)
    del broken["updateDate"]

    def server(_: httpx.Request) -> httpx.Response:
        return json_reply({"paging": {"total": 1}, "issues": [broken]})

    (refusal,) = read(_connector(), "issues", server)
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.is_final) == ("unexpected_shape", False)
    assert b"I1" in refusal.body


def test_a_reply_of_another_shape_is_set_aside() -> None:
    (refusal,) = read(_connector(), "issues", lambda _: json_reply({"issues": {}}))
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "unexpected_shape"


# -- credentials ---------------------------------------------------------------------------------


def test_a_rejected_token_is_said() -> None:
    with pytest.raises(AuthRejected, match="user token"):
        read(_connector(), "projects", lambda _: json_reply({}, 401))


@pytest.mark.parametrize(
    ("as_username", "expected"),
    [(False, "Bearer t"), (True, f"Basic {base64.b64encode(b't:').decode()}")],
)
def test_an_older_server_takes_the_token_as_a_user_name(as_username: bool, expected: str) -> None:
    headers = _connector(token_as_username=as_username).access.headers
    assert headers["authorization"].get_secret_value() == expected


@pytest.mark.parametrize("address", ["http://sonar.test", "sonar.test", "https://u:p@sonar.test"])
def test_an_address_that_would_give_the_token_away_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="base_url"):
        sonarqube.Config(token=SecretStr("t"), base_url=address)


# -- to the canonical tables ---------------------------------------------------------------------


def _sync(home: Home, server: FakeSonar) -> None:
    connector = _connector()
    report = sync(
        [connector],
        Lake(home.lake),
        lambda: START,
        open_client=lambda access, source: open_client(access, server, source=source),
    )
    assert report.is_complete


def test_gates_measures_and_issues_reach_their_tables(tmp_path: Path) -> None:
    closed: Row = {"status": "CLOSED", "resolution": "FIXED", "closeDate": _stamp(START)}
    server = FakeSonar(
        projects={"shop": [_analysis(1), _analysis(2, gate="ERROR", coverage="75.5")]},
        issues=[
            _issue(1, created=START - timedelta(days=3)),
            _issue(2, created=START - timedelta(days=2), **closed),
            _issue(3, created=START, issueStatus="ACCEPTED", rule="secrets:S6290"),
        ],
    )
    home = Home(root=tmp_path / "data")
    _sync(home, server)
    build_models(home, "findings", "quality_measures", now=NOW)
    measures = {
        (row["metric"], row["measured_at"].day): (row["value"], row["verdict"], row["commit_sha"])
        for row in rows(home, "quality_measures")
    }
    first, second = f"{1:040}", f"{2:040}"
    assert measures == {
        ("quality_gate", 24): (None, "pass", first),
        ("quality_gate", 25): (None, "fail", second),
        ("coverage", 24): (0.8, None, first),
        ("coverage", 25): (0.755, None, second),
    }
    found = rows(home, "findings")
    states = {row["finding_id"]: (row["state"], row["category"]) for row in found}
    assert states == {
        "sonar:I1": ("open", "static_analysis"),
        "sonar:I2": ("fixed", "static_analysis"),
        "sonar:I3": ("dismissed", "secret"),
    }
    assert {row["file_path"] for row in found} == {"src/a.py"}
    assert {row["service_name"] for row in found} == {"Shop"}
    assert not [row for row in found if "ada" in str(row)]
