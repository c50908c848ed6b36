"""What must hold for any estate, and what must not change a number, on services drawn at random.

The same forty services are built five times: as drawn; with their pages shuffled and repeated, on
one thread; four weeks later; with what must stay invisible beside them; read bit by bit. What the
numbers should be is computed from the drawn events once more, in plain Python.
"""

import json
import random
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pydantic import SecretStr

from orchestration.lake import Lake
from orchestration.lake_run import BulkPage
from orchestration.publish import Publication
from orchestration.run import Context, build_and_publish
from orchestration.settings import Environment
from tests.transforms.estate import Estate
from transforms.current import read_build
from transforms.home import Home
from transforms.published import Published, open_build

pytestmark = pytest.mark.slow
SEED = 20260105
SERVICES = 40
START = datetime(2026, 1, 5, tzinfo=UTC)
READ_AT = datetime(2026, 5, 1, tzinfo=UTC)
FOUR_WEEKS = timedelta(weeks=4)
CORE = (
    "deployment_frequency", "change_failure_rate", "lead_time_for_changes", "commit_lead_time",
    "rework_rate", "time_to_restore", "failed_deployment_recovery_time", "release_frequency",
    "downtime", "incident_count", "deployment_days_per_week", "hours_between_deployments",
)  # fmt: skip


@dataclass
class Deployment:
    """One drawn deployment: what it brings and what became of it."""

    finished: datetime
    artifact: str
    place: int
    is_live: bool = True
    is_rollback: bool = False
    is_planned: bool = True
    has_incident: bool = False


@dataclass
class Drawn:
    """The events of one service, before they are written as pages."""

    name: str
    authored: list[datetime] = field(default_factory=list)
    shas: list[str] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    incidents: list[tuple[datetime, datetime | None, int]] = field(default_factory=list)


def _draw(chance: random.Random, estate: Estate, name: str, start: datetime) -> Drawn:
    """Draw one service and write its events to the estate."""
    drawn = Drawn(name=estate.service(name, team=f"team-{chance.randrange(5)}"))
    moment = start + timedelta(hours=chance.randrange(200))
    for number in range(chance.randrange(1, 12)):
        moment += timedelta(minutes=chance.randrange(200, 10_000))
        _deploy(chance, estate, drawn, number, moment)
        if chance.random() < 0.3:
            _fail(chance, estate, drawn, start)
    return drawn


def _deploy(
    chance: random.Random, estate: Estate, drawn: Drawn, number: int, moment: datetime
) -> None:
    live = [one for one in drawn.deployments if one.is_live]
    word = chance.choices(
        ("forward", "rework", "failed", "redeploy", "rollback"), (10, 2, 2, 2, 3)
    )[0]
    if word in ("redeploy", "rollback") and live:
        target = live[-1] if word == "redeploy" else chance.choice(live)
        made = Deployment(moment, target.artifact, target.place, is_rollback=word == "rollback")
    else:
        for _ in range(chance.randrange(1, 4)):
            authored = moment - timedelta(minutes=chance.randrange(5, 8000))
            parents = (drawn.shas[-1],) if drawn.shas else ()
            drawn.shas.append(estate.commit(drawn.name, authored, parents=parents))
            drawn.authored.append(authored)
        made = Deployment(
            moment, f"{drawn.name}-{number}", len(drawn.shas) - 1, is_live=word != "failed",
            is_planned=word != "rework",
        )  # fmt: skip
    drawn.deployments.append(made)
    identity = estate.deploy(
        drawn.name, drawn.shas[made.place], moment, minutes=chance.randrange(0, 30),
        state="success" if made.is_live else "failure", artifact_digest=made.artifact,
        is_rollback=made.is_rollback, planned=made.is_planned,
    )  # fmt: skip
    if made.is_live and chance.random() < 0.25:
        made.has_incident = True
        _fail(chance, estate, drawn, moment, caused_by=identity)


def _fail(
    chance: random.Random, estate: Estate, drawn: Drawn, moment: datetime, *, caused_by: str = ""
) -> None:
    began = moment + timedelta(minutes=chance.randrange(1, 400 if caused_by else 80_000))
    restored = began + timedelta(minutes=chance.randrange(5, 600))
    ended = None if chance.random() < 0.2 else restored
    severity = chance.choice((1, 2, 2, 3))
    estate.incident(drawn.name, began, ended, severity=severity, caused_by=caused_by)
    drawn.incidents.append((began, ended, severity))


def _estate(start: datetime = START) -> tuple[Estate, list[Drawn]]:
    """Return the same drawn services every time, only from another day on."""
    chance, estate = random.Random(SEED), Estate()
    estate.catalogue[0]["report_timezone"] = "UTC"
    drawn = [_draw(chance, estate, f"svc-{number:02d}", start) for number in range(SERVICES)]
    return estate, drawn


