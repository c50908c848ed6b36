"""Roll-ups against the rows: equal counts and rates for any selection, medians within an error."""

import itertools
import random
from datetime import date, timedelta
from typing import Any

import pytest

from tests.transforms.conftest import METRICS, build_estate
from tests.transforms.estate import Estate, at
from transforms.published import Published

START = at("2026-01-05 08:00")
TEAMS = ("red", "green", "blue")


def _draw(estate: Estate, *, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(9):
        name = estate.service(f"service-{number}", team=TEAMS[number % 3])
        parent = estate.commit(name, START - timedelta(days=1))
        moment = START
        for version in range(chance.randint(3, 25)):
            moment += timedelta(hours=chance.lognormvariate(3.2, 0.8))
            for _ in range(chance.randint(0, 3)):
                lead = timedelta(seconds=chance.lognormvariate(10, 2))
                parent = estate.commit(name, moment - lead, parents=(parent,))
            deployed = estate.deploy(name, parent, moment, artifact_digest=f"{name}-{version}")
            if chance.random() < 0.2:
                estate.incident(
                    name, moment + timedelta(minutes=5), moment + timedelta(hours=1),
                    caused_by=deployed,
                )  # fmt: skip
            if chance.random() < 0.1:
                moment += timedelta(hours=2)
                estate.deploy(
                    name, parent, moment, is_rollback=True, artifact_digest=f"{name}-{version - 1}"
                )
    for name in ("shared-red", "shared-blue"):
        estate.service(name, team=name.removeprefix("shared-"), repository="acme/shared")
    parent = estate.commit("shared", START - timedelta(days=1))
    for number, name in itertools.product(range(4), ("shared-red", "shared-blue")):
        moment = START + timedelta(days=7 * number + (name == "shared-blue"))
        if name == "shared-red":
            parent = estate.commit(
                "shared", moment - timedelta(hours=5), parents=(parent,), repository="acme/shared"
            )
        estate.deploy(name, parent, moment, repository="acme/shared")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Return a build of eleven services of three teams, two of which share a repository."""
    estate = Estate()
    _draw(estate, seed=20261125)
    return build_estate(
        tmp_path_factory.mktemp("rollups"), estate, METRICS, "teams", "daily_rollups"
    )


SELECTIONS = [
    (None, None),
    *(([team], None) for team in TEAMS),
    (["red", "blue"], None),
    (None, ["service-0", "service-4", "shared-red", "shared-blue"]),
    (["red"], ["service-0", "service-1"]),
    (["nobody"], None),
]
DAYS = [
    (date(2026, 1, 1), date(2026, 5, 1)),
    (date(2026, 1, 7), date(2026, 1, 23)),
    (date(2026, 4, 20), date(2026, 4, 21)),
]


@pytest.mark.parametrize(("since", "until"), DAYS)
def test_teams_that_are_read_together_have_the_numbers_of_each_alone(
    published: Published, since: date, until: date
) -> None:
    told = 0
    for metric in published.definitions()["metric"]:
        together = published.team_windows(metric, since=since, until=until)
        for row in together:
            team = [row["scope_id"]]
            alone = published.window(metric, since=since, until=until, team_ids=team)
            assert row == alone.row(0, named=True) | {"scope": "team", "scope_id": row["scope_id"]}
        rows = published.observations(metric, since=since, until=until)
        assert {row["scope_id"] for row in together} == set(rows["team_id"].drop_nulls())
        told += len(together)
    assert told > 2 * len(TEAMS) or (until - since).days < 7


@pytest.mark.parametrize(("since", "until"), DAYS)
@pytest.mark.parametrize(("teams", "services"), SELECTIONS)
def test_any_selection_gives_the_numbers_that_the_rows_give(
    published: Published,
    teams: list[str] | None,
    services: list[str] | None,
    since: date,
    until: date,
) -> None:
    chosen: dict[str, Any] = {"team_ids": teams, "service_ids": services}
    headline = {
        row["metric"]: row
        for row in published.headline(since=since, until=until, **chosen).iter_rows(named=True)
    }
    for metric in ("change_failure_rate", "rework_rate", "lead_time_for_changes"):
        exact = published.window(metric, since=since, until=until, **chosen).row(0, named=True)
        rolled = headline[metric]
        assert rolled["n"] == exact["n"], metric
        if exact["value"] is None:
            assert rolled["value"] is None
        else:
            allowed = rolled["max_relative_error"] * exact["value"] + 1e-9
            assert abs(rolled["value"] - exact["value"]) <= allowed, metric
    frequency = published.window("deployment_frequency", since=since, until=until, **chosen)
    assert headline["deployment_count"]["value"] == frequency["n"][0]
    rows = published.observations("deployment_frequency", since=since, until=until, **chosen)
    days = rows.filter(rows["exclusion_reason"].is_null())["anchor_date"].n_unique()
    assert headline["deployment_day_count"]["value"] == days


def test_a_median_from_histograms_states_its_error_and_one_from_rows_states_none(
    published: Published,
) -> None:
    since, until = DAYS[0]
    wide = published.headline(since=since, until=until)
    narrow = published.headline(since=since, until=until, service_ids=["service-0"])
    errors = [
        frame.filter(frame["metric"] == "lead_time_for_changes")["max_relative_error"][0]
        for frame in (wide, narrow)
    ]
    assert errors == [pytest.approx(0.0149, abs=1e-4), 0]
