"""Walks over commit graphs: which deployment first contained a commit."""

from collections.abc import Iterator
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

Indexes = NDArray[np.int64]


def first_deployments(
    *,
    edge_child: Indexes,
    edge_parent: Indexes,
    commit_count: int,
    deployed_service: Indexes,
    deployed_commit: Indexes,
    deployment: Indexes,
) -> tuple[Indexes, Indexes, Indexes]:
    """Return for each service and commit that went live the first deployment that contains it.

    A deployment contains its commit and all ancestors. Deployments come ordered by service, then
    by the time they went live; each service visits a commit once, so the whole walk takes
    O(commits + edges) per service that shares a repository.

    Shape: edges are (child, parent) pairs of commit numbers 0..commit_count-1; the three arrays
    of deployments have one entry a deployment; the result is (service, commit, deployment), one
    entry a service and commit.
    Source: transforms/metrics.md, section 2 (each commit is assigned once per service, to its first
    production deployment), cf. edge cases 8, 14 and 28.
    """
    order = np.argsort(edge_child, kind="stable")
    parents = edge_parent[order].tolist()
    starts = np.searchsorted(edge_child[order], np.arange(commit_count + 1)).tolist()
    services: list[int] = []
    commits: list[int] = []
    deployments: list[int] = []
    seen = bytearray(commit_count)
    for service, rows in _by_service(deployed_service, deployed_commit, deployment):
        visited: list[int] = []
        for commit, number in rows:
            before = len(visited)
            _visit(commit, parents=parents, starts=starts, seen=seen, visited=visited)
            deployments.extend([number] * (len(visited) - before))
        for commit in visited:
            seen[commit] = 0
        commits.extend(visited)
        services.extend([service] * len(visited))
    return (
        np.array(services, dtype=np.int64),
        np.array(commits, dtype=np.int64),
        np.array(deployments, dtype=np.int64),
    )


def _by_service(
    service: Indexes, commit: Indexes, deployment: Indexes
) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    rows = zip(service.tolist(), commit.tolist(), deployment.tolist(), strict=True)
    for key, group in groupby(rows, key=lambda row: row[0]):
        yield key, [(commit_index, number) for _, commit_index, number in group]


def _visit(
    commit: int, *, parents: list[int], starts: list[int], seen: bytearray, visited: list[int]
) -> None:
    stack = [commit]
    while stack:
        current = stack.pop()
        if seen[current]:
            continue
        seen[current] = 1
        visited.append(current)
        stack.extend(parents[starts[current] : starts[current + 1]])
