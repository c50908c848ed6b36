"""The catalogue of sources is whole and its page is up to date."""

import pytest

from connectors import discover
from orchestration.source_catalogue import (
    deletion_words,
    docstring_parts,
    render_markdown,
    source_catalogue,
)
from tests.checkout import ROOT

ENTRIES = source_catalogue()


def test_the_stored_page_is_what_the_connectors_say() -> None:
    stored = (ROOT / "connectors" / "README.md").read_text(encoding="utf-8")
    told = "leadline sources --format markdown > connectors/README.md"
    assert stored == render_markdown(ENTRIES), told


@pytest.mark.parametrize("kind", sorted(discover()))
def test_every_kind_says_its_rights_its_limits_and_how_it_was_tested(kind: str) -> None:
    said = docstring_parts(discover()[kind])
    assert said["Auth"]
    assert said["Limits"]
    assert said["Tested"]


@pytest.mark.parametrize("kind", sorted(discover()))
def test_every_stream_that_is_read_is_used_by_a_model_or_by_the_connector(kind: str) -> None:
    streams = [entry for entry in ENTRIES if entry.kind == kind]
    assert streams
    assert any(entry.fields for entry in streams)


def test_a_stream_says_how_it_is_read_again() -> None:
    found = {(entry.kind, entry.stream): entry for entry in ENTRIES}
    assert "environment" in found["github", "deployments"].fields
    assert found["github", "deployment_statuses"].parent == "deployments"


def test_a_stream_says_how_it_is_noticed_that_a_record_is_gone() -> None:
    found = {(entry.kind, entry.stream): deletion_words(entry) for entry in ENTRIES}
    assert found["pagerduty", "services"] == "by every run"
    assert found["jira", "issues"] == "by `--reconcile`"
    assert found["git", "commits"] == "kept for good"


def test_only_a_stream_that_is_read_whole_every_time_is_judged_by_every_run() -> None:
    listed = [entry for entry in ENTRIES if entry.deletes == "listed"]
    assert listed
    assert all(entry.cursor == "none" and entry.parent is None for entry in listed)
