"""leadline bench graph: how many commits a second get their first deployment, and from what.

From a repository: git's log as the connector reads it, and git's commit-graph file. Without one, a
generated estate of the size that the documentation calls M, as commit-graph files and as arrays.
"""

import gc
import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from connectors._errors import ConnectorError
from connectors._git_decode import LOG_FIELDS, LOG_FORMAT, split_commits
from connectors._git_graph import CommitGraph, read_commit_graph
from connectors._git_process import run_git, stream_git
from connectors._git_trees import find_heads, read_graph_file
from orchestration.commands.terminal import out
from orchestration.errors import ConfigurationError
from transforms.statistics.commit_ancestry import contains_previous
from transforms.statistics.commit_graph import (
    Deployed,
    Graph,
    Indexes,
    first_deployments,
    make_graph,
)

COMMITS_PER_PAGE = 50_000
COMMITS_PER_DEPLOYMENT = 8
REPOSITORIES, COMMITS, DEPLOYMENTS = 500, 2_000_000, 248_000
TEXT_GOAL, PAGE_GOAL = 80_000, 3_000_000
FITS_THE_CACHE = 50_000
ROUNDS = 3


@dataclass(frozen=True)
class Measured:
    """What was walked, how long it took at best, and what was hoped for.

    `busy_seconds` is the time this process computed; what git computed is not in it.
    """

    name: str
    commits: int
    seconds: float
    busy_seconds: float
    goal: int | None = None


def bench_graph(*, repository: Path | None) -> None:
    """Measure and print commits a second.

    Errors: ConfigurationError when the path is no folder, or git finds no commits in it.
    """
    if repository is not None and not repository.is_dir():
        raise ConfigurationError(f"{repository} is no folder; give the path of a git repository.")
    found = _measure_estate() if repository is None else _measure_repository(repository)
    columns = ("what", "commits", "seconds", "busy", "commits a second", "goal")
    table = Table(*columns, box=None)
    try:
        measured = list(found)
    except ConnectorError as exc:
        raise ConfigurationError(f"{exc}. Give the path of a git repository.") from exc
    for one in measured:
        rate = one.commits / one.seconds
        goal = f"{one.goal:,}" if one.goal else "–"
        seconds = (f"{one.seconds:.3f}", f"{one.busy_seconds:.3f}")
        table.add_row(one.name, f"{one.commits:,}", *seconds, f"{rate:,.0f}", goal)
    out.print(table)


def _measure_repository(path: Path) -> Iterator[Measured]:
    if not find_heads(path):
        raise ConfigurationError(f"{path} holds no commits; give a repository that does.")
    tags = run_git(
        path,
        [
            "for-each-ref",
            "--sort=creatordate",
            "--format=%(objectname) %(*objectname)",
            "refs/tags",
        ],
    )
    released = [line.split()[-1] for line in tags.decode().splitlines()]
    yield _best("git log text to first deployments", lambda: _walk_text(path, released), TEXT_GOAL)
    if read_graph_file(path):
        yield _best(
            "commit-graph file to first deployments", lambda: _walk_page(path, released), PAGE_GOAL
        )


def _best(name: str, work: Callable[[], int], goal: int | None = None) -> Measured:
    """Run some work a few times and keep the shortest time; it returns how many commits it did."""
    times: list[tuple[float, float]] = []
    commits = 0
    for _ in range(ROUNDS):
        gc.collect()
        began, busy = time.perf_counter(), time.process_time()
        commits = work()
        times.append((time.perf_counter() - began, time.process_time() - busy))
    seconds, busy_seconds = min(times)
    return Measured(
        name=name, commits=commits, seconds=seconds, busy_seconds=busy_seconds, goal=goal
    )


def _walk_text(path: Path, released: list[str]) -> int:
    asked = "\n".join(find_heads(path)).encode() + b"\n"
    arguments = ["log", "-z", f"--format={LOG_FORMAT}", "--stdin"]
    shas: list[str] = []
    parents: list[list[str]] = []
    for body, _ in split_commits(stream_git(path, arguments, stdin=asked), size=COMMITS_PER_PAGE):
        fields = body.decode("utf-8", "replace").split("\0")
        shas += fields[:-1:LOG_FIELDS]
        parents += map(str.split, fields[1::LOG_FIELDS])
    shas.reverse()
    parents.reverse()
    number = {sha: at for at, sha in enumerate(shas)}
    edges = np.array(
        [(child, number[sha]) for child, row in enumerate(parents) for sha in row if sha in number],
        dtype=np.int64,
    ).reshape(-1, 2)
    graph = make_graph(
        edge_child=edges[:, 0],
        edge_parent=edges[:, 1],
        repository_start=np.array([0, len(shas)], dtype=np.int64),
    )
    live = [number[sha] for sha in released if sha in number]
    tips = np.array(live or range(0, len(shas), COMMITS_PER_DEPLOYMENT), dtype=np.int64)
    first_deployments(graph, _deployed(tips))
    return len(shas)


