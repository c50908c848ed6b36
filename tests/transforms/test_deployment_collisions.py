"""Deployments that overlap are found by the hour; comparing all of them finds the same ones."""

from datetime import datetime, timedelta

import duckdb
import jinja2
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.rendering import TRANSFORMS

AS_OF = datetime.fromisoformat("2026-03-20")
START = datetime.fromisoformat("2026-03-01")
SERVICES = ("shop", "pay", "mail")
CALLS = {("shop", "pay"), ("mail", "mail")}
MINUTE = timedelta(minutes=1)

moments = st.integers(0, 20_000)
lengths = st.one_of(st.none(), st.integers(0, 200), st.integers(2_800, 9_000))
deployments = st.lists(
    st.tuples(st.sampled_from(SERVICES), st.sampled_from(("production", "test")), moments, lengths),
    max_size=14,
)


def _model() -> str:
    text = (TRANSFORMS / "models/facts/deployment_collisions.sql").read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=False).from_string(text).render(
        ref=lambda name: name,
        as_of=lambda: f"timestamp '{AS_OF}'",
        seconds_between=lambda begins, ends: f"epoch({ends}) - epoch({begins})",
    )  # fmt: skip


MODEL = _model()


@given(deployments)
@settings(max_examples=60, deadline=None)
def test_an_overlap_is_of_one_service_or_of_two_of_which_one_calls_the_other(
    drawn: list[tuple[str, str, int, int | None]],
) -> None:
    rows = [
        (f"d{number:02}", service, place, START + begins * MINUTE,
         None if length is None else START + (begins + length) * MINUTE)
        for number, (service, place, begins, length) in enumerate(drawn)
    ]  # fmt: skip
    with duckdb.connect() as connection:
        connection.execute(
            "create table fct_deployments (deployment_id varchar, service_id varchar, "
            "environment_id varchar, started_at timestamp, finished_at timestamp, "
            "team_id varchar, exclusion_reason varchar)"
        )
        for row in rows:
            connection.execute(
                "insert into fct_deployments values (?, ?, ?, ?, ?, null, null)", row
            )
        connection.execute("create table services as select unnest(?) as service_id", [SERVICES])
        connection.execute(
            "create table service_dependencies (service_id varchar, upstream_service_id varchar)"
        )
        connection.executemany("insert into service_dependencies values (?, ?)", list(CALLS))
        found = connection.execute(
            f"select deployment_id, other_deployment_id, kind, overlap_seconds from ({MODEL})"
        ).fetchall()
    expected = set()
    for late, service, place, begins, end in rows:
        for early, other, other_place, other_begins, other_end in rows:
            ends, other_ends = end or AS_OF, other_end or AS_OF
            related = {(service, other), (other, service)} & CALLS
            kind = "same_service" if service == other else "adjacent" if related else ""
            runs = ends > begins and other_ends > other_begins and other_ends > begins
            if kind and runs and place == other_place and (other_begins, early) < (begins, late):
                seconds = (min(ends, other_ends) - begins).total_seconds()
                expected.add((late, early, kind, seconds))
    assert len(found) == len(expected)
    assert set(found) == expected
