"""JUnit XML reports of the sample company's pipeline runs, as different tools write them."""

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from data.sandbox.draw import Draw
from data.sandbox.model import History, Run
from data.sandbox.versions import iso

MAX_REPORTS = 600
_SUITES = ("api", "domain", "storage", "messaging")
_CASES = (
    "test_accepts_valid_input",
    "test_rejects_negative_amount",
    "test_retries_after_timeout",
    "test_orders_events_by_clock",
    "test_cache_expiry",
    "test_paginates_results",
    "test_writes_audit_entry",
    "test_handles_empty_basket",
)


def write_reports(history: History, folder: Path, *, seed: int, at: int) -> int:
    """Write the reports that existed at an instant and return how many there are.

    Shape: one file per attempt of a run, `<service>/run-<id>-attempt-<n>.xml`; a report once
    written keeps its bytes at later instants.
    """
    runs = [run for run in history.runs if run.workflow == "ci"]
    written = 0
    for run in runs:
        for attempt, (_, completed, conclusion) in enumerate(run.attempts, start=1):
            if completed > at or written >= MAX_REPORTS:
                continue
            path = folder / run.service.service_id / f"run-{run.source_id}-attempt-{attempt}.xml"
            path.parent.mkdir(parents=True, exist_ok=True)
            text = _report(run, attempt, completed, is_failed=conclusion == "failure", seed=seed)
            path.write_text(text, encoding="utf-8")
            written += 1
    return written


def _report(run: Run, attempt: int, completed: int, *, is_failed: bool, seed: int) -> str:
    draw = Draw(seed, run.source_id, attempt)
    broken = run.flaky or ((draw.pick(_CASES),) if is_failed else ())
    names = _SUITES[: 2 + run.service.index % 3]
    suites = [
        _suite(run, attempt, name, completed - 60 * place, draw, broken if is_failed else ())
        for place, name in enumerate(names)
    ]
    header = '<?xml version="1.0" encoding="utf-8"?>\n'
    # pytest and jest write <testsuites>; some tools write a bare <testsuite> for a single suite.
    if run.service.index % 5 == 4:
        return header + suites[0] + "\n"
    return header + "<testsuites>\n" + "\n".join(suites) + "\n</testsuites>\n"


def _suite(run: Run, attempt: int, name: str, at: int, draw: Draw, broken: tuple[str, ...]) -> str:
    rows, failures, skipped, seconds = [], 0, 0, 0.0
    for case in _CASES:
        took = round(draw.around(0.08, 1.0), 3)
        seconds += took
        opening = f'    <testcase classname="{run.service.service_id}.{name}" name="{case}" '
        opening += f'time="{took:.3f}"'
        if case in broken and name == _SUITES[0]:
            failures += 1
            message = quoteattr(f"assert {draw.whole(1, 9)} == {draw.whole(10, 19)}")
            detail = escape(f"Expected <value> & got another in {case}")
            rows.append(f"{opening}><failure message={message}>{detail}</failure></testcase>")
        elif draw.chance(0.02):
            skipped += 1
            rows.append(f'{opening}><skipped message="not on this platform"/></testcase>')
        else:
            rows.append(f"{opening}/>")
    # Half of the tools write a zone, the others do not.
    stamp = iso(at).replace("Z", "+00:00" if run.service.index % 2 else "")
    counts = f'tests="{len(_CASES)}" failures="{failures}" errors="0" skipped="{skipped}"'
    properties = {
        "commit_sha": run.sha,
        "service": run.service.service_id,
        "pipeline_run_id": str(run.source_id),
        "attempt": str(attempt),
    }
    lines = [f'      <property name="{k}" value={quoteattr(v)}/>' for k, v in properties.items()]
    return "\n".join(
        [
            f'  <testsuite name="{name}" {counts} time="{seconds:.3f}" timestamp="{stamp}">',
            "    <properties>",
            *lines,
            "    </properties>",
            *rows,
            "  </testsuite>",
        ]
    )
