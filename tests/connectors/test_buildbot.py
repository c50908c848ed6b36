"""Buildbot as documented: what ended since, ties within a second, steps of what deploys."""

import json
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import ValidationError

from connectors import buildbot
from connectors._contract import Page, Refusal
from connectors._errors import UnexpectedShape
from tests.connectors.fakes import START, json_reply, next_cursor, pages_of, read, resume_from

NOW = int(START.timestamp())


def _build(number: int, *, ended: int | None, builder: str = "unit tests") -> dict[str, Any]:
    return {
        "buildid": number,
        "builderid": 1,
        "number": number,
        "complete": ended is not None,
        "started_at": NOW - 90_000,
        "complete_at": ended,
        "results": None if ended is None else 0,
        "properties": {"buildername": [builder, "Builder"], "branch": ["main", "Build"]},
    }


class FakeBuildbot:
    """Builds as version 2 of the interface filters, orders and cuts them."""

    def __init__(
        self, *builds: dict[str, Any], without_steps: frozenset[int] = frozenset()
    ) -> None:
        self.builds = list(builds)
        self.without_steps = without_steps
        self.asked: list[tuple[str, dict[str, list[str]]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = parse_qs(request.url.query.decode())
        self.asked.append((request.url.path, query))
        if request.url.path.endswith("/steps"):
            number = int(request.url.path.split("/")[-2])
            if number in self.without_steps:
                return json_reply({"error": "not found"}, 404)
            steps = [{"stepid": number * 10, "buildid": number, "name": "deploy", "results": 0}]
            return json_reply({"steps": steps, "meta": {"total": 1}})
        is_complete = query["complete"] == ["true"]
        rows = [build for build in self.builds if build["complete"] is is_complete]
        if is_complete:
            floor = int(query["complete_at__ge"][0])
            rows = [row for row in rows if row["complete_at"] >= floor]
        else:
            rows = [row for row in rows if row["buildid"] > int(query["buildid__gt"][0])]
        rows.sort(key=lambda row: [row[name] for name in query["order"]])
        offset, limit = int(query.get("offset", ["0"])[0]), int(query["limit"][0])
        shown = rows[offset : offset + limit]
        return json_reply({"builds": shown, "meta": {"total": len(shown)}})

    def floors(self) -> list[int]:
        """Return from which end on complete builds were asked for."""
        return [int(query["complete_at__ge"][0]) for _, query in self.asked if "offset" in query]


def _connector(**more: Any) -> buildbot.BuildbotConnector:
    config = buildbot.Config(base_url="https://ci.example.test", **more)
    return buildbot.connect(config, name="ci")


def _numbers(items: list[Page | Refusal]) -> list[int]:
    pages = pages_of(items, "builds")
    return [build["buildid"] for page in pages for build in json.loads(page.body)["builds"]]


def test_a_master_without_builds_gives_empty_pages_and_keeps_the_cursor() -> None:
    items = read(_connector(), "builds", FakeBuildbot(), cursor={"complete_at": 7_000})
    assert _numbers(items) == []
    assert next_cursor(_connector(), "builds", items) == {"complete_at": 7_000}


def test_builds_that_ended_within_one_second_are_not_lost_between_pages() -> None:
    fake = FakeBuildbot(*(_build(number, ended=NOW - 60) for number in range(1, 251)))
    items = read(_connector(), "builds", fake)
    assert sorted(_numbers(items)) == list(range(1, 251))


def test_pages_go_on_from_the_last_end_and_not_by_a_growing_offset() -> None:
    fake = FakeBuildbot(*(_build(number, ended=NOW - 1_000 + number) for number in range(1, 251)))
    assert _numbers(read(_connector(), "builds", fake)) == list(range(1, 251))
    assert [query["offset"] for _, query in fake.asked if "offset" in query] == [
        ["0"],
        ["1"],
        ["1"],
    ]


def test_a_build_that_still_runs_is_read_and_read_again_when_it_has_ended() -> None:
    fake = FakeBuildbot(_build(1, ended=None), _build(2, ended=NOW - 5_000))
    first = read(_connector(), "builds", fake)
    assert sorted(_numbers(first)) == [1, 2]
    fake.builds[0] = _build(1, ended=NOW - 100)
    second = read(_connector(), "builds", fake, cursor=next_cursor(_connector(), "builds", first))
    assert 1 in _numbers(second)


def test_the_second_run_asks_for_what_ended_since_minus_the_overlap() -> None:
    fake = FakeBuildbot(_build(1, ended=NOW - 9_000), _build(2, ended=NOW - 60))
    cursor = next_cursor(_connector(), "builds", read(_connector(), "builds", fake))
    fake.asked.clear()
    again = read(_connector(), "builds", fake, cursor=cursor)
    assert fake.floors() == [NOW - 60 - buildbot.OVERLAP_SECONDS]
    assert _numbers(again) == [2]


def test_an_end_in_the_future_does_not_move_the_cursor() -> None:
    fake = FakeBuildbot(_build(1, ended=NOW - 60), _build(2, ended=NOW + 9_000))
    items = read(_connector(), "builds", fake)
    assert next_cursor(_connector(), "builds", items) == {"complete_at": NOW - 60}


def test_a_killed_run_goes_on_where_it_was_and_asks_for_no_steps_twice() -> None:
    fake = FakeBuildbot(
        _build(0, ended=NOW - 2_000, builder="deploy to prod"),
        *(_build(number, ended=NOW - 1_000 + number) for number in range(1, 151)),
    )
    killed = read(_connector(), "builds", fake, stop_after=3)
    fake.asked.clear()
    rest = read(_connector(), "builds", fake, resume=resume_from(killed))
    assert sorted(_numbers(killed) + _numbers(rest)) == list(range(151))
    assert not [path for path, _ in fake.asked if path.endswith("/steps")]
    assert next_cursor(_connector(), "builds", rest) == {"complete_at": NOW - 1_000 + 150}


def test_steps_are_asked_for_where_the_builder_deploys_and_before_its_build() -> None:
    fake = FakeBuildbot(
        _build(1, ended=NOW - 60), _build(2, ended=NOW - 50, builder="deploy to prod")
    )
    items = read(_connector(), "builds", fake)
    (steps,) = pages_of(items, "build_steps")
    assert [item.stream for item in items] == ["builds", "build_steps", "builds"]
    assert (steps.row_count, dict(steps.context)) == (1, {"buildid": "2"})


def test_steps_that_are_gone_are_set_aside_and_the_build_stays() -> None:
    fake = FakeBuildbot(_build(2, ended=NOW - 50, builder="release"), without_steps=frozenset({2}))
    items = read(_connector(), "builds", fake)
    (refusal,) = [item for item in items if isinstance(item, Refusal)]
    assert (refusal.stream, refusal.is_final) == ("build_steps", True)
    assert _numbers(items) == [2]


def test_a_master_that_ignores_a_filter_is_not_believed() -> None:
    fake = FakeBuildbot(_build(1, ended=NOW - 9_000))
    everything = json_reply({"builds": fake.builds, "meta": {"total": 1}})

    def careless(request: httpx.Request) -> httpx.Response:
        return everything if b"complete=true" in request.url.query else fake(request)

    with pytest.raises(UnexpectedShape, match="not asked for"):
        read(_connector(), "builds", careless, cursor={"complete_at": NOW})


def test_a_changed_shape_is_an_error_that_keeps_the_reply() -> None:
    changed = json_reply({"data": []})
    with pytest.raises(UnexpectedShape) as caught:
        read(_connector(), "builds", lambda _: changed)
    assert caught.value.body == b'{"data":[]}'


def test_nothing_that_ended_before_the_settings_say_is_asked_for() -> None:
    fake = FakeBuildbot(_build(1, ended=NOW - 9_000))
    read(_connector(since=START), "builds", fake)
    assert fake.floors() == [NOW]


def test_a_pattern_that_is_no_regular_expression_is_refused() -> None:
    with pytest.raises(ValidationError, match="regular expression"):
        _connector(deploy_builder_pattern="(")
