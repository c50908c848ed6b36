"""What one package is about: which results of which build, and the rows behind them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

import polars as pl

from orchestration.errors import ConfigurationError, NothingToRead
from orchestration.evidence.redact import Redaction, redacted
from transforms.published import Between, Build, Published, UnknownTable

DECLARED = ("control_definitions", "control_frameworks", "thresholds", "exemptions")


@dataclass(frozen=True)
class Scope:
    """What somebody asked for: one release, or one service from a day until another."""

    release: str = ""
    service: str = ""
    since: date | None = None
    until: date | None = None
    framework: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the scope as the manifest states it, without what was not given."""
        stated = {
            "release": self.release,
            "service": self.service,
            "from": "" if self.since is None else self.since.isoformat(),
            "to": "" if self.until is None else self.until.isoformat(),
            "framework": self.framework,
        }
        return {name: value for name, value in stated.items() if value}

    @classmethod
    def stated(cls, fields: Mapping[str, str]) -> "Scope":
        """Return the scope that a manifest states."""
        days = {name: date.fromisoformat(fields[name]) for name in ("from", "to") if name in fields}
        return cls(
            release=fields.get("release", ""),
            service=fields.get("service", ""),
            since=days.get("from"),
            until=days.get("to"),
            framework=fields.get("framework", ""),
        )

    @property
    def title(self) -> str:
        """Return the scope in words."""
        what = f"release {self.release}" if self.release else ""
        whose = f"service {self.service}" if self.service else ""
        days = f"{self.since} until {self.until}" if self.since or self.until else ""
        return ", ".join(one for one in (what, whose, days, self.framework) if one)


@dataclass(frozen=True)
class Inputs:
    """Everything that a package is made of; the same inputs give the same bytes.

    Units: instants of the frames are UTC without a zone.
    """

    build: Build
    scope: Scope
    results: pl.DataFrame
    declared: Mapping[str, pl.DataFrame]
    deployments: pl.DataFrame
    extracts: Mapping[str, pl.DataFrame]
    redactions: tuple[Redaction, ...] = field(default=())

    @cached_property
    def controls(self) -> list[dict[str, Any]]:
        """Return the controls of the scope, by id."""
        return self.declared["control_definitions"].sort("control_id").to_dicts()

    @property
    def as_of(self) -> str:
        """Return the instant up to which records count, as JSON states it."""
        return stamp(self.build.as_of)


