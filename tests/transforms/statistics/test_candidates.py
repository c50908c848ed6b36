"""Which change events come into question: window, veto, roll-outs under way, distance."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from transforms.statistics.candidates import (
    HOUR,
    WINDOW_SECONDS,
    Candidates,
    ChangeEvents,
    Incidents,
    Reach,
    find_candidates,
)

MINUTE = 60.0
IMPACT = 1_000_000.0


def events(*rows: tuple[int, float, float]) -> ChangeEvents:
    """Return events of (service, started_at, finished_at)."""
    service, started, finished = (np.array(column) for column in zip(*rows, strict=True))
    return ChangeEvents(
        service=service.astype(np.int64),
        type=np.zeros(len(rows), np.int64),
        started_at=started.astype(float),
        exposed_at=started.astype(float),
        finished_at=finished.astype(float),
        batch=np.ones(len(rows)),
    )


def incident(*services: int) -> Incidents:
    """Return one incident at IMPACT on some services."""
    return Incidents(
        impact_at=np.array([IMPACT]),
        incident=np.zeros(len(services), np.int64),
        service=np.array(services, np.int64),
    )


def reach(*rows: tuple[int, int, int], services: int = 4) -> Reach:
    """Return each service's reach to itself and the (service, upstream, hops) given."""
    every = [(one, one, 0) for one in range(services)] + list(rows)
    service, upstream, hops = (np.array(column, np.int64) for column in zip(*every, strict=True))
    return Reach(service, upstream, hops)


def found(candidates: Candidates) -> list[tuple[int, int, float, bool]]:
    """Return (event, hops, seconds_before, is_in_flight) of each candidate by event."""
    columns = (
        candidates.event,
        candidates.hops,
        candidates.seconds_before,
        candidates.is_in_flight,
    )
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def test_an_event_counts_until_72_hours_after_its_end_and_not_a_second_longer() -> None:
    rows = events(
        (0, IMPACT - WINDOW_SECONDS - 600, IMPACT - WINDOW_SECONDS),
        (0, IMPACT - WINDOW_SECONDS - 600, IMPACT - WINDOW_SECONDS - 1),
    )
    assert found(find_candidates(incident(0), rows, reach())) == [(0, 0, WINDOW_SECONDS, False)]


def test_what_began_after_the_impact_is_vetoed_but_clocks_may_differ_by_two_minutes() -> None:
    rows = events(
        (0, IMPACT + 120, IMPACT + 300),
        (0, IMPACT + 121, IMPACT + 300),
    )
    assert found(find_candidates(incident(0), rows, reach())) == [(0, 0, 0.0, True)]


def test_a_roll_out_under_way_counts_however_long_it_has_lasted_and_one_without_end_too() -> None:
    rows = events(
        (0, IMPACT - 10 * MINUTE, IMPACT + MINUTE),
        (0, IMPACT - 100 * 24 * HOUR, IMPACT + HOUR),
        (0, IMPACT - 5 * HOUR, np.nan),
        (0, IMPACT + HOUR, np.nan),
    )
    assert found(find_candidates(incident(0), rows, reach())) == [
        (0, 0, 0.0, True),
        (1, 0, 0.0, True),
        (2, 0, 0.0, True),
    ]


def test_upstream_counts_to_two_hops_and_never_downstream() -> None:
    rows = events(*((service, IMPACT - HOUR, IMPACT - MINUTE) for service in range(5)))
    graph = reach((0, 1, 1), (0, 2, 2), (0, 3, 3), (4, 0, 1), services=5)
    assert [row[:2] for row in found(find_candidates(incident(0), rows, graph))] == [
        (0, 0),
        (1, 1),
        (2, 2),
    ]


def test_an_incident_of_several_services_has_each_event_once_by_the_shortest_way() -> None:
    rows = events((1, IMPACT - HOUR, IMPACT - MINUTE))
    graph = reach((0, 1, 2), (2, 1, 1))
    assert [row[:2] for row in found(find_candidates(incident(0, 2), rows, graph))] == [(0, 1)]
    assert [row[:2] for row in found(find_candidates(incident(0, 1), rows, graph))] == [(0, 0)]


def test_without_events_or_incidents_there_is_no_candidate() -> None:
    none = Incidents(np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64))
    some = events((0, IMPACT - HOUR, IMPACT - MINUTE))
    empty = ChangeEvents(*(column[:0] for column in vars(some).values()))
    assert len(find_candidates(none, some, reach()).event) == 0
    assert len(find_candidates(incident(0), empty, reach()).event) == 0


instants = st.floats(0, 40 * 24 * HOUR)


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 3), instants, st.floats(0, 10 * 24 * HOUR)),
        min_size=1,
        max_size=25,
    ),
    impacts=st.lists(st.tuples(instants, st.integers(0, 3)), min_size=1, max_size=8),
)
def test_candidates_are_those_that_a_look_at_every_pair_finds(
    rows: list[tuple[int, float, float]], impacts: list[tuple[float, int]]
) -> None:
    every = events(*((service, start, start + lasting) for service, start, lasting in rows))
    graph = reach((0, 1, 1), (1, 2, 1), (0, 2, 2), (3, 0, 1), (3, 1, 2))
    hops = {(s, u): h for s, u, h in zip(graph.service, graph.upstream, graph.hops, strict=True)}
    several = Incidents(
        impact_at=np.array([at for at, _ in impacts]),
        incident=np.arange(len(impacts)),
        service=np.array([service for _, service in impacts], np.int64),
    )
    expected = {
        (number, event)
        for number, (at, service) in enumerate(impacts)
        for event, (upstream, start, lasting) in enumerate(rows)
        if (service, upstream) in hops
        and start <= at + 120
        and at - (start + lasting) <= WINDOW_SECONDS
    }
    candidates = find_candidates(several, every, graph)
    pairs = list(zip(candidates.incident.tolist(), candidates.event.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == expected
    assert candidates.incident.tolist() == sorted(candidates.incident.tolist())
