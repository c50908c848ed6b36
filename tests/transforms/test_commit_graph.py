"""First deployments over commit graphs, against a slow walk written another way."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.statistics.commit_graph import first_deployments

Graph = tuple[list[list[int]], list[tuple[int, int]]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Draw commits whose parents come before them, and deployments (service, commit) in order."""
    count = draw(st.integers(1, 25))
    parents = [
        draw(st.lists(st.integers(0, number - 1), max_size=3, unique=True)) if number else []
        for number in range(count)
    ]
    deployed = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, count - 1)), max_size=8))
    return parents, sorted(deployed, key=lambda one: one[0])


def _ancestors(commit: int, parents: list[list[int]]) -> set[int]:
    found = {commit}
    for parent in parents[commit]:
        found |= _ancestors(parent, parents)
    return found


@settings(max_examples=200, deadline=None)
@given(graphs())
def test_every_commit_has_the_first_deployment_of_its_service_that_contains_it(
    graph: Graph,
) -> None:
    parents, deployed = graph
    expected: dict[tuple[int, int], int] = {}
    for number, (service, commit) in enumerate(deployed):
        for ancestor in _ancestors(commit, parents):
            expected.setdefault((service, ancestor), number)
    edges = [(child, parent) for child, row in enumerate(parents) for parent in row]
    services, commits, deployments = first_deployments(
        edge_child=np.array([child for child, _ in edges], dtype=np.int64),
        edge_parent=np.array([parent for _, parent in edges], dtype=np.int64),
        commit_count=len(parents),
        deployed_service=np.array([one for one, _ in deployed], dtype=np.int64),
        deployed_commit=np.array([one for _, one in deployed], dtype=np.int64),
        deployment=np.arange(len(deployed), dtype=np.int64),
    )
    found = dict(
        zip(
            zip(services.tolist(), commits.tolist(), strict=True),
            deployments.tolist(),
            strict=True,
        )
    )
    assert found == expected