def _add_what_must_not_count(estate: Estate, services: Sequence[Drawn]) -> None:
    """Add other environments, a minor incident, a redeployment and an incident without an end."""
    for one in services:
        live = [deployment for deployment in one.deployments if deployment.is_live]
        last = max(deployment.finished for deployment in one.deployments)
        for hours, state in ((1, "success"), (2, "failure"), (3, "success")):
            estate.deploy(
                one.name, one.shas[-1], last + timedelta(hours=hours), state=state,
                environment="staging", artifact_digest=f"{one.name}-staging-{hours}",
            )  # fmt: skip
        estate.incident(one.name, last, last + timedelta(hours=1), severity=4)
        estate.incident(one.name, last + timedelta(hours=4), None)
        if live:
            estate.deploy(
                one.name, one.shas[live[-1].place], last + timedelta(hours=5),
                artifact_digest=live[-1].artifact,
            )  # fmt: skip


def _shuffled(estate: Estate, root: Path, chance: random.Random) -> None:
    """Write streams, records and pages in another order, and some pages twice."""
    lake = Lake(root)
    lake.write_catalogue(list(estate.catalogue), read_at=READ_AT)
    streams = sorted(estate.streams)
    chance.shuffle(streams)
    for source, stream in streams:
        records = list(estate.streams[source, stream])
        chance.shuffle(records)
        pages = list(_pages(records, chance))
        pages += chance.sample(pages, k=(len(pages) + 1) // 2)
        chance.shuffle(pages)
        lake.append_bulk(source, stream, kind=source, pages=pages, read_at=READ_AT)


def _pages(records: list[Any], chance: random.Random) -> Iterator[BulkPage]:
    while records:
        size = chance.randrange(1, 200)
        lines = [json.dumps({**record, "_context": texts}) for record, texts in records[:size]]
        yield BulkPage(body="\n".join(lines).encode(), row_count=len(lines), read_at=READ_AT)
        records = records[size:]


def _bit_by_bit(estate: Estate, root: Path, chance: random.Random) -> None:
    """Write every record at one of three readings, whichever comes first of parent and child."""
    parts: list[dict[tuple[str, str], list[Any]]] = [{}, {}, {}]
    for stream, records in estate.streams.items():
        for record in records:
            chance.choice(parts).setdefault(stream, []).append(record)
    for part, days in zip(parts, (9, 4, 0), strict=True):
        estate.streams = part
        estate.write(root, read_at=READ_AT - timedelta(days=days))


@dataclass(frozen=True)
class Variants:
    """The five builds and the events they were drawn from."""

    services: list[Drawn]
    publications: dict[str, Publication]

    def published(self, name: str) -> Published:
        build = read_build(self.publications[name].path)
        assert build is not None
        return open_build(build)

    def rows(self, metric: str, name: str = "base", *, grain: str = "quarter") -> pl.DataFrame:
        return self.published(name).rows(metric, filters={"grain": grain, "scope": "service"})


def _publish(home: Home, *, as_of: datetime) -> Publication:
    environment = Environment(pseudonym_key=SecretStr("one key for all of them"))
    return build_and_publish(Context(home=home, environment=environment, clock=lambda: as_of))


@pytest.fixture(scope="module")
def variants(tmp_path_factory: pytest.TempPathFactory) -> Variants:
    """Build every variant once."""
    chance = random.Random(SEED + 1)
    homes = {
        name: Home(root=tmp_path_factory.mktemp(name))
        for name in ("base", "shuffled", "shifted", "noisy", "late")
    }
    made = {}
    estate, services = _estate()
    estate.write(homes["base"].lake, read_at=READ_AT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEADLINE_DUCKDB_THREADS", "2")
        made["base"] = _publish(homes["base"], as_of=READ_AT)
        patch.setenv("LEADLINE_DUCKDB_THREADS", "1")
        patch.setenv("LEADLINE_STAGING_BATCH_BYTES", "1")
        _shuffled(_estate()[0], homes["shuffled"].lake, chance)
        made["shuffled"] = _publish(homes["shuffled"], as_of=READ_AT)
    estate, _ = _estate(START + FOUR_WEEKS)
    estate.write(homes["shifted"].lake, read_at=READ_AT + FOUR_WEEKS)
    made["shifted"] = _publish(homes["shifted"], as_of=READ_AT + FOUR_WEEKS)
    estate, drawn = _estate()
    _add_what_must_not_count(estate, drawn)
    estate.write(homes["noisy"].lake, read_at=READ_AT)
    made["noisy"] = _publish(homes["noisy"], as_of=READ_AT)
    _bit_by_bit(_estate()[0], homes["late"].lake, chance)
    made["late"] = _publish(homes["late"], as_of=READ_AT)
    return Variants(services=services, publications=made)


def _different(variants: Variants, name: str) -> set[str]:
    base = variants.publications["base"].manifest.table_fingerprints
    other = variants.publications[name].manifest.table_fingerprints
    return {table for table in base.keys() | other.keys() if base.get(table) != other.get(table)}


def test_order_repeated_pages_threads_and_batches_change_nothing(variants: Variants) -> None:
    assert _different(variants, "shuffled") == set()
    prints = [variants.publications[name].manifest.fingerprint for name in ("base", "shuffled")]
    assert prints[0] == prints[1]


def test_when_a_record_was_read_changes_nothing_but_its_versions(variants: Variants) -> None:
    # a deployment has a version for each reading of its statuses
    assert _different(variants, "late") == {"deployments"}


def test_four_weeks_later_every_week_has_the_same_numbers(variants: Variants) -> None:
    for metric in CORE:
        base = variants.published("base").rows(metric, filters={"grain": "week"})
        later = variants.published("shifted").rows(metric, filters={"grain": "week"})
        assert base.height > 0
        moved = later.with_columns(pl.col("period_start_date", "period_end_date") - FOUR_WEEKS)
        order = ["scope", "scope_id", "period_start_date"]
        # nine digits, as in the fingerprint: sums of doubles differ in the last ones
        assert_frame_equal(base.sort(order), moved.sort(order), rel_tol=1e-9)


@pytest.mark.parametrize(
    "metric",
    [
        "deployment_frequency", "change_failure_rate", "lead_time_for_changes",
        "commit_lead_time", "rework_rate", "failed_deployment_recovery_time",
    ],
)  # fmt: skip
def test_other_environments_minor_incidents_and_redeployments_change_no_delivery_number(
    variants: Variants, metric: str
) -> None:
    counted = ["scope_id", "period_start_date", "state", "value", "n", "numerator", "denominator"]
    base = variants.rows(metric).select(counted).sort(counted[:2])
    noisy = variants.rows(metric, "noisy").select(counted).sort(counted[:2])
    assert base["n"].sum() > 0
    assert base.equals(noisy)


def test_an_incident_without_an_end_never_shortens_recovery(variants: Variants) -> None:
    before = {row["scope_id"]: row for row in _first_quarter(variants, "time_to_restore")}
    for row in _first_quarter(variants, "time_to_restore", "noisy"):
        old = before[row["scope_id"]]
        assert row["n"] in (old["n"], old["n"] + 1)  # the new one may begin after the quarter
        if old["n"] and row["value"] is not None and old["value"] is not None:
            assert row["value"] >= old["value"]
        if old["n"] and old["value"] is None:
            assert row["value"] is None


def test_every_number_lies_within_its_bounds_and_its_interval(variants: Variants) -> None:
    published = variants.published("base")
    for one in published.definitions().iter_rows(named=True):
        rows = published.rows(one["metric"])
        assert rows.filter(pl.col("n") < 0).is_empty()
        outside = (pl.col("ci_low") > pl.col("value") * (1 + 1e-12)) | (
            pl.col("ci_high") < pl.col("value") * (1 - 1e-12)
        )
        assert rows.filter(outside).is_empty(), one["metric"]
        if one["kind"] == "ratio":
            assert rows.filter((pl.col("value") < 0) | (pl.col("value") > 1)).is_empty()
        if one["kind"] != "frequency":
            assert rows.filter((pl.col("n") == 0) & pl.col("value").is_not_null()).is_empty()


@pytest.mark.parametrize("metric", ["deployment_frequency", "change_failure_rate", "rework_rate"])
def test_what_no_services_share_adds_up_to_teams_and_to_the_organisation(
    variants: Variants, metric: str
) -> None:
    rows = variants.published("base").rows(metric)
    sums = rows.group_by("grain", "period_start_date", "scope").agg(
        pl.col("n").sum(), pl.col("numerator").sum()
    )
    whole = sums.filter(pl.col("scope") == "organisation").drop("scope")
    assert whole["n"].sum() > 0
    for scope in ("team", "service"):
        part = sums.filter(pl.col("scope") == scope).drop("scope")
        order = ["grain", "period_start_date"]
        assert part.sort(order).equals(whole.sort(order))


# -- the numbers once more, from the drawn events, in plain Python


def _first_quarter(variants: Variants, metric: str, name: str = "base") -> list[dict[str, Any]]:
    rows = variants.rows(metric, name)
    first = rows.filter(pl.col("period_start_date") == date(2026, 1, 1))
    assert first.height == SERVICES
    return first.sort("scope_id").to_dicts()


def _is_in_first_quarter(moment: datetime) -> bool:
    return moment < datetime(2026, 4, 1, tzinfo=UTC)


def _kinds(one: Drawn) -> list[tuple[Deployment, str]]:
    """Return the live deployments in order, each with its kind."""
    live = sorted((row for row in one.deployments if row.is_live), key=lambda row: row.finished)
    found: list[tuple[Deployment, str]] = []
    for row in live:
        if found and found[-1][0].artifact == row.artifact:
            kind = "redeploy"
        elif row.is_rollback or any(earlier.artifact == row.artifact for earlier, _ in found):
            kind = "rollback"
        else:
            kind = "forward" if row.is_planned else "rework"
        found.append((row, kind))
    return found


def _failed(live: list[tuple[Deployment, str]]) -> list[Deployment]:
    """Return the changes that failed: named by an incident, or the first after a target."""
    failed = [row for row, kind in live if row.has_incident and kind in ("forward", "rework")]
    for place, (rollback, kind) in enumerate(live):
        if kind != "rollback":
            continue
        target = max(i for i in range(place) if live[i][0].artifact == rollback.artifact)
        undone = [row for row, kind in live[target + 1 : place] if kind in ("forward", "rework")]
        blamed = [row for row in undone if row.has_incident] or undone
        failed += blamed[:1]
    return failed


def test_frequency_failures_and_rework_are_what_the_events_say(variants: Variants) -> None:
    found = {
        metric: _first_quarter(variants, metric)
        for metric in ("deployment_frequency", "change_failure_rate", "rework_rate")
    }
    total = 0
    for place, one in enumerate(variants.services):
        live = _kinds(one)
        failed = {id(row) for row in _failed(live)}
        mine = [(row, kind) for row, kind in live if _is_in_first_quarter(row.finished)]
        changes = [row for row, kind in mine if kind in ("forward", "rework")]
        counted = [kind for _, kind in mine if kind != "redeploy"]
        bad = sum(id(row) in failed for row in changes)
        total += bad
        frequency, rate, rework = (found[metric][place] for metric in found)
        assert frequency["numerator"] == len(changes), one.name
        assert rate["denominator"] in (len(changes), None), one.name
        assert (rate["n"], rate["numerator"] or 0) == (len(changes), bad), one.name
        assert rate["value"] == (bad / len(changes) if changes else None)
        redone = sum(kind in ("rework", "rollback") for kind in counted)
        assert (rework["n"], rework["numerator"] or 0) == (len(counted), redone), one.name
    assert total > SERVICES / 4


def test_the_median_lead_time_is_that_of_the_commits_after_the_first_deployment(
    variants: Variants,
) -> None:
    rows = _first_quarter(variants, "lead_time_for_changes")
    counted = 0
    for one, row in zip(variants.services, rows, strict=True):
        leads, reached = [], None
        for deployment, _ in _kinds(one):
            if reached is not None and _is_in_first_quarter(deployment.finished):
                leads += [
                    (deployment.finished - authored).total_seconds()
                    for authored in one.authored[reached + 1 : deployment.place + 1]
                ]
            reached = max(reached if reached is not None else -1, deployment.place)
        counted += len(leads)
        assert row["n"] == len(leads), one.name
        assert row["value"] == (pytest.approx(statistics.median(leads)) if leads else None)
    assert counted > SERVICES


def _median_with_open(spans: list[tuple[float, bool]]) -> float | None:
    """Return the Kaplan-Meier median in exact fractions; the midpoint where S is one half."""
    survival, half = Fraction(1), None
    for moment in sorted({value for value, is_open in spans if not is_open}):
        at_risk = sum(value >= moment for value, _ in spans)
        ended = sum(value == moment and not is_open for value, is_open in spans)
        survival *= 1 - Fraction(ended, at_risk)
        if half is not None:
            return (half + moment) / 2
        if survival < Fraction(1, 2):
            return moment
        if survival == Fraction(1, 2):
            half = moment
    return None


def test_the_median_recovery_counts_open_incidents_as_not_over(variants: Variants) -> None:
    rows = _first_quarter(variants, "time_to_restore")
    open_count = 0
    for one, row in zip(variants.services, rows, strict=True):
        spans = [
            (((ended or READ_AT) - began).total_seconds(), ended is None)
            for began, ended, severity in one.incidents
            if severity <= 2 and _is_in_first_quarter(began)
        ]
        open_count += sum(is_open for _, is_open in spans)
        assert (row["n"], row["open_count"]) == (
            len(spans),
            sum(is_open for _, is_open in spans),
        ), one.name
        expected = _median_with_open(spans)
        assert row["value"] == (None if expected is None else pytest.approx(expected)), one.name
    assert open_count > 5