def stamp(instant: datetime) -> str:
    """Return an instant in UTC as OSCAL and in-toto want it."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def read_inputs(published: Published, scope: Scope) -> Inputs:
    """Return what a build says of a scope, with the rows that its results name.

    Errors: ConfigurationError for a scope that the build does not have; NothingToRead for a build
    of before controls.
    """
    try:
        declared = {name: published.rows(name) for name in DECLARED}
        declared = _within(declared, scope.framework)
        deployments = _deployments(published, scope)
        results = _results(published, scope, deployments, declared["control_definitions"])
    except UnknownTable:
        raise NothingToRead(
            "The published build knows no controls yet; run `leadline build`."
        ) from None
    if results.is_empty():
        raise ConfigurationError(f"No control judged anything of {scope.title}.")
    extracts = _extracts(published, results)
    extracts["fct_deployments"] = deployments
    extracts["test_results"] = _tests(published, deployments)
    extracts["ingest_runs"] = _runs(published, extracts.values())
    clean: dict[str, pl.DataFrame] = {}
    taken: list[Redaction] = []
    for name, frame in sorted(extracts.items()):
        clean[name], found = redacted(frame.sort(frame.columns), item=f"extracts/{name}.csv")
        taken += found
    results, found = redacted(results, item="results.csv")
    taken += found
    declared, found = _policy(declared, results)
    return Inputs(
        build=published.build, scope=scope, results=results, declared=declared,
        deployments=deployments, extracts=clean, redactions=(*taken, *found),
    )  # fmt: skip


def _policy(
    declared: Mapping[str, pl.DataFrame], results: pl.DataFrame
) -> tuple[dict[str, pl.DataFrame], list[Redaction]]:
    """Return what was judged by: of exemptions those that lifted something here, and no secrets."""
    lifted = results["exemption_id"].drop_nulls().unique().sort().to_list()
    exemptions = declared["exemptions"].filter(pl.col("exemption_id").is_in(lifted))
    clean: dict[str, pl.DataFrame] = {}
    taken: list[Redaction] = []
    for name, frame in sorted({**declared, "exemptions": exemptions}.items()):
        clean[name], found = redacted(frame, item="policy.json")
        taken += found
    return clean, taken


def _within(declared: dict[str, pl.DataFrame], framework: str) -> dict[str, pl.DataFrame]:
    """Return what is declared, only of the controls that one framework asks for."""
    if not framework:
        return declared
    mapped = declared["control_frameworks"]
    chosen = mapped.filter(pl.col("framework").str.to_lowercase() == framework.lower())
    if chosen.is_empty():
        known = ", ".join(sorted(mapped["framework"].unique()))
        raise ConfigurationError(f"No control is mapped to {framework!r}; known are: {known}.")
    definitions = declared["control_definitions"].join(chosen, on="control_id", how="semi")
    return declared | {"control_frameworks": chosen, "control_definitions": definitions}


def _deployments(published: Published, scope: Scope) -> pl.DataFrame:
    filters: dict[str, Any] = {"environment_tier": "production"}
    filters |= {"service_id": scope.service} if scope.service else {}
    filters |= {"version": scope.release} if scope.release else {}
    between: Between | None = None
    if scope.since is not None and scope.until is not None:
        between = ("started_at", scope.since, scope.until)
    found = published.rows("fct_deployments", filters=filters, between=between)
    services = sorted(found["service_id"].drop_nulls().unique())
    if scope.release and not services:
        raise ConfigurationError(f"No production deployment has the version {scope.release!r}.")
    if scope.release and len(services) > 1:
        raise ConfigurationError(
            f"{len(services)} services deployed {scope.release}: {', '.join(services)}; "
            "name one with --service."
        )
    return found


def _results(
    published: Published, scope: Scope, deployments: pl.DataFrame, definitions: pl.DataFrame
) -> pl.DataFrame:
    filters: dict[str, Any] = {"control_id": definitions["control_id"].to_list()}
    between: Between | None = None
    if scope.release:
        filters["subject_id"] = sorted(_subjects(published, scope, deployments))
    else:
        filters["service_id"] = scope.service
    if scope.since is not None and scope.until is not None:
        between = ("occurred_at", scope.since, scope.until)
    found = published.rows("control_results", filters=filters, between=between)
    return found.sort("control_id", "subject_type", "subject_id", "occurred_at")


def _subjects(published: Published, scope: Scope, deployments: pl.DataFrame) -> set[str]:
    """Return the keys of all that belongs to a release: what ran, what it was, who asked for it."""
    numbers = deployments["change_request_number"].drop_nulls().unique().to_list()
    requests = published.rows("change_requests", filters={"number": numbers})
    ids = deployments["deployment_id"].to_list()
    links = published.rows("change_request_links", filters={"deployment_id": ids})
    changes = published.rows("deployment_changes", filters={"deployment_id": ids})
    asked = {*requests["change_request_id"], *links["change_request_id"]}
    subjects = {*ids, *numbers, *asked, *changes["change_id"]}
    # A review is of a deployment or a change request, and is named by it.
    subjects |= {f"deployment:{one}" for one in ids} | {f"change_request:{one}" for one in asked}
    subjects |= set(deployments["commit_sha"].drop_nulls())
    subjects |= {key.partition("|")[0] for key in deployments["artifact_key"].drop_nulls()}
    services = deployments["service_id"].drop_nulls().unique()
    return subjects | {scope.release, *(f"{service}@{scope.release}" for service in services)}


def _extracts(published: Published, results: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the rows that the results name, by table; a name that leads nowhere has no row."""
    wanted: dict[str, set[str]] = {}
    for keys in results["evidence"].to_list():
        for key in keys or []:
            table, _, row = key.partition(":")
            wanted.setdefault(table, set()).add(row)
    found = {}
    for table, keys in sorted(wanted.items()):
        try:
            key = _key_of(table, published.rows(table, limit=0).columns)
            rows = published.rows(table, filters={key: sorted(keys)})
        except UnknownTable:
            continue
        # A row is found again by the first column of its file.
        found[table] = rows.select(key, pl.exclude(key))
    return found


def _key_of(table: str, columns: list[str]) -> str:
    """Return the column by which evidence names a row of a table: `approvals` by approval_id."""
    thing = re.sub("s$", "", re.sub("ies$", "y", table.removeprefix("fct_")))
    return next((one for one in (f"{thing}_id", f"{thing}_sha") if one in columns), columns[0])


def _tests(published: Published, deployments: pl.DataFrame) -> pl.DataFrame:
    shas = deployments["commit_sha"].drop_nulls().unique().sort().to_list()
    return published.rows("test_results", filters={"commit_sha": shas})


def _runs(published: Published, extracts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return the reads of the sources that the extracts rest on: digests of what was received."""
    sources = {
        source
        for frame in extracts
        if "source" in frame.columns
        for source in frame["source"].drop_nulls().unique()
    }
    return published.rows("ingest_runs", filters={"source": sorted(sources)})
