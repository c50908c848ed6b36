"""git's commit-graph file, changed paths and patch ids, on repositories made by git itself."""

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from connectors import git
from connectors._contract import Page, Refusal
from connectors._git_decode import decode_paths, split_paths
from connectors._git_graph import decode_commit_graph, read_commit_graph
from connectors._git_trees import probe_trees, read_graph_file
from tests.connectors.fakes import json_reply, next_cursor, pages_of, read, resume_from

ENVIRONMENT = {
    "GIT_AUTHOR_DATE": "1700000000 +0000",
    "GIT_COMMITTER_DATE": "1700000060 +0000",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "PATH": "/usr/bin:/bin:/usr/local/bin",
}


def _git(path: Path, *arguments: str, author: str = "Ada", stamp: int = 1_700_000_000) -> str:
    identity = ("-c", f"user.name={author}", "-c", f"user.email={author}@example.test")
    done = subprocess.run(
        ["git", *identity, *arguments],
        cwd=path,
        check=True,
        capture_output=True,
        text=True,
        env={**ENVIRONMENT, "GIT_AUTHOR_DATE": f"@{stamp} +0000"},
    )
    return done.stdout.strip()


def _commit(path: Path, name: str, content: str = "1", *, stamp: int = 1_700_000_000) -> str:
    file = path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content + "\n", encoding="utf-8")
    _git(path, "add", "-A")
    _git(path, "commit", "-q", "-m", name.split("\n")[0], stamp=stamp)
    return _git(path, "rev-parse", "HEAD")


def _repository(path: Path, *options: str) -> Path:
    path.mkdir()
    _git(path, "init", "-q", "-b", "main", *options)
    return path


def _octopus(path: Path, count: int) -> None:
    """Merge `count` branches at once, so that the file has a list of further parents."""
    base = _git(path, "rev-parse", "HEAD")
    tips = [base]
    for number in range(count):
        _git(path, "switch", "-q", "--detach", base)
        tips.append(_commit(path, f"branch-{base[:6]}-{number}"))
    named = [part for tip in tips for part in ("-p", tip)]
    merge = _git(path, "commit-tree", f"{base}^{{tree}}", "-m", "octopus", *named)
    _git(path, "update-ref", "refs/heads/main", merge)
    _git(path, "switch", "-q", "main")


def _parents(path: Path) -> dict[str, list[str]]:
    lines = _git(path, "rev-list", "--all", "--parents").splitlines()
    return {line.split()[0]: line.split()[1:] for line in lines}


def _decoded(body: bytes) -> dict[str, list[str]]:
    graph = read_commit_graph(body)
    shas = [bytes(oid).hex() for oid in graph.oids]
    bounds = zip(graph.starts[:-1], graph.starts[1:], strict=True)
    return {
        sha: [shas[place] for place in graph.parents[begin:end]]
        for sha, (begin, end) in zip(shas, bounds, strict=True)
    }


def _read(path: Path, stream: str, config: dict[str, Any] | None = None, **more: Any) -> Any:
    connector = git.connect(git.Config(path=path, **(config or {})), name="git")
    return read(connector, stream, lambda _: json_reply([]), **more)


def _rows(items: list[Page | Refusal], stream: str) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for page in pages_of(items, stream)
        for line in (page.decoded or b"").splitlines()
    ]


@pytest.mark.parametrize("hash_name", ["sha1", "sha256"])
@pytest.mark.parametrize("is_chain", [False, True])
def test_a_commit_graph_says_the_parents_git_says(
    tmp_path: Path, hash_name: str, is_chain: bool
) -> None:
    path = _repository(tmp_path / "repo", f"--object-format={hash_name}")
    split = ["--split=no-merge"] if is_chain else []
    for number in range(3):
        _commit(path, f"first-{number}")
        _octopus(path, number + 2)
        _git(path, "switch", "-q", "--orphan", f"root-{number}")
        _commit(path, f"root-{number}")
        _git(path, "switch", "-q", "main")
        _git(path, "commit-graph", "write", "--reachable", *split)
    body = read_graph_file(path)
    assert body.count(b"CGPH") >= (3 if is_chain else 1)
    assert _decoded(body) == _parents(path)
    arrays = np.load(io.BytesIO(decode_commit_graph(body)))
    assert set(arrays["committed_at"].tolist()) == {1_700_000_060}
    assert arrays["generation"].min() == 1


