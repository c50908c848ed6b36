"""Turn test reports in JSON into records; pure functions on parsed JSON.

Formats (read November 2026): jest and vitest `--json`, mocha's `json` reporter, RSpec's `json`
formatter, pytest-json-report, `go test -json` (cmd/test2json) and `dart test` / `flutter test
--machine`; the last two are one event a line. Absolute paths lose the home folder they begin with.
"""

from collections import defaultdict
from typing import Any

from connectors._test_report import (
    Case,
    Report,
    epoch,
    instant,
    make_case,
    make_report,
    seconds,
    without_home,
)

Json = dict[str, Any]
JEST = {"passed": "passed", "failed": "failed"}
RSPEC = {"passed": "passed", "failed": "failed"}
PYTEST = {"passed": "passed", "xpassed": "passed", "failed": "failed", "error": "error"}
GO = {"pass": "passed", "fail": "failed", "skip": "skipped", "bench": "passed"}
DART = {"success": "passed", "failure": "failed", "error": "error"}


def decode_jest(data: Json, *, report_file: str) -> Report:
    """Return the cases of jest or vitest; a file that could not be run is a case in error."""
    cases = []
    for file in data["testResults"]:
        suite = without_home(file.get("name") or "")
        started = epoch(file.get("startTime"), per_second=1000)
        for test in file["assertionResults"]:
            cases.append(
                make_case(
                    name=test.get("title") or test.get("fullName") or "",
                    status=JEST.get(test["status"], "skipped"),
                    suite=suite,
                    classname=" > ".join(test.get("ancestorTitles") or ()),
                    time_seconds=seconds(test.get("duration"), per_second=1000),
                    message="\n".join(test.get("failureMessages") or ()),
                    started_at=started,
                    attempt=max(1, test.get("invocations") or 1),
                )
            )
        if file.get("status") == "failed" and not file["assertionResults"]:
            message = file.get("message")
            cases.append(make_case(name=suite, status="error", suite=suite, message=message))
    started = epoch(data.get("startTime"), per_second=1000)
    return make_report(cases, report_file=report_file, started_at=started)


def decode_mocha(data: Json, *, report_file: str) -> Report:
    """Return the cases of mocha; a hook that failed is a case too."""
    cases = []
    for listed, status in (("passes", "passed"), ("failures", "failed"), ("pending", "skipped")):
        for test in data.get(listed) or ():
            full, title = test.get("fullTitle") or "", test.get("title") or ""
            cases.append(
                make_case(
                    name=title,
                    status=status,
                    suite=without_home(test.get("file") or ""),
                    classname=full.removesuffix(title).strip(),
                    time_seconds=seconds(test.get("duration"), per_second=1000),
                    message=(test.get("err") or {}).get("message"),
                    attempt=1 + int(test.get("currentRetry") or 0),
                )
            )
    started = instant((data.get("stats") or {}).get("start"))
    return make_report(cases, report_file=report_file, started_at=started)


def decode_rspec(data: Json, *, report_file: str) -> Report:
    """Return RSpec's examples; errors outside of examples are one case in error."""
    cases = [
        make_case(
            name=example.get("full_description") or example.get("description") or "",
            status=RSPEC.get(example["status"], "skipped"),
            suite=without_home(example.get("file_path") or ""),
            time_seconds=seconds(example.get("run_time")),
            message=(example.get("exception") or {}).get("message")
            or example.get("pending_message"),
        )
        for example in data["examples"]
    ]
    outside = (data.get("summary") or {}).get("errors_outside_of_examples_count") or 0
    if outside:
        message = "\n".join(data.get("messages") or ())
        name = f"{outside} errors outside of examples"
        cases.append(make_case(name=name, status="error", message=message))
    return make_report(cases, report_file=report_file)


