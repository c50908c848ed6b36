"""JUnit's dialects: counts come from cases, whatever the attributes say."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from connectors import junit
from connectors._contract import Page, Refusal
from connectors._errors import SourceUnreachable
from connectors._junit_decode import decode_report
from tests.connectors.fakes import json_reply, next_cursor, pages_of, read


def _cases(xml: str) -> list[dict[str, Any]]:
    return decode_report(xml.encode(), report_file="r.xml").cases


def _summary(xml: str) -> dict[str, Any]:
    return decode_report(xml.encode(), report_file="r.xml").summary


def test_a_case_says_all_that_is_known_of_it() -> None:
    (case,) = _cases("""
      <testsuites><testsuite name="api" timestamp="2026-11-22T10:00:00.123456789+01:00">
        <properties><property name="commit_sha" value="abc"/></properties>
        <testcase classname="api.test_pay" name="test_refund" time="1,234.5">
          <failure message="no money">Traceback</failure></testcase>
      </testsuite></testsuites>""")
    assert case == {
        "report_file": "r.xml",
        "suite": "api",
        "classname": "api.test_pay",
        "name": "test_refund",
        "status": "failed",
        "time_seconds": 1234.5,
        "message": "no money",
        "started_at": "2026-11-22T09:00:00.123456Z",
        "attempt": 1,
        "properties": {"commit_sha": "abc"},
    }


@pytest.mark.parametrize(
    ("inner", "status"),
    [
        ("", "passed"),
        ("<failure/>", "failed"),
        ("<error message='boom'/>", "error"),
        ("<skipped type='pytest.xfail'/>", "skipped"),
        ("<skipped type='todo'/><failure message='todo'/>", "skipped"),
        ("<failure/><error/>", "error"),
        ("<system-out>text</system-out>", "passed"),
        ("<flakyFailure message='first'/>", "passed"),
    ],
)
def test_the_status_comes_from_what_the_case_contains(inner: str, status: str) -> None:
    assert _cases(f"<testsuite><testcase name='a'>{inner}</testcase></testsuite>")[0]["status"] == (
        status
    )


def test_a_case_that_was_not_run_is_skipped() -> None:
    xml = "<testsuite name='(empty)'><testcase name='a' status='disabled'/></testsuite>"
    assert _cases(xml)[0]["status"] == "skipped"


def test_each_retry_is_an_attempt() -> None:
    xml = "<testsuite><testcase name='a'><flakyFailure/><rerunFailure/></testcase></testsuite>"
    assert _cases(xml)[0]["attempt"] == 3


def test_counts_are_made_from_the_cases() -> None:
    summary = _summary("""
      <testsuites tests="99" failures="2"><testsuite name="a" tests="98" failures="2">
        <testcase name="x"/><testcase name="y"><skipped/><failure/></testcase>
        <testsuite name="b"><testcase name="z"><failure/></testcase></testsuite>
      </testsuite></testsuites>""")
    assert summary["test_count"] == 3
    assert (summary["passed_count"], summary["failed_count"], summary["skipped_count"]) == (1, 1, 1)
    assert summary["suite_count"] == 2


def test_suites_inside_suites_keep_their_path_and_their_properties() -> None:
    (case,) = _cases("""
      <testsuites><testsuite name="outer">
        <properties><property name="service" value="checkout"/></properties>
        <testsuite name="inner"><testcase name="x"/></testsuite>
      </testsuite></testsuites>""")
    assert case["suite"] == "outer > inner"
    assert case["properties"] == {"service": "checkout"}


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2026-11-22T10:00:00", "2026-11-22T10:00:00.000000Z"),
        ("2026-11-22T10:00:00.5Z", "2026-11-22T10:00:00.500000Z"),
        ("0001-01-01T00:00:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_timestamps_without_a_zone_are_utc_and_the_year_one_is_unknown(
    stamp: str, expected: str | None
) -> None:
    xml = f"<testsuite timestamp='{stamp}'><testcase name='a'/></testsuite>"
    assert _cases(xml)[0]["started_at"] == expected


def test_a_deep_report_does_not_exhaust_the_stack() -> None:
    depth = 5_000
    xml = "<testsuite>" * depth + "<testcase name='a'/>" + "</testsuite>" * depth
    assert len(_cases(xml)) == 1


LAUGHS = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>
<testsuite><testcase name="&b;"/></testsuite>"""
OUTSIDE = """<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>
<testsuite><testcase name="&e;"/></testsuite>"""


@pytest.mark.parametrize(
    "xml",
    [LAUGHS, OUTSIDE, "<TestRun/>", "<test-run/>", '{"tests": []}', "", "<testsuite>"],
    ids=["laughs", "outside", "trx", "nunit", "json", "empty", "cut"],
)
def test_what_is_no_harmless_junit_report_is_refused(xml: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        decode_report(xml.encode(), report_file="r.xml")


def _connector(path: Path) -> junit.JUnitConnector:
    return junit.connect(junit.Config(path=path), name="junit")


def _read(path: Path, **more: Any) -> list[Page | Refusal]:
    return read(_connector(path), "test_results", lambda _: json_reply([]), **more)


def test_a_report_is_two_pages_and_its_cases_are_lines(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "r.xml").write_text("<testsuite><testcase name='a'/></testsuite>")
    items = _read(tmp_path)
    assert [item.stream for item in items] == ["test_suites", "test_results"]
    (page,) = pages_of(items, "test_results")
    assert page.decoded is not None
    assert json.loads(page.decoded)["report_file"] == "deep/r.xml"
    assert page.context == {"file": "deep/r.xml"}


def test_a_report_is_read_again_only_when_it_changed(tmp_path: Path) -> None:
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_text("<testsuite><testcase name='a'/></testsuite>")
    connector = _connector(tmp_path)
    cursor = next_cursor(connector, "test_results", _read(tmp_path))
    assert _read(tmp_path, cursor=cursor) == []
    os.utime(tmp_path / "a.xml", (1, 1))
    (tmp_path / "b.xml").write_text("<testsuite><testcase name='b'/></testsuite>")
    changed = pages_of(_read(tmp_path, cursor=cursor), "test_results")
    assert [page.context["file"] for page in changed] == ["b.xml"]


def test_a_foreign_report_is_set_aside_once_and_for_good(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<TestRun/>")
    connector = _connector(tmp_path)
    items = _read(tmp_path)
    assert isinstance(items[0], Refusal)
    assert items[0].is_final
    cursor = next_cursor(connector, "test_results", items)
    assert _read(tmp_path, cursor=cursor) == []


def test_a_report_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(junit, "MOST_BYTES", 10)
    (tmp_path / "a.xml").write_text("<testsuite><testcase name='a'/></testsuite>")
    (item,) = _read(tmp_path)
    assert isinstance(item, Refusal)
    assert "larger than 10 bytes" in item.detail


def test_a_missing_folder_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable, match="set path"):
        _read(tmp_path / "nothing")