def test_a_commit_graph_that_is_not_whole_is_set_aside_and_stops_nothing(tmp_path: Path) -> None:
    path = _repository(tmp_path / "repo")
    _commit(path, "one")
    _git(path, "commit-graph", "write", "--reachable")
    file = path / ".git/objects/info/commit-graph"
    body = file.read_bytes()
    for broken in (
        body[:-1],
        body[:40],
        b"x" + body[1:],
        body[:-30] + bytes((body[-30] ^ 1,)) + body[-29:],
    ):
        with pytest.raises(ValueError, match="it"):
            read_commit_graph(broken)
    file.chmod(0o600)
    file.write_bytes(body[:-1])
    (refusal,) = _read(path, "commit_graph")
    assert isinstance(refusal, Refusal)
    assert refusal.is_final
    assert "checksum is wrong" in refusal.detail


def test_a_commit_graph_is_read_again_when_it_has_grown_by_a_quarter(tmp_path: Path) -> None:
    path = _repository(tmp_path / "repo")
    assert _read(path, "commit_graph") == []
    for number in range(8):
        _commit(path, f"file-{number}")
    _git(path, "commit-graph", "write", "--reachable")
    connector = git.connect(git.Config(path=path), name="git")
    items = _read(path, "commit_graph")
    cursor = next_cursor(connector, "commit_graph", items)
    assert [page.row_count for page in pages_of(items, "commit_graph")] == [8]
    counts = []
    for number in range(2):
        _commit(path, f"more-{number}")
        _git(path, "commit-graph", "write", "--reachable")
        items = _read(path, "commit_graph", cursor=cursor)
        counts.append([page.row_count for page in pages_of(items, "commit_graph")])
    assert counts == [[], [10]]


def test_changed_paths_are_read_on_demand_with_odd_names_and_what_a_merge_brought(
    tmp_path: Path,
) -> None:
    path = _repository(tmp_path / "repo")
    names = ["plain.py", "deep/er/café.py", 'quo"te\\back\tslash', "line\nbreak"]
    shas = [_commit(path, name) for name in names]
    _git(path, "commit", "-q", "--allow-empty", "-m", "empty")
    empty = _git(path, "rev-parse", "HEAD")
    _git(path, "switch", "-q", "-c", "side", shas[0])
    side = _commit(path, "side.py")
    _git(path, "switch", "-q", "main")
    _git(path, "merge", "-q", "--no-ff", "-m", "merge", "side")
    merge = _git(path, "rev-parse", "HEAD")
    assert _read(path, "paths") == []
    rows = _rows(_read(path, "paths", {"changed_paths": True}), "paths")
    assert {row["sha"]: row["paths"] for row in rows} == {
        **dict(zip(shas, ([name] for name in names), strict=True)),
        empty: [],
        side: ["side.py"],
        merge: ["side.py"],
    }


def test_paths_are_cut_into_pages_at_commits_wherever_blocks_break() -> None:
    text = b"/aa\n\nx/y\nz\n/bb\n\nx\n/cc\n/dd\n\nend\n"
    for size in (1, 3, 64):
        blocks = (text[at : at + size] for at in range(0, len(text), size))
        pages = list(split_paths(blocks, size=3))
        assert [count for _, count in pages] == [3, 1]
        rows = [json.loads(line) for page, _ in pages for line in decode_paths(page).splitlines()]
        assert [(row["sha"], row["paths"]) for row in rows] == [
            ("aa", ["x/y", "z"]), ("bb", ["x"]), ("cc", []), ("dd", ["end"]),
        ]  # fmt: skip


