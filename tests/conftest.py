"""What holds in every test: no question leaves this machine, no setting of it leaks in."""

import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from orchestration.build import BuildReport
    from transforms.home import Home

_SETTINGS_OF_THIS_MACHINE = ("LEADLINE_HOME", "LEADLINE_PSEUDONYM_KEY", "LEADLINE_CONFIG")
# Files of a minute and more on one core, longest first; a file that is not here comes after them.
LONGEST = (
    "orchestration/test_kill.py", "connectors/test_fault_matrix.py",
    "dashboards/test_sign_in_browser.py", "dashboards/test_browser.py", "test_quiet.py",
    "orchestration/test_privacy.py", "orchestration/test_attributions.py",
    "orchestration/test_verdicts.py", "transforms/test_deletes.py",
    "transforms/test_edge_cases_calendar.py", "conformance/test_known_answers.py",
    "orchestration/test_quarantine.py", "transforms/test_edge_cases_graph.py",
    "transforms/test_compatibility.py", "transforms/test_reports.py",
    "dashboards/test_rows_browser.py", "dashboards/test_acceptance.py",
    "dashboards/test_accessibility.py", "orchestration/test_canaries.py",
    "orchestration/test_cli.py", "orchestration/test_mapping.py",
)  # fmt: skip
_outside: list[str] = []


def _is_local(host: object) -> bool:
    """Whether a host is this machine; names are not resolved to find out."""
    if host is None or host in ("", b"", "localhost", b"localhost", socket.gethostname()):
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        address = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse_outside(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse, and write down, what would leave this machine."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        if isinstance(address, tuple) and not _is_local(address[0]):
            _outside.append(f"{event} {address[0]}:{address[1]}")
            message = f"a test may not connect to {address[0]}"
            raise ConnectionRefusedError(message)
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and not _is_local(arguments[0]):
        # Names under .invalid never exist: a test that asks for one wants to see it fail.
        if not str(arguments[0]).endswith(".invalid"):
            _outside.append(f"{event} {arguments[0]!r}")
        raise socket.gaierror(socket.EAI_NONAME, "a test may not ask for names")


def pytest_configure() -> None:
    """Shut the door before the first test module is imported."""
    for name in _SETTINGS_OF_THIS_MACHINE:
        os.environ.pop(name, None)
    sys.addaudithook(_refuse_outside)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no worker is left alone with one at the end.

    A worker takes whole files, in this order (`--dist loadfile --no-loadscope-reorder`).
    """
    here = Path(__file__).parent
    place = {name: number for number, name in enumerate(LONGEST)}

    def rank(item: pytest.Item) -> int:
        return place.get(item.path.relative_to(here).as_posix(), len(place))

    items.sort(key=rank)


@pytest.fixture(autouse=True)
def _nothing_outside_is_asked() -> Iterator[None]:
    """Fail a test that tried, even where the code under test hid the refusal."""
    before = len(_outside)
    yield
    assert _outside[before:] == []


@pytest.fixture(scope="session", autouse=True)
def _builds_share_what_dbt_parsed() -> None:
    """Let every build of this process begin with what the one before it found out."""
    from orchestration import run
    from tests.parsing import shared_parse, shared_staging

    names = vars(run)
    alone = names["build"]

    def build(home: "Home", **arguments: Any) -> "BuildReport":
        with shared_parse(home), shared_staging(home, arguments["key_id"]):
            report: BuildReport = alone(home, **arguments)
            return report

    names["build"] = build


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many conformance tests had no data to read."""
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if "conformance" in getattr(report, "keywords", {})
    ]
    if skipped:
        terminalreporter.write_line(
            f"conformance: {len(skipped)} skipped; "
            "LEADLINE_CONFORMANCE_DATA names the folder they read"
        )
