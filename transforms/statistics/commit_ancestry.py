"""Questions about ancestors: whether a deployment, or a commit, contains an earlier one."""

import numpy as np

from transforms.statistics.commit_graph import (
    Deployed,
    Flags,
    Graph,
    Indexes,
    Walk,
    ranges,
    walks,
)

MOST_CORRECTIONS = 1_000
PAIRS_AT_ONCE = 10_000


def contains_previous(graph: Graph, deployed: Deployed) -> Flags:
    """Say of each deployment whether it contains what its service had live before.

    What was live before is the deployment before it of the same service and repository; the first
    one contains it. False where history was rewritten, where another branch or an older commit
    went live.

    Shape: one entry a deployment, in their order.
    Source: transforms/metrics.md, edge case 28.
    """
    answer = np.ones(len(deployed.commit), dtype=np.bool_)
    for walk in walks(graph, deployed):
        answer[walk.rows] = _contains_previous(walk, deployed.service[walk.rows])
    return answer


def _contains_previous(walk: Walk, service: Indexes) -> Flags:
    """Decide most deployments by their labels alone.

    What has the label of the deployment before and descends from its commit is that commit itself:
    so the next one contains it exactly if one of its new commits has it as a parent. That leaves
    those after a commit that had been live before (after a rollback), which are searched.
    """
    previous, begun = _runs(walk, service)
    at = np.nonzero(previous >= 0)[0]
    commit, before = walk.deployed[at], walk.deployed[previous[at]]
    before_of = np.full(len(walk.deployed), -1, dtype=np.int64)
    before_of[at] = before
    child_label = np.repeat(walk.label, np.diff(walk.starts))
    touches = np.zeros(len(walk.deployed), dtype=np.bool_)
    touches[child_label[(child_label >= 0) & (walk.parents == before_of[child_label])]] = True
    is_new = walk.label[commit] == at
    was_new = walk.label[before] == begun[previous[at]]
    contains = (commit == before) | (is_new & touches[at])
    is_open = ~contains & ~was_new & (walk.label[before] <= walk.label[commit])
    contains[is_open] = is_ancestor(
        walk.starts, walk.parents, rank=walk.label, of=commit[is_open], ancestor=before[is_open]
    )
    answer = np.ones(len(walk.deployed), dtype=np.bool_)
    answer[at] = contains
    return answer


def _runs(walk: Walk, service: Indexes) -> tuple[Indexes, Indexes]:
    """Return the deployment before each one, or -1, and the first of the run of equal commits."""
    order = np.lexsort((np.arange(len(service)), walk.repository, service))
    where = walk.repository[order]
    same = (service[order][1:] == service[order][:-1]) & (where[1:] == where[:-1])
    previous = np.full(len(order), -1, dtype=np.int64)
    previous[order[1:][same]] = order[:-1][same]
    repeats = np.concatenate(([False], same & (np.diff(walk.deployed[order]) == 0)))
    places = np.maximum.accumulate(np.where(repeats, 0, np.arange(len(order))))
    begun = np.empty(len(order), dtype=np.int64)
    begun[order] = order[places]
    return previous, begun


def is_ancestor(
    starts: Indexes, parents: Indexes, *, rank: Indexes, of: Indexes, ancestor: Indexes
) -> Flags:
    """Say of each pair of commits whether the second is an ancestor of the first, or the same.

    Many pairs are searched together, one generation at a time. `rank` bounds the search: it must
    never be larger for a parent than for its child.
    """
    found: Flags = of == ancestor
    for begin in range(0, len(of), PAIRS_AT_ONCE):
        pairs = begin + np.nonzero(~found[begin : begin + PAIRS_AT_ONCE])[0]
        _search(starts, parents, rank=rank, of=of, ancestor=ancestor, pair=pairs, found=found)
    return found


def _search(
    starts: Indexes,
    parents: Indexes,
    *,
    rank: Indexes,
    of: Indexes,
    ancestor: Indexes,
    pair: Indexes,
    found: Flags,
) -> None:
    """Mark in `found` which of some pairs are found."""
    commits = len(starts) - 1
    commit = of[pair]
    while len(pair):
        sizes = starts[commit + 1] - starts[commit]
        parent = parents[ranges(starts[commit], sizes)]
        pair = np.repeat(pair, sizes)
        found[pair[parent == ancestor[pair]]] = True
        is_open = ~found[pair] & (rank[parent] >= rank[ancestor[pair]])
        keys = np.unique(pair[is_open] * commits + parent[is_open])
        pair, commit = keys // commits, keys % commits


def monotone_rank(starts: Indexes, parents: Indexes, *, committed: Indexes) -> Indexes:
    """Return the committer dates, raised where a commit seems older than one of its parents.

    Where clocks were so wrong that this takes too long, all ranks are equal and bound nothing.
    """
    rank = committed.copy()
    child = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    for _ in range(MOST_CORRECTIONS):
        is_wrong = rank[child] < rank[parents]
        if not bool(is_wrong.any()):
            return rank
        np.maximum.at(rank, child[is_wrong], rank[parents[is_wrong]])
    return np.zeros_like(rank)
