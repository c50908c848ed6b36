"""The samples of a public SARIF tutorial: every result is a finding, known again by itself."""

import json
from pathlib import Path
from typing import Any

import pytest

from connectors._document import Document
from connectors._report_formats import decode_document

Log = dict[str, Any]


@pytest.fixture(scope="module")
def samples(conformance: Path) -> Path:
    return conformance / "data" / "sarif_tutorials" / "samples"


def _read(path: Path) -> Document:
    return decode_document(path.read_bytes())


def _logs(samples: Path) -> dict[str, tuple[Log, Document]]:
    files = [path for path in sorted(samples.rglob("*")) if ".sarif" in path.name]
    return {
        path.relative_to(samples).as_posix(): (
            json.loads(path.read_text(encoding="utf-8-sig")),
            _read(path),
        )
        for path in files
    }


def test_every_result_of_every_sample_is_a_finding(samples: Path) -> None:
    logs = _logs(samples)
    assert len(logs) == 31
    counts = {
        name: (sum(len(run.get("results") or []) for run in log["runs"] or []), len(_found(read)))
        for name, (log, read) in logs.items()
    }
    assert {name: pair for name, pair in counts.items() if pair[0] != pair[1]} == {}
    assert sum(expected for expected, _ in counts.values()) == 55


def _found(document: Document) -> list[dict[str, Any]]:
    return document.rows["findings"]


def test_no_finding_is_taken_for_another_of_its_log(samples: Path) -> None:
    for _, read in _logs(samples).values():
        keys = [row["finding_key"] for row in _found(read)]
        assert len(set(keys)) == len(keys)


def test_a_suppression_dismisses_when_it_is_accepted_or_says_nothing(samples: Path) -> None:
    """The sample agrees in eight of nine: it takes under review with rejected for suppressed.

    The same sample leaves one that is under review alone visible. Here nothing is dismissed before
    somebody accepted it.
    """
    told = {row["title"]: row["state"] for row in _found(_read(samples / "Suppressions.sarif"))}
    assert len(told) == 9
    differing = [
        title
        for title, state in told.items()
        if (state == "dismissed") is not title.startswith("This result is hidden")
    ]
    assert len(differing) == 1
    assert "has not yet been rejected" in differing[0]


def test_a_result_that_its_baseline_misses_is_fixed(samples: Path) -> None:
    states = [row["state"] for row in _found(_read(samples / "Baseline.sarif"))]
    assert states == ["fixed", "open", "open", "open"]


def test_paths_begin_at_the_topmost_base_that_has_no_address(samples: Path) -> None:
    paths = [row["file_path"] for row in _found(_read(samples / "OriginalUriBaseIds.sarif"))]
    assert paths == ["README.md", "src/io/kb.c", "."]


def test_the_level_is_the_rules_where_a_result_states_none(samples: Path) -> None:
    levels = [row["severity"] for row in _found(_read(samples / "DefaultRuleConfiguration.sarif"))]
    assert levels == ["error", "warning"]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("message-from-metadata", "This is the message text. It might be very long."),
        ("message-with-arguments", "Variable 'x' was used without being initialized."),
    ],
)
def test_a_message_is_found_in_its_rule(samples: Path, name: str, title: str) -> None:
    (row,) = _found(_read(samples / "3-Beyond-basics" / f"{name}.sarif"))
    assert row["title"] == title


def test_a_run_that_failed_or_has_no_results_is_not_complete(samples: Path) -> None:
    complete = {name for name, (_, read) in _logs(samples).items() if not read.is_complete}
    assert complete == {
        "ExceptionalConditions/Catastrophic configuration error.sarif",
        "ExceptionalConditions/Catastrophic execution error.sarif",
        "ExceptionalConditions/Empty runs.sarif",
        "ExceptionalConditions/No runs.sarif",
        "ExceptionalConditions/One run no results.sarif",
        "Notifications.sarif",
    }
