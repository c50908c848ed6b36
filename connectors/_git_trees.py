"""Read what git has to compare trees for: changed paths, patch ids; and git's commit-graph file.

Source: https://git-scm.com/docs/git-log, git-diff-tree and git-patch-id, read November 2026.
Traps: a partial clone lacks trees or file contents, and git would fetch them one by one; that is
never allowed, so such a repository is read without paths or without patch ids and says so.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

from connectors._contract import Page, Refusal, State
from connectors._errors import SourceBroken
from connectors._git_decode import (
    PATH_FORMAT,
    REF_FORMAT,
    commit_heads,
    decode_patch_ids,
    decode_paths,
    split_paths,
)
from connectors._git_process import pipe_git, run_git, stream_git

PatchIds = Literal["copies", "all", "none"]
Reading = Literal["read", "switched_off", "trees_missing", "contents_missing"]
COMMITS_PER_PATH_PAGE = 20_000
COMMITS_PER_PATCH_PAGE = 5_000
PROBED_TREES = 200
GROWTH = 1.25
DIFF = ("--no-renames", "--no-ext-diff", "--no-textconv", "--no-color")


def find_heads(path: Path) -> tuple[str, ...]:
    """Return the commits that branches, tags and HEAD name, sorted."""
    refs = run_git(
        path,
        ["for-each-ref", f"--format={REF_FORMAT}", "refs/heads", "refs/remotes", "refs/tags"],
    )
    head = run_git(path, ["rev-parse", "-q", "--verify", "HEAD^{commit}"], may_fail=True)
    return tuple(sorted({*commit_heads(refs), *head.decode().split()}))


def is_partial(path: Path) -> bool:
    """Say whether a repository was cloned without some of its objects."""
    settings = r"^(extensions\.partialclone|remote\..*\.(promisor|partialclonefilter))$"
    return bool(run_git(path, ["config", "--get-regexp", settings], may_fail=True).strip())


def probe_trees(path: Path) -> tuple[Reading, Reading]:
    """Say whether changed paths and patch ids can be read without fetching anything.

    A whole or a shallow clone has everything. Of a partial one, the trees of its heads and roots
    are looked for; contents of files are missing wherever anything is.
    """
    if not is_partial(path):
        return "read", "read"
    roots = run_git(path, ["rev-list", "--all", "--max-parents=0"], may_fail=True).decode().split()
    probed = (*roots[:PROBED_TREES], *find_heads(path)[:PROBED_TREES])
    asked = "".join(f"{sha}^{{tree}}\n" for sha in probed)
    said = run_git(path, ["cat-file", "--batch-check"], stdin=asked.encode(), may_fail=True)
    found = sum(line.split()[1:2] == [b"tree"] for line in said.splitlines())
    if found < len(probed):
        return "trees_missing", "trees_missing"
    return "read", "contents_missing"


def path_pages(
    path: Path, *, repository: str, known: State, reached: State, now: datetime
) -> Iterator[Page]:
    """Yield the changed paths of new commits; of a merge, what it brought to its first parent."""
    heads = find_heads(path)
    if not heads or list(heads) == known.get("state") or probe_trees(path)[0] != "read":
        return
    skip = int(reached.get("skip", 0)) if reached.get("state") == list(heads) else 0
    arguments = ["log", "--name-only", "--diff-merges=first-parent", *DIFF, "--root"]
    arguments += [f"--format={PATH_FORMAT}", f"--skip={skip}", "--ignore-missing", "--stdin"]
    blocks = _as_far_as_trees_go(path, stream_git(path, arguments, stdin=_asked(heads, known)))
    for body, count, is_last in mark_last(split_paths(blocks, size=COMMITS_PER_PATH_PAGE)):
        skip += count
        yield Page(
            stream="paths",
            body=body,
            url=f"git:{repository}",
            method="git log --name-only",
            media_type="text/plain",
            read_at=now,
            row_count=count,
            context={"repository": repository},
            format="ndjson",
            decoded=decode_paths(body),
            checkpoint={
                "partition": repository,
                "state": list(heads),
                "skip": skip,
                "is_done": is_last,
            },
        )


def patch_pages(
    path: Path,
    *,
    repository: str,
    known: State,
    reached: State,
    now: datetime,
    scope: PatchIds,
) -> Iterator[Page]:
    """Yield the patch ids of new commits: of all, or of those that may be copies of others.

    A copy made by cherry-pick, rebase or am keeps the author and the moment of writing, so commits
    that share both with another one are compared: the new ones, and what they may be copies of.
    """
    heads = find_heads(path)
    if scope == "none" or not heads or list(heads) == known.get("state"):
        return
    if probe_trees(path)[1] != "read":
        return
    skip = int(reached.get("skip", 0)) if reached.get("state") == list(heads) else 0
    shas = _shas_to_compare(path, heads, known, scope=scope)[skip:]
    for begin in range(0, max(len(shas), 1), COMMITS_PER_PATCH_PAGE):
        some = shas[begin : begin + COMMITS_PER_PATCH_PAGE]
        skip += len(some)
        body = pipe_git(
            path,
            ["diff-tree", "--stdin", "--root", "-p", *DIFF],
            ["patch-id", "--stable"],
            stdin="".join(f"{sha}\n" for sha in some).encode(),
        )
        yield Page(
            stream="patches",
            body=body,
            url=f"git:{repository}",
            method="git patch-id",
            media_type="text/plain",
            read_at=now,
            row_count=body.count(b"\n"),
            context={"repository": repository},
            format="ndjson",
            decoded=decode_patch_ids(body),
            checkpoint={
                "partition": repository,
                "state": list(heads),
                "skip": skip,
                "is_done": begin + len(some) == len(shas),
            },
        )


def graph_pages(
    path: Path, *, repository: str, known: State, reached: State, now: datetime
) -> Iterator[Page | Refusal]:
    """Yield the commit-graph file, or the files of its chain, when it has grown by a quarter.

    It saves time and changes no number: commits that it lacks are known from git's text.
    """
    from connectors._git_graph import decode_commit_graph, read_commit_graph

    body = read_graph_file(path)
    state = {"digest": hashlib.sha256(body).hexdigest(), "commits": 0}
    before = known.get("state") or {"digest": "", "commits": 0}
    if not body or state["digest"] in (
        before["digest"],
        (reached.get("state") or {}).get("digest"),
    ):
        return
    try:
        state["commits"] = count = len(read_commit_graph(body).oids)
        if before["commits"] <= count < before["commits"] * GROWTH:
            return
        decoded = decode_commit_graph(body)
    except ValueError as exc:
        yield Refusal(
            stream="commit_graph",
            reason="bad_payload",
            detail=f"the commit-graph of {repository} is not used: {exc}",
            url=f"git:{repository}",
            read_at=now,
            body=body,
            context={"repository": repository},
            checkpoint={"partition": repository, "state": state},
            is_final=True,
        )
        return
    yield Page(
        stream="commit_graph",
        body=body,
        url=f"git:{repository}",
        method="FILE",
        media_type="application/octet-stream",
        read_at=now,
        row_count=count,
        context={"repository": repository},
        format="npz",
        decoded=decoded,
        checkpoint={"partition": repository, "state": state},
    )


def mark_last(pages: Iterator[tuple[bytes, int]]) -> Iterator[tuple[bytes, int, bool]]:
    """Yield each page of a log once it is known whether another one follows."""
    held = next(pages, None)
    while held is not None:
        following = next(pages, None)
        yield *held, following is None
        held = following


def _asked(heads: tuple[str, ...], known: State) -> bytes:
    return ("\n".join((*heads, *(f"^{sha}" for sha in known.get("state", ())))) + "\n").encode()


def _shas_to_compare(
    path: Path, heads: tuple[str, ...], known: State, *, scope: PatchIds
) -> list[str]:
    listing = ["rev-list", "--no-merges", "--ignore-missing", "--stdin"]
    new = run_git(path, listing, stdin=_asked(heads, known)).decode().split()
    if scope == "all" or not new:
        return new
    arguments = ["log", "--no-merges", "--format=%H %at %ae", "--ignore-missing", "--stdin"]
    everything = (*heads, *known.get("state", ()))
    text = run_git(path, arguments, stdin=_asked(everything, {}))
    written = dict(line.split(b" ", 1) for line in text.splitlines())
    times = Counter(written.values())
    wanted = {written[sha.encode()] for sha in new if sha.encode() in written}
    wanted = {by for by in wanted if times[by] > 1}
    return [sha.decode() for sha, by in written.items() if by in wanted]


def read_graph_file(path: Path) -> bytes:
    """Return the commit-graph file, or its chain's files one after the other, or nothing."""
    info = Path(path, run_git(path, ["rev-parse", "--git-path", "objects/info"]).decode().strip())
    try:
        return (info / "commit-graph").read_bytes()
    except FileNotFoundError:
        pass
    chain = info / "commit-graphs" / "commit-graph-chain"
    try:
        names = chain.read_text(encoding="ascii").split()
        return b"".join((chain.parent / f"graph-{name}.graph").read_bytes() for name in names)
    except FileNotFoundError:
        return b""


def _as_far_as_trees_go(path: Path, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield git's output until a tree is missing, which only in a partial clone is no error."""
    try:
        yield from blocks
    except SourceBroken:
        if not is_partial(path):
            raise
