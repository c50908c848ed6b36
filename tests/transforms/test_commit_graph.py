"""First deployments over commit graphs, against a slow walk written another way."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.statistics.commit_ancestry import contains_previous, is_ancestor, monotone_rank
from transforms.statistics.commit_graph import Deployed, Graph, first_deployments, make_graph

Parents = list[list[int]]
Releases = list[tuple[int, int]]
Case = tuple[Parents, list[int], Releases]


@st.composite
def estates(draw: st.DrawFn) -> Case:
    """Draw repositories and what services deployed of them, in order of service and time.

    Commits have up to three parents of the same repository, before or (for the numbers alone)
    after them, so there are several roots, merges and lines that never meet (a force-push); a
    service may deploy any commit of any repository, so ancestors and other branches too.
    """
    sizes = draw(st.lists(st.integers(1, 12), min_size=1, max_size=3))
    bounds = [sum(sizes[:at]) for at in range(len(sizes) + 1)]
    parents: Parents = []
    for begin, size in zip(bounds, sizes, strict=False):
        names = draw(st.permutations(range(begin, begin + size)))
        rows: dict[int, list[int]] = {}
        for age, name in enumerate(names):
            elder = st.sampled_from(names[:age]) if age else st.nothing()
            rows[name] = draw(st.lists(elder, max_size=3, unique=True)) if age else []
        parents += [rows[name] for name in range(begin, begin + size)]
    deployed = draw(
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, len(parents) - 1)), max_size=14)
    )
    return parents, bounds, sorted(deployed, key=lambda one: one[0])


def _ancestors(commit: int, parents: Parents) -> set[int]:
    found: set[int] = set()
    waiting = [commit]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += parents[current]
    return found


def _arrays(case: Case, *, reverse: bool = False) -> tuple[Graph, Deployed]:
    parents, bounds, deployed = case
    edges = [(child, parent) for child, row in enumerate(parents) for parent in row]
    edges = edges[::-1] if reverse else edges
    graph = make_graph(
        edge_child=np.array([child for child, _ in edges], dtype=np.int64),
        edge_parent=np.array([parent for _, parent in edges], dtype=np.int64),
        repository_start=np.array(bounds, dtype=np.int64),
    )
    return graph, Deployed(
        service=np.array([service for service, _ in deployed], dtype=np.int64),
        commit=np.array([commit for _, commit in deployed], dtype=np.int64),
        number=np.arange(len(deployed), dtype=np.int64) * 10,
    )


@settings(max_examples=120, deadline=None)
@given(estates(), st.booleans())
def test_every_commit_has_the_first_deployment_of_its_service_that_contains_it(
    case: Case, reverse: bool
) -> None:
    parents, _, deployed = case
    expected: dict[tuple[int, int], int] = {}
    for number, (service, commit) in enumerate(deployed):
        for ancestor in _ancestors(commit, parents):
            expected.setdefault((service, ancestor), number * 10)
    services, commits, numbers = first_deployments(*_arrays(case, reverse=reverse))
    rows = list(zip(services.tolist(), commits.tolist(), strict=True))
    assert len(rows) == len(set(rows))
    assert dict(zip(rows, numbers.tolist(), strict=True)) == expected


@settings(max_examples=120, deadline=None)
@given(estates())
def test_a_deployment_contains_the_one_before_it_or_history_was_rewritten(case: Case) -> None:
    parents, bounds, deployed = case
    live: dict[tuple[int, int], int] = {}
    expected = []
    for service, commit in deployed:
        repository = sum(bound <= commit for bound in bounds)
        before = live.get((service, repository), commit)
        expected.append(before in _ancestors(commit, parents))
        live[service, repository] = commit
    assert contains_previous(*_arrays(case)).tolist() == expected


@settings(max_examples=100, deadline=None)
@given(estates(), st.data())
def test_ancestors_are_found_whatever_the_clocks_said(case: Case, data: st.DataObject) -> None:
    parents = case[0]
    number = st.integers(0, len(parents) - 1)
    pairs = data.draw(st.lists(st.tuples(number, number), max_size=10))
    clocks = data.draw(st.lists(number, min_size=len(parents), max_size=len(parents)))
    graph, _ = _arrays(case)
    rank = monotone_rank(graph.starts, graph.parents, committed=np.array(clocks, dtype=np.int64))
    found = is_ancestor(
        graph.starts,
        graph.parents,
        rank=rank,
        of=np.array([of for of, _ in pairs], dtype=np.int64),
        ancestor=np.array([ancestor for _, ancestor in pairs], dtype=np.int64),
    )
    assert found.tolist() == [ancestor in _ancestors(of, parents) for of, ancestor in pairs]


def test_a_line_longer_than_any_stack_is_walked() -> None:
    count = 200_000
    graph = make_graph(
        edge_child=np.arange(1, count),
        edge_parent=np.arange(count - 1),
        repository_start=np.array([0, count]),
    )
    tips = np.arange(9, count, 10)
    deployed = Deployed(
        service=np.zeros(len(tips), dtype=np.int64), commit=tips, number=np.arange(len(tips))
    )
    _, commits, numbers = first_deployments(graph, deployed)
    assert np.array_equal(numbers[np.argsort(commits)], np.arange(count) // 10)
    assert bool(contains_previous(graph, deployed).all())


def test_without_deployments_nothing_is_live() -> None:
    graph = make_graph(
        edge_child=np.array([1]), edge_parent=np.array([0]), repository_start=np.array([0, 2])
    )
    nothing = np.zeros(0, dtype=np.int64)
    found = first_deployments(graph, Deployed(service=nothing, commit=nothing, number=nothing))
    assert [len(column) for column in found] == [0, 0, 0]
