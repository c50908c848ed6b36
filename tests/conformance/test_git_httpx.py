"""The history of encode/httpx, with real ids, dates and messages and without trees."""

import csv
import gzip
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from connectors import git
from tests.connectors.fakes import json_reply, pages_of, read


@pytest.fixture(scope="module")
def repository(conformance: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data, target = conformance / "data", tmp_path_factory.mktemp("git") / "httpx.git"
    restore = ["bash", str(data / "restore_git.sh"), str(data / "git_httpx"), str(target)]
    subprocess.run(restore, check=True, capture_output=True)
    return target


def _rows(repository: Path, stream: str) -> list[dict[str, Any]]:
    connector = git.connect(git.Config(path=repository), name="git")
    pages = pages_of(read(connector, stream, lambda _: json_reply([])), stream)
    return [json.loads(line) for page in pages for line in (page.decoded or page.body).splitlines()]


def test_every_commit_and_every_tag_is_read(repository: Path) -> None:
    commits, tags = _rows(repository, "commits"), _rows(repository, "tags")
    assert len({row["sha"] for row in commits}) == len(commits) == 1642
    assert len(tags) == 88
    assert sum(len(row["parents"]) > 1 for row in commits) == 69
    assert sum(not row["parents"] for row in commits) == 3


def test_tags_have_the_dates_git_says(repository: Path, conformance: Path) -> None:
    tags = {row["name"]: row for row in _rows(repository, "tags")}
    with (conformance / "data/git_httpx/deployments.csv").open(encoding="utf-8") as file:
        expected = list(csv.DictReader(file))
    assert len(expected) == 84
    for row in expected:
        tag = tags[row["tag"]]
        assert tag["commit_sha"] == row["commit_sha"]
        assert tag["created_at"] == int(row["created_unix"])
        assert tag["is_annotated"] == (row["annotated"] == "True")


def test_commits_have_the_dates_and_parents_git_says(repository: Path, conformance: Path) -> None:
    commits = {row["sha"]: row for row in _rows(repository, "commits")}
    path = conformance / "data/git_httpx/commits.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        expected = list(csv.DictReader(file))
    assert len(expected) == len(commits)
    for row in expected:
        commit = commits[row["sha"]]
        assert commit["authored_at"] == int(row["author_unix"])
        assert commit["committed_at"] == int(row["commit_unix"])
        assert commit["parents"] == row["parents"].split()
        assert commit["author_name"] == row["author"]


def test_the_reverts_git_knows_are_read_from_their_trailers(
    repository: Path, conformance: Path
) -> None:
    with (conformance / "data/git_httpx/reverts.csv").open(encoding="utf-8") as file:
        expected = {(row["revert_sha"], row["reverted_sha"]) for row in csv.DictReader(file)}
    found = {
        (row["sha"], reverted)
        for row in _rows(repository, "commits")
        for reverted in row["reverts"]
    }
    assert expected <= found


def test_a_clone_without_trees_is_known_as_partial(repository: Path) -> None:
    (row,) = _rows(repository, "repository")
    assert row["is_partial"] is True
    assert row["is_shallow"] is False
    assert row["root_count"] == 3