def test_paths_go_on_after_a_kill_and_later_only_with_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors._git_trees.COMMITS_PER_PATH_PAGE", 2)
    path = _repository(tmp_path / "repo")
    for number in range(5):
        _commit(path, f"file-{number}")
    config = {"changed_paths": True}
    whole = _read(path, "paths", config)
    begun = _read(path, "paths", config, stop_after=1)
    rest = _read(path, "paths", config, resume=resume_from(begun))
    assert _rows([*begun, *rest], "paths") == _rows(whole, "paths")
    connector = git.connect(git.Config(path=path, changed_paths=True), name="git")
    cursor = next_cursor(connector, "paths", whole)
    new = _commit(path, "new")
    rows = _rows(_read(path, "paths", config, cursor=cursor), "paths")
    assert [row["sha"] for row in rows] == [new]


def _picked(path: Path) -> tuple[str, str, str]:
    """Return a commit, its copy on another branch, and one that nobody copied."""
    base = _commit(path, "base", stamp=1)
    fix = _commit(path, "fix", stamp=2)
    alone = _commit(path, "alone", stamp=3)
    _git(path, "switch", "-q", "-c", "line", base)
    _git(path, "cherry-pick", "-x", fix)
    return fix, _git(path, "rev-parse", "HEAD"), alone


def test_a_copy_has_the_patch_id_of_its_original_and_only_candidates_are_compared(
    tmp_path: Path,
) -> None:
    path = _repository(tmp_path / "repo")
    fix, copy, alone = _picked(path)
    rows = {row["sha"]: row["patch_id"] for row in _rows(_read(path, "patches"), "patches")}
    assert set(rows) == {fix, copy}
    assert rows[fix] == rows[copy]
    whole = _rows(_read(path, "patches", {"patch_ids": "all"}), "patches")
    assert len(whole) == 4
    assert len({row["patch_id"] for row in whole}) == 3
    assert alone in {row["sha"] for row in whole}
    assert _read(path, "patches", {"patch_ids": "none"}) == []


def test_a_new_copy_is_compared_with_what_was_read_long_before(tmp_path: Path) -> None:
    path = _repository(tmp_path / "repo")
    fix = _commit(path, "fix")
    connector = git.connect(git.Config(path=path), name="git")
    items = _read(path, "patches")
    assert _rows(items, "patches") == []
    cursor = next_cursor(connector, "patches", items)
    assert _read(path, "patches", cursor=cursor) == []
    _git(path, "switch", "-q", "--orphan", "line")
    _commit(path, "other", stamp=5)
    _git(path, "cherry-pick", "-x", fix)
    rows = _rows(_read(path, "patches", cursor=cursor), "patches")
    assert {row["sha"] for row in rows} == {fix, _git(path, "rev-parse", "HEAD")}


def test_a_partial_clone_is_read_as_far_as_it_goes_and_says_what_is_missing(
    tmp_path: Path,
) -> None:
    path = _repository(tmp_path / "repo")
    _picked(path)
    _git(path, "config", "uploadpack.allowFilter", "true")
    said = {}
    for kind in ("tree:0", "blob:none"):
        clone = tmp_path / kind.replace(":", "-")
        _git(tmp_path, "clone", "-q", "--bare", f"--filter={kind}", f"file://{path}", str(clone))
        config = {"changed_paths": True, "patch_ids": "all"}
        (page,) = pages_of(_read(clone, "repository", config), "repository")
        record = json.loads(page.body)
        said[kind] = (record["is_partial"], record["changed_paths"], record["patch_ids"])
        assert len(_rows(_read(clone, "paths", config), "paths")) == (4 if "blob" in kind else 0)
        assert _read(clone, "patches", config) == []
    assert said == {
        "tree:0": (True, "trees_missing", "trees_missing"),
        "blob:none": (True, "read", "contents_missing"),
    }
    assert probe_trees(path) == ("read", "read")
