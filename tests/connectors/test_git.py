"""Local repositories: dates, trailers, tags of every kind, and only what is new the next time."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import _git_process, git
from connectors._contract import Page, Refusal
from connectors._errors import SourceUnreachable
from connectors._git_decode import decode_commits, split_commits
from tests.connectors.fakes import json_reply, next_cursor, pages_of, read, resume_from

AUTHOR = 1_700_000_000


def _git(repository: Path, *arguments: str, stamp: int = AUTHOR, commits: int = 0) -> str:
    moments = {
        "GIT_AUTHOR_DATE": f"{stamp} +0530",
        "GIT_COMMITTER_DATE": f"{stamp + 60} -0800",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
        "PATH": "/usr/bin:/bin:/usr/local/bin",
    }
    identity = ("-c", "user.name=Ada Löwe", "-c", "user.email=ada@example.test")
    done = subprocess.run(
        ["git", *identity, "-C", str(repository), *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=moments,
    )
    return done.stdout.strip()


def _commit(repository: Path, message: str, *, stamp: int = AUTHOR) -> str:
    _git(repository, "commit", "--allow-empty", "-q", "-m", message, stamp=stamp)
    return _git(repository, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    path = tmp_path / "checkout"
    path.mkdir()
    _git(path, "init", "-q", "-b", "main")
    return path


def _connector(path: Path) -> git.GitConnector:
    return git.connect(git.Config(path=path), name="git")


def _read(path: Path, stream: str, **more: Any) -> list[Page | Refusal]:
    return read(_connector(path), stream, lambda _: json_reply([]), **more)


def _rows(items: list[Page | Refusal], stream: str) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for page in pages_of(items, stream)
        for line in (page.decoded or page.body).splitlines()
    ]


def test_a_commit_keeps_both_dates_in_seconds_and_its_people(repository: Path) -> None:
    sha = _commit(repository, "Füge 1 hinzu\n\nmore")
    (row,) = _rows(_read(repository, "commits"), "commits")
    assert row == {
        "sha": sha,
        "parents": [],
        "authored_at": AUTHOR,
        "committed_at": AUTHOR + 60,
        "author_name": "Ada Löwe",
        "author_email": "ada@example.test",
        "committer_email": "ada@example.test",
        "subject": "Füge 1 hinzu",
        "reverts": [],
        "patch_id": None,
    }


def test_the_trailer_of_a_revert_names_what_it_takes_back(repository: Path) -> None:
    first = _commit(repository, "one")
    _commit(repository, f'Revert "one"\n\nThis reverts commit {first}.')
    _commit(repository, "This reverts commit abc1234, says an abbreviation")
    rows = _rows(_read(repository, "commits"), "commits")
    assert {tuple(row["reverts"]) for row in rows} == {(), (first,)}


def test_only_commits_that_no_known_head_reaches_are_read_again(repository: Path) -> None:
    _commit(repository, "one")
    connector = _connector(repository)
    cursor = next_cursor(connector, "commits", _read(repository, "commits"))
    assert _read(repository, "commits", cursor=cursor) == []
    new = _commit(repository, "two")
    _git(repository, "branch", "side")
    rows = _rows(_read(repository, "commits", cursor=cursor), "commits")
    assert [row["sha"] for row in rows] == [new]


def test_commits_of_every_branch_and_of_a_detached_head_are_read(repository: Path) -> None:
    _commit(repository, "one")
    _git(repository, "switch", "-q", "-c", "side")
    _commit(repository, "side")
    _git(repository, "switch", "-q", "--detach", "main")
    _commit(repository, "detached")
    assert len(_rows(_read(repository, "commits"), "commits")) == 3


def test_a_vanished_branch_does_not_break_the_next_read(repository: Path) -> None:
    _commit(repository, "one")
    cursor = {"repositories": {"checkout": {"state": ["0" * 40]}}}
    assert len(_rows(_read(repository, "commits", cursor=cursor), "commits")) == 1


def test_tags_say_their_own_date_where_they_have_one(repository: Path) -> None:
    sha = _commit(repository, "one")
    _git(repository, "tag", "1.0.0")
    _git(repository, "tag", "-a", "1.1.0", "-m", "second release", stamp=AUTHOR + 1000)
    _git(repository, "tag", "-a", "outer", "1.1.0", "-m", "tag of a tag")
    tree = _git(repository, "rev-parse", "HEAD^{tree}")
    _git(repository, "tag", "of-a-tree", tree)
    rows = {row["name"]: row for row in _rows(_read(repository, "tags"), "tags")}
    assert rows["1.0.0"] == {
        "name": "1.0.0",
        "commit_sha": sha,
        "created_at": AUTHOR + 60,
        "is_annotated": False,
        "subject": "one",
    }
    assert rows["1.1.0"]["created_at"] == AUTHOR + 1060
    assert rows["1.1.0"]["commit_sha"] == sha
    assert rows["outer"]["commit_sha"] == sha
    assert rows["of-a-tree"]["commit_sha"] is None


def test_tags_are_read_again_when_one_of_them_changed(repository: Path) -> None:
    _commit(repository, "one")
    _git(repository, "tag", "1.0.0")
    connector = _connector(repository)
    cursor = next_cursor(connector, "tags", _read(repository, "tags"))
    assert _read(repository, "tags", cursor=cursor) == []
    _git(repository, "tag", "1.0.1")
    assert len(_rows(_read(repository, "tags", cursor=cursor), "tags")) == 2


def test_a_repository_says_what_kind_of_clone_it_is(repository: Path, tmp_path: Path) -> None:
    for number in range(3):
        _commit(repository, f"commit {number}")
    shallow = tmp_path / "shallow"
    _git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", str(shallow))
    (whole,) = _rows(_read(repository, "repository"), "repository")
    (cut,) = _rows(_read(shallow, "repository"), "repository")
    assert (whole["is_shallow"], whole["root_count"], whole["head"]) == (False, 1, "main")
    assert (cut["is_shallow"], cut["is_partial"]) == (True, False)
    assert len(_rows(_read(shallow, "commits"), "commits")) == 1


def test_a_commit_graph_is_noticed(repository: Path) -> None:
    _commit(repository, "one")
    _git(repository, "commit-graph", "write", "--reachable")
    (row,) = _rows(_read(repository, "repository"), "repository")
    assert row["has_commit_graph"] is True


def test_a_bare_clone_is_read_under_its_own_name(repository: Path, tmp_path: Path) -> None:
    _commit(repository, "one")
    bare = tmp_path / "mirror.git"
    _git(tmp_path, "clone", "-q", "--bare", str(repository), str(bare))
    (page,) = pages_of(_read(bare, "commits"), "commits")
    assert page.context == {"repository": "mirror"}


def test_an_empty_repository_has_no_commits_and_no_tags(repository: Path) -> None:
    assert _read(repository, "commits") == []
    assert _rows(_read(repository, "tags"), "tags") == []


def test_a_folder_that_is_no_repository_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable, match="not a git repository; set the path"):
        _read(tmp_path, "tags")


def test_no_object_is_fetched_over_a_network() -> None:
    environment = _git_process._environment()
    assert environment["GIT_NO_LAZY_FETCH"] == "1"
    assert environment["GIT_ALLOW_PROTOCOL"] == "none"


def test_a_long_history_comes_in_pages_and_goes_on_after_a_kill(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git, "COMMITS_PER_PAGE", 3)
    for number in range(8):
        _commit(repository, f"commit {number}", stamp=AUTHOR + number)
    whole = _read(repository, "commits")
    assert [page.row_count for page in pages_of(whole, "commits")] == [3, 3, 2]
    begun = _read(repository, "commits", stop_after=1)
    rest = _read(repository, "commits", resume=resume_from(begun))
    assert _rows([*begun, *rest], "commits") == _rows(whole, "commits")


def test_messages_that_are_not_utf8_are_read() -> None:
    record = (
        b"\0".join((b"a" * 40, b"", b"1", b"2", b"R\xe9mi", b"e", b"e", b"caf\xe9", b"")) + b"\0"
    )
    row = json.loads(decode_commits(record))
    assert row["subject"] == "caf\ufffd"


def test_text_that_ends_inside_a_commit_is_refused() -> None:
    with pytest.raises(ValueError, match="inside a commit"):
        decode_commits(b"abc\0def")


def test_blocks_are_cut_at_commits_wherever_they_break() -> None:
    record = b"\0".join([b"field"] * 9) + b"\0"
    stream = record * 7
    for size in (1, 5, 64):
        blocks = (stream[at : at + size] for at in range(0, len(stream), size))
        assert list(split_commits(blocks, size=3)) == [
            (record * 3, 3), (record * 3, 3), (record, 1),
        ]  # fmt: skip


def test_several_repositories_are_one_source(repository: Path, tmp_path: Path) -> None:
    _commit(repository, "one")
    config = git.Config(repositories={"acme/a": repository, "acme/b": repository})
    connector = git.connect(config, name="git")
    items = read(connector, "commits", lambda _: json_reply([]))
    assert [page.context["repository"] for page in pages_of(items, "commits")] == [
        "acme/a",
        "acme/b",
    ]
    assert datetime.fromtimestamp(AUTHOR, UTC).year == 2023


@pytest.mark.parametrize("stream", ["repository", "commits", "tags"])
def test_one_missing_repository_does_not_stop_the_later_ones(
    stream: str, repository: Path, tmp_path: Path
) -> None:
    _commit(repository, "one")
    config = git.Config(repositories={"gone": tmp_path / "gone", "here": repository})
    connector = git.connect(config, name="git")
    items = read(connector, stream, lambda _: json_reply([]))
    assert [page.context["repository"] for page in pages_of(items, stream)] == ["here"]
    (refusal,) = [item for item in items if isinstance(item, Refusal)]
    assert (refusal.partition, refusal.is_final) == ("gone", False)
    assert "gone is not a git repository; set the path" in refusal.detail


def test_half_a_history_does_not_count_as_known_when_its_branch_comes_and_goes(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git, "COMMITS_PER_PAGE", 3)
    _commit(repository, "known")
    connector = _connector(repository)
    cursor = next_cursor(connector, "commits", _read(repository, "commits"))
    _git(repository, "switch", "-q", "-c", "side")
    for number in range(8):
        _commit(repository, f"side {number}")
    begun = _read(repository, "commits", cursor=cursor, stop_after=1)
    _git(repository, "switch", "-q", "main")
    _git(repository, "update-ref", "refs/hidden/side", "side")
    _git(repository, "branch", "-q", "-D", "side")
    between = _read(repository, "commits", cursor=cursor, resume=resume_from(begun))
    assert between == []
    cursor = next_cursor(connector, "commits", [*begun, *between], cursor)
    _git(repository, "branch", "side", "refs/hidden/side")
    assert len(_rows(_read(repository, "commits", cursor=cursor), "commits")) == 8


def test_a_history_of_whole_pages_is_known_at_its_end(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git, "COMMITS_PER_PAGE", 2)
    for number in range(4):
        _commit(repository, f"commit {number}")
    items = _read(repository, "commits")
    cursor = next_cursor(_connector(repository), "commits", items)
    assert _read(repository, "commits", cursor=cursor) == []
