"""Walks over commit graphs: which deployment first contained a commit, and what contains what."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import depth_first_order

Indexes = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Graph:
    """Parents of every commit, and the first commit of every repository.

    Commits are numbered repository by repository. `starts[commit]` to `starts[commit + 1]` are the
    places of its parents in `parents`; `repository_start` has one entry more than there are
    repositories, the number of commits.
    """

    starts: Indexes
    parents: Indexes
    repository_start: Indexes


@dataclass(frozen=True)
class Deployed:
    """Deployments of commits, ordered by service, then by the time they went live."""

    service: Indexes
    commit: Indexes
    number: Indexes


@dataclass(frozen=True)
class Walk:
    """One walk over some repositories, of each the deployments of one service.

    `label` gives each of its commits the place in `rows` of the first deployment that contains it,
    or -1; commits are numbered within the walk, `commits` says what they are called outside.
    `deployed` and `repository` have one entry for each of `rows`.
    """

    starts: Indexes
    parents: Indexes
    commits: Indexes
    rows: Indexes
    deployed: Indexes
    repository: Indexes
    label: Indexes


def make_graph(*, edge_child: Indexes, edge_parent: Indexes, repository_start: Indexes) -> Graph:
    """Return the graph of (child, parent) pairs of commit numbers, given in any order."""
    count = int(repository_start[-1])
    starts = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(edge_child, minlength=count), out=starts[1:])
    if not bool(np.all(edge_child[1:] >= edge_child[:-1])):
        edge_parent = edge_parent[np.argsort(edge_child, kind="stable")]
    return Graph(starts=starts, parents=edge_parent, repository_start=repository_start)


def first_deployments(graph: Graph, deployed: Deployed) -> tuple[Indexes, Indexes, Indexes]:
    """Return for each service and commit that went live the first deployment that contains it.

    A deployment contains its commit and all ancestors. Each service visits a commit once, so a walk
    takes O(commits + edges + deployments), compiled; services that share no repository share one.

    Shape: (service, commit, number of the deployment), one entry a service and commit.
    Source: transforms/metrics.md, section 2 (each commit is assigned once per service, to its first
    production deployment), cf. edge cases 8, 14 and 28.
    """
    found: list[tuple[Indexes, Indexes]] = []
    for walk in walks(graph, deployed):
        live = np.nonzero(walk.label >= 0)[0]
        found.append((walk.rows[walk.label[live]], walk.commits[live]))
    rows = np.concatenate([one for one, _ in found]) if found else np.zeros(0, np.int64)
    commits = np.concatenate([one for _, one in found]) if found else np.zeros(0, np.int64)
    return deployed.service[rows], commits, deployed.number[rows]


def walks(graph: Graph, deployed: Deployed) -> Iterator[Walk]:
    """Yield the walks that visit everything: the k-th service of each repository in walk k."""
    last = len(graph.repository_start) - 1
    if not len(deployed.commit):
        return
    repository = np.searchsorted(graph.repository_start, deployed.commit, side="right") - 1
    pair = repository * (int(deployed.service.max()) + 1) + deployed.service
    pairs, pair_of = np.unique(pair, return_inverse=True)
    owner = pairs // (int(deployed.service.max()) + 1)
    turn = np.arange(len(pairs)) - np.searchsorted(owner, owner)
    turn_of = turn[pair_of]
    for number in range(int(turn.max()) + 1):
        rows = np.nonzero(turn_of == number)[0]
        repositories = owner[turn == number]
        if len(repositories) == last:
            starts, parents, shift = graph.starts, graph.parents, np.zeros(last, np.int64)
            commits = np.arange(len(starts) - 1)
        else:
            starts, parents, commits, shift = _cut(graph, repositories)
        target = deployed.commit[rows] - shift[np.searchsorted(repositories, repository[rows])]
        label = _visit(starts, parents, target)
        yield Walk(
            starts=starts,
            parents=parents,
            commits=commits,
            rows=rows,
            deployed=target,
            repository=repository[rows],
            label=label,
        )


def _cut(graph: Graph, repositories: Indexes) -> tuple[Indexes, Indexes, Indexes, Indexes]:
    """Return the graph of some repositories, its commits' numbers outside, and their shifts."""
    begin, end = graph.repository_start[repositories], graph.repository_start[repositories + 1]
    sizes, edges = end - begin, graph.starts[end] - graph.starts[begin]
    shift = begin - np.concatenate(([0], np.cumsum(sizes)[:-1]))
    commits = ranges(begin, sizes)
    parents = graph.parents[ranges(graph.starts[begin], edges)] - np.repeat(shift, edges)
    starts = np.zeros(len(commits) + 1, dtype=np.int64)
    np.cumsum(graph.starts[commits + 1] - graph.starts[commits], out=starts[1:])
    return starts, parents, commits, shift


def ranges(begin: Indexes, sizes: Indexes) -> Indexes:
    """Return the numbers of several ranges, one range after the other."""
    before = np.concatenate(([0], np.cumsum(sizes)))
    return np.arange(int(before[-1]), dtype=np.int64) + np.repeat(begin - before[:-1], sizes)


def _visit(starts: Indexes, parents: Indexes, deployed: Indexes) -> Indexes:
    """Return for each commit the first of the deployed commits that reaches it, or -1.

    One node a deployment is added after the commits; each leads to its commit and, after that, to
    the next one's node. A depth-first walk from the first visits all that the first commit reaches,
    then all that is new from the second, and so on. The walk takes the neighbours of a node in the
    order of their numbers, so the commit comes before the next node.
    """
    commits, count = len(starts) - 1, len(deployed)
    chain = np.empty((count, 2), dtype=np.int32)
    chain[:, 0] = deployed
    chain[:, 1] = np.arange(commits + 1, commits + count + 1)
    neighbours = np.concatenate((parents, chain.ravel()[:-1]), dtype=np.int32, casting="same_kind")
    places = np.concatenate(
        (starts[:-1], starts[-1] + 2 * np.arange(count + 1)), dtype=np.int32, casting="same_kind"
    )
    places[-1] -= 1
    size = commits + count
    weights = np.ones(len(neighbours))
    matrix = csr_array((weights, neighbours, places), shape=(size, size))
    order = depth_first_order(matrix, commits, directed=True, return_predecessors=False)
    is_node = order >= commits
    label = np.full(commits, -1, dtype=np.int64)
    label[order[~is_node]] = (np.cumsum(is_node) - 1)[~is_node]
    return label
