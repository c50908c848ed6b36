"""Test reports: the format is seen in the content, and counts come from cases."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from connectors import _files, junit
from connectors._contract import Page, Refusal
from connectors._errors import SourceUnreachable
from connectors._test_formats import decode_report
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


def _results(text: str) -> list[tuple[Any, ...]]:
    fields = ("suite", "classname", "name", "status", "time_seconds", "message")
    return [tuple(case[field] for field in fields) for case in _cases(text)]


def test_a_case_that_comes_twice_is_two_attempts() -> None:
    xml = "<testsuite><testcase name='a'><failure/></testcase><testcase name='a'/></testsuite>"
    assert [(case["status"], case["attempt"]) for case in _cases(xml)] == [
        ("failed", 1),
        ("passed", 2),
    ]


def test_trx_knows_a_test_by_its_definition_and_keeps_user_and_machine_out() -> None:
    trx = """
      <TestRun name="ada@ADAS-PC" runUser="ADAS-PC\\ada"
          xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">
        <Times start="2026-11-20T10:00:00+01:00"/>
        <Results>
          <UnitTestResult testId="1" testName="A.B.C" outcome="Timeout" computerName="ADAS-PC"
              duration="01:00:01.5"><Output><ErrorInfo><Message>late</Message></ErrorInfo></Output>
          </UnitTestResult>
          <UnitTestResult testId="2" testName="rows" outcome="Failed"><InnerResults>
            <UnitTestResult testId="2" testName="rows (1)" outcome="Passed"/>
            <UnitTestResult testId="2" testName="rows (2)" outcome="Failed"/>
          </InnerResults></UnitTestResult>
        </Results>
        <TestDefinitions><UnitTest id="1" storage="c:\\users\\ada\\a.dll">
          <TestMethod className="A.B, a" name="C"/></UnitTest></TestDefinitions>
      </TestRun>"""
    assert _results(trx) == [
        ("a.dll", "A.B", "A.B.C", "error", 3601.5, "late"),
        (None, None, "rows (1)", "passed", None, None),
        (None, None, "rows (2)", "failed", None, None),
    ]
    assert "ada" not in str(_cases(trx)).lower()
    assert _summary(trx)["started_at"] == "2026-11-20T09:00:00.000000Z"


def test_nunit_2_says_in_words_or_in_flags_what_became_of_a_test() -> None:
    xml = """
      <test-results date="2026-11-20" time="10:00:00"><test-suite name="c:\\ada\\a.dll"><results>
        <test-case name="N.F.a" executed="True" success="False" time="0.5">
          <failure><message>no</message></failure></test-case>
        <test-case name="N.F.b" executed="False" result="Ignored">
          <reason><message>later</message></reason></test-case>
        <test-case name="N.F.c" executed="True" result="Error" success="False"/>
      </results></test-suite></test-results>"""
    assert _results(xml) == [
        ("a.dll", None, "N.F.a", "failed", 0.5, "no"),
        ("a.dll", None, "N.F.b", "skipped", None, "later"),
        ("a.dll", None, "N.F.c", "error", None, None),
    ]
    assert _summary(xml)["started_at"] == "2026-11-20T10:00:00.000000Z"


def test_nunit_3_tells_an_error_from_a_failure_by_its_label() -> None:
    xml = """<test-run><test-suite name="S">
      <test-case name="a" fullname="N.F.a" result="Failed" label="Error" duration="1"/>
      <test-case name="b" fullname="N.F.b" result="Inconclusive"/>
      </test-suite></test-run>"""
    assert _results(xml) == [
        ("S", "N.F", "a", "error", 1.0, None),
        ("S", "N.F", "b", "skipped", None, None),
    ]


def test_xunit_v2_keeps_what_failed_outside_of_a_test() -> None:
    xml = """<assemblies><assembly name="/home/ada/a.dll" run-date="2026-11-20" run-time="10:00:00">
      <collection><test name="N.T.a" type="N.T" result="Pass" time="0.25"/>
        <test name="N.T.b" type="N.T" result="Fail"><failure><message>no</message></failure></test>
        <test name="N.T.c" type="N.T" result="Skip"><reason>later</reason></test></collection>
      <errors><error type="assembly-cleanup" name="down"><failure><message>busy</message></failure>
      </error></errors></assembly></assemblies>"""
    assert _results(xml) == [
        ("a.dll", "N.T", "N.T.a", "passed", 0.25, None),
        ("a.dll", "N.T", "N.T.b", "failed", None, "no"),
        ("a.dll", "N.T", "N.T.c", "skipped", None, "later"),
        ("a.dll", None, "down", "error", None, "busy"),
    ]


def test_jest_keeps_a_file_that_could_not_be_run_and_drops_the_home_folder() -> None:
    report = {
        "numTotalTests": 1,
        "startTime": 1_793_000_000_000,
        "testResults": [
            {
                "name": "/home/ada/shop/pay.test.js",
                "status": "failed",
                "assertionResults": [
                    {
                        "title": "pays",
                        "ancestorTitles": ["shop", "till"],
                        "status": "failed",
                        "duration": 1500,
                        "failureMessages": ["no money"],
                    },
                    {"title": "later", "status": "todo"},
                ],
            },
            {"name": "b.js", "status": "failed", "message": "syntax", "assertionResults": []},
        ],
    }
    assert _results(json.dumps(report)) == [
        ("~/shop/pay.test.js", "shop > till", "pays", "failed", 1.5, "no money"),
        ("~/shop/pay.test.js", None, "later", "skipped", None, None),
        ("b.js", None, "b.js", "error", None, "syntax"),
    ]


def test_rspec_keeps_errors_outside_of_examples() -> None:
    report = {
        "examples": [],
        "messages": ["LoadError"],
        "summary": {"errors_outside_of_examples_count": 2},
    }
    assert _results(json.dumps(report)) == [
        (None, None, "2 errors outside of examples", "error", None, "LoadError")
    ]


def test_pytest_json_keeps_the_phase_that_crashed_and_collectors_that_failed() -> None:
    report = {
        "created": 1_793_000_000.5,
        "exitcode": 1,
        "summary": {},
        "collectors": [{"nodeid": "b.py", "outcome": "failed", "longrepr": "ImportError"}],
        "tests": [
            {
                "nodeid": "a.py::T::test_x[1]",
                "outcome": "error",
                "setup": {"duration": 0.5, "crash": {"message": "down"}},
                "teardown": {"duration": 0.25},
            },
            {"nodeid": "a.py::test_y", "outcome": "xfailed"},
        ],
    }
    assert _results(json.dumps(report)) == [
        ("a.py", None, "T::test_x[1]", "error", 0.75, "down"),
        ("a.py", None, "test_y", "skipped", 0, None),
        ("b.py", None, "b.py", "error", 0, "ImportError"),
    ]


def test_a_go_package_that_does_not_build_and_a_test_that_never_ends_are_errors() -> None:
    events = [
        {"Action": "start", "Package": "a"},
        {"Action": "run", "Package": "a", "Test": "TestX"},
        {"Action": "output", "Package": "a", "Test": "TestX", "Output": "=== RUN TestX\n"},
        {"Action": "output", "Package": "a", "Test": "TestX", "Output": "panic: boom\n"},
        {"Action": "fail", "Package": "a"},
        {"Action": "output", "Package": "b", "Output": "undefined: y\n"},
        {"Action": "fail", "Package": "b", "Elapsed": 0.5},
    ]
    lines = "\n".join(json.dumps(event) for event in events)
    assert _results(lines.replace("\n", "\n# b\n", 1)) == [
        ("a", None, "TestX", "error", None, "panic: boom\n"),
        ("b", None, "(package)", "error", 0.5, "undefined: y\n"),
    ]


LAUGHS = """<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>
<testsuite><testcase name="&b;"/></testsuite>"""
OUTSIDE = """<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>
<testsuite><testcase name="&e;"/></testsuite>"""


@pytest.mark.parametrize(
    "xml",
    [LAUGHS, OUTSIDE, "<html/>", '{"tests": []}', "[1]", "{", "", "<testsuite>", "[" * 100_000],
    ids=["laughs", "outside", "web page", "json", "list", "cut json", "empty", "cut", "deep"],
)
def test_what_is_no_harmless_test_report_is_refused(xml: str) -> None:
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
    (tmp_path / "a.xml").write_text("<html/>")
    connector = _connector(tmp_path)
    items = _read(tmp_path)
    assert isinstance(items[0], Refusal)
    assert items[0].is_final
    cursor = next_cursor(connector, "test_results", items)
    assert _read(tmp_path, cursor=cursor) == []


def test_a_report_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_files, "MOST_BYTES", 10)
    (tmp_path / "a.xml").write_text("<testsuite><testcase name='a'/></testsuite>")
    (item,) = _read(tmp_path)
    assert isinstance(item, Refusal)
    assert "larger than 10 bytes" in item.detail


def test_a_missing_folder_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable, match="set path"):
        _read(tmp_path / "nothing")