def decode_pytest(data: Json, *, report_file: str) -> Report:
    """Return the cases of pytest-json-report; a collector that failed is a case in error."""
    cases = []
    for test in [*(data.get("tests") or ()), *_failed_collectors(data)]:
        phases = [test.get(phase) or {} for phase in ("setup", "call", "teardown")]
        crashes = [phase["crash"]["message"] for phase in phases if phase.get("crash")]
        file, _, name = str(test["nodeid"]).partition("::")
        cases.append(
            make_case(
                name=name or file,
                status=PYTEST.get(test["outcome"], "skipped"),
                suite=file,
                time_seconds=sum(phase.get("duration") or 0.0 for phase in phases),
                message=next(iter(crashes), None) or test.get("longrepr"),
            )
        )
    return make_report(cases, report_file=report_file, started_at=epoch(data.get("created")))


def _failed_collectors(data: Json) -> list[Json]:
    collected = [one for one in data.get("collectors") or () if one.get("outcome") == "failed"]
    return [{**one, "outcome": "error"} for one in collected]


def decode_go(events: list[Json], *, report_file: str) -> Report:
    """Return Go's tests; one that never ended or a package that does not build is in error."""
    tests: dict[tuple[str, str], Json] = {}
    output: dict[tuple[str, str], list[str]] = defaultdict(list)
    for event in events:
        key = (event.get("Package") or event.get("ImportPath") or "", event.get("Test") or "")
        known = tests.setdefault(key, {"started": event.get("Time"), "status": "error"})
        if event["Action"] in ("output", "build-output"):
            output[key].append(event.get("Output") or "")
        elif event["Action"] in GO:
            known |= {"status": GO[event["Action"]], "elapsed": event.get("Elapsed")}
        elif event["Action"] == "build-fail":
            known["status"] = "failed"
    failed = {package for (package, test), known in tests.items() if test and _is_bad(known)}
    cases = [
        make_case(
            name=test or "(package)",
            status=known["status"] if test else "error",
            suite=package,
            time_seconds=seconds(known.get("elapsed")),
            message=_said(output[(package, test)]) if known["status"] != "passed" else None,
            started_at=instant(known["started"]),
        )
        for (package, test), known in tests.items()
        if test or (known["status"] == "failed" and package not in failed)
    ]
    times = [moment for moment in (instant(event.get("Time")) for event in events) if moment]
    return make_report(cases, report_file=report_file, started_at=min(times, default=None))


def _is_bad(known: Json) -> bool:
    return known["status"] in ("failed", "error")


def _said(lines: list[str]) -> str:
    return "".join(line for line in lines if not line.lstrip().startswith(("=== ", "--- ")))


def decode_dart(events: list[Json], *, report_file: str) -> Report:
    """Return Dart's and Flutter's tests; those of the runner itself are hidden unless they fail."""
    suites: dict[Any, str] = {}
    groups: dict[Any, str] = {}
    tests: dict[Any, Json] = {}
    errors: dict[Any, list[str]] = defaultdict(list)
    cases: list[Case] = []
    for event in events:
        kind = event.get("type")
        if kind == "suite":
            suites[event["suite"]["id"]] = without_home(event["suite"].get("path") or "")
        elif kind == "group":
            groups[event["group"]["id"]] = event["group"].get("name") or ""
        elif kind == "testStart":
            tests[event["test"]["id"]] = event["test"] | {"time": event["time"]}
        elif kind == "error":
            errors[event["testID"]].append(str(event.get("error")))
        elif kind == "testDone" and not event.get("hidden"):
            test = tests.pop(event["testID"])
            cases.append(_dart_case(test, event, suites, groups, errors[event["testID"]]))
    return make_report(cases, report_file=report_file)


def _dart_case(
    test: Json, done: Json, suites: dict[Any, str], groups: dict[Any, str], errors: list[str]
) -> Case:
    status = DART.get(done["result"], "error")
    names = [groups.get(group, "") for group in test.get("groupIDs") or ()]
    group = next((name for name in reversed(names) if name), "")
    return make_case(
        name=test["name"].removeprefix(group).strip() or test["name"],
        status="skipped" if done.get("skipped") and status == "passed" else status,
        suite=suites.get(test.get("suiteID")),
        classname=group,
        time_seconds=seconds(done["time"] - test["time"], per_second=1000),
        message="\n".join(errors) or (test.get("metadata") or {}).get("skipReason"),
    )