def _walk_page(path: Path, released: list[str]) -> int:
    page = read_commit_graph(read_graph_file(path))
    wanted = np.frombuffer(bytes.fromhex("".join(released)), dtype=np.uint8)
    words = _words(page.oids)
    is_sorted = bool(np.all(words[1:] >= words[:-1]))
    order = np.arange(len(words)) if is_sorted else np.argsort(words, kind="stable")
    asked = _words(wanted.reshape(-1, page.oids.shape[1]))
    place = order[np.minimum(np.searchsorted(words[order], asked), len(order) - 1)]
    place = place[words[place] == asked]
    graph, number = _ordered([page])
    tips = number[place] if len(place) else np.arange(0, len(number), COMMITS_PER_DEPLOYMENT)
    first_deployments(graph, _deployed(tips))
    return len(number)


def _words(oids: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return the first eight bytes of every id as a number; for a measurement that is enough."""
    return np.ascontiguousarray(oids[:, :8]).view(">u8").ravel().astype(np.uint64)


def _ordered(pages: list[CommitGraph]) -> tuple[Graph, Indexes]:
    """Return one graph of several repositories, and the numbers of its commits.

    In a large repository they are numbered by committer date: neighbours in time are neighbours in
    memory then, which the walk is several times faster with.
    """
    sizes = np.array([len(page.oids) for page in pages], dtype=np.int64)
    begin = np.concatenate(([0], np.cumsum(sizes)))
    number = np.empty(int(begin[-1]), dtype=np.int64)
    starts = np.zeros(len(number) + 1, dtype=np.int64)
    parents: list[Indexes] = []
    for page, first, size in zip(pages, begin, sizes, strict=False):
        if size <= FITS_THE_CACHE:
            number[first : first + size] = np.arange(first, first + size)
            starts[first + 1 : first + size + 1] = np.diff(page.starts)
            parents.append(page.parents + first)
            continue
        order = np.argsort(page.committed_at, kind="stable")
        mine = np.empty(size, dtype=np.int64)
        mine[order] = np.arange(first, first + size)
        number[first : first + size] = mine
        degrees = np.diff(page.starts)[order]
        starts[first + 1 : first + size + 1] = degrees
        shift = page.starts[order] - (np.cumsum(degrees) - degrees)
        places = np.arange(int(degrees.sum())) + np.repeat(shift, degrees)
        parents.append(mine[page.parents[places]])
    np.cumsum(starts, out=starts)
    graph = Graph(starts=starts, parents=np.concatenate(parents), repository_start=begin)
    return graph, number


def _deployed(tips: Indexes) -> Deployed:
    return Deployed(
        service=np.zeros(len(tips), dtype=np.int64), commit=tips, number=np.arange(len(tips))
    )


def _measure_estate() -> Iterator[Measured]:
    """Measure 500 repositories of 4,000 commits, a quarter of them merges."""
    rng = np.random.default_rng(7)
    size = COMMITS // REPOSITORIES
    bodies = [_draw_page(rng, size) for _ in range(REPOSITORIES)]
    pages = [read_commit_graph(body) for body in bodies]
    graph, _ = _ordered(pages)
    by_age = np.concatenate(
        [at * size + np.argsort(page.committed_at) for at, page in enumerate(pages)]
    )
    ages = np.sort(rng.choice(COMMITS, DEPLOYMENTS, replace=False))
    deployed = Deployed(service=ages // size, commit=by_age[ages], number=np.arange(DEPLOYMENTS))

    def walk() -> int:
        first_deployments(graph, deployed)
        return COMMITS

    def compare() -> int:
        contains_previous(graph, deployed)
        return COMMITS

    def walk_pages() -> int:
        whole, _ = _ordered([read_commit_graph(body) for body in bodies])
        first_deployments(whole, deployed)
        return COMMITS

    yield _best("500 commit-graph files to first deployments", walk_pages, PAGE_GOAL)
    yield _best("arrays to first deployments", walk)
    yield _best("arrays to rewritten history", compare)


def _draw_page(rng: np.random.Generator, size: int) -> bytes:
    """Return a commit-graph file as git writes it, of a line with short branches."""
    age = np.arange(size)
    first = age - 1
    is_merge = (rng.random(size) < 0.25) & (age > 5)
    second = age - rng.integers(2, 6, size)
    oids = np.unique(rng.integers(0, 256, (size, 20), dtype=np.uint8), axis=0)
    place = rng.permutation(size)
    data = np.zeros(
        size, dtype=[("tree", "V20"), ("first", ">u4"), ("second", ">u4"), ("date", ">u8")]
    )
    none = 0x7000_0000
    data["first"][place] = np.where(first >= 0, place[first], none)
    data["second"][place] = np.where(is_merge, place[second], none)
    data["date"][place] = (age.astype(np.uint64) + 1 << np.uint64(34)) + 1_700_000_000 + age * 60
    fanout = np.cumsum(np.bincount(oids[:, 0], minlength=256)).astype(">u4")
    chunks = {b"OIDF": fanout.tobytes(), b"OIDL": oids.tobytes(), b"CDAT": data.tobytes()}
    offset = 8 + 12 * (len(chunks) + 1)
    table = b""
    for name, content in chunks.items():
        table += name + offset.to_bytes(8, "big")
        offset += len(content)
    table += bytes(4) + offset.to_bytes(8, "big")
    body = b"CGPH" + bytes((1, 1, len(chunks), 0)) + table + b"".join(chunks.values())
    return body + hashlib.sha1(body, usedforsecurity=False).digest()
