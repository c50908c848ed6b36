"""A small published build for tests of the pages: seeded rows in the published schema.

The rows are made up here and the metric tables are derived from them in plain SQL, so that a
page can be tried without running the whole chain. Statistics are simplified on purpose: the
real ones live in the metric models and are tested there.
"""

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from tests.dashboards.estate_access import create_access
from tests.dashboards.estate_causes import create_causes
from tests.dashboards.estate_controls import create_controls
from tests.dashboards.estate_correlations import create_correlations
from tests.dashboards.estate_courses import create_courses
from tests.dashboards.estate_goals import create_goals
from tests.dashboards.estate_insights import create_insights
from tests.dashboards.estate_pipelines import create_pipelines
from tests.dashboards.estate_risk import create_risk
from tests.dashboards.estate_schema import create_schema
from tests.dashboards.estate_sql import METRICS, create_metric

AS_OF = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HISTORY_DAYS = 400
TEAMS = ("Checkout", "Payments", "Search", "Identity", "Logistics", "Storefront")
SERVICES = (
    ("checkout-api", "Checkout", 1), ("basket", "Checkout", 1), ("pricing", "Checkout", 2),
    ("payments-core", "Payments", 1), ("ledger", "Payments", 1), ("refunds", "Payments", 2),
    ("search-index", "Search", 2), ("suggest", "Search", 3), ("login", "Identity", 1),
    ("profile", "Identity", 2), ("tracking", "Logistics", 2), ("warehouse-sync", "Logistics", 3),
    ("web-shop", "Storefront", 1), ("content", "Storefront", 3), ("mobile-bff", "Storefront", 2),
)  # fmt: skip
HOSTILE = (
    "![](http://127.0.0.1:9/x.png) checkout errors",
    ":red[All systems down] in payments",
    "# Heading from a title",
    "cost $5 and $6 too high",
    "<script>window.__x=1</script><img src=x onerror=window.__x=1>",
    "[click](javascript:window.__x=1)",
    "\u202egnp.exe\u202c reversed",
    "=HYPERLINK(\"http://127.0.0.1:9/\")",
)  # fmt: skip
Row = dict[str, Any]


@dataclass
class Estate:
    """The rows of one made-up company, before they are written."""

    as_of: datetime
    days: int
    seed: int
    deployments: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    incidents: list[Row] = field(default_factory=list)
    incident_services: list[Row] = field(default_factory=list)


def make_estate(*, as_of: datetime = AS_OF, days: int = HISTORY_DAYS, seed: int = 7) -> Estate:
    """Return a company whose Payments team recovers more slowly in the last 90 days."""
    estate = Estate(as_of=as_of, days=days, seed=seed)
    chance = random.Random(seed)
    first = as_of.replace(tzinfo=None) - timedelta(days=days)
    for service, team, tier in SERVICES:
        moment, number = first, 0
        pace = chance.uniform(1.2, 4.5)
        while True:
            moment += timedelta(hours=1 + chance.expovariate(1 / (168 / pace)))
            if moment >= as_of.replace(tzinfo=None):
                break
            number += 1
            _add_deployment(estate, chance, service, team, moment, number)
        _add_incidents(estate, chance, service, team, tier, first)
    return estate


def _add_deployment(
    estate: Estate, chance: random.Random, service: str, team: str, moment: datetime, number: int
) -> None:
    end = estate.as_of.replace(tzinfo=None)
    recent = (end - moment).days < 90
    kind = chance.choices(("forward", "rework", "rollback"), (90, 6, 4))[0]
    failed = kind == "forward" and chance.random() < 0.07
    slow = 5.0 if recent and team == "Payments" else 1.0
    recovery = chance.lognormvariate(8.6, 0.8) * slow
    is_open = failed and moment > end - timedelta(days=2)
    identity = f"github:{service}-{number}"
    estate.deployments.append({
        "deployment_id": identity, "service_id": service, "team_id": team,
        "environment_id": "production", "environment_tier": "production", "source": "github",
        "source_url": f"https://github.example/{service}/deployments/{number}",
        "version": f"1.{number}.0", "commit_sha": f"{number:040x}", "artifact_key": None,
        "status": "succeeded", "kind": kind, "reached_production": True,
        "is_change": kind in ("forward", "rework"), "is_failed": failed, "is_partial": False,
        "is_rolled_back": False, "failure_evidence": "explicit" if failed else None,
        "failure_evidence_detail": None, "failed_at": moment if failed else None,
        "recovered_at": None if not failed or is_open else moment + timedelta(seconds=recovery),
        "recovery_seconds": None if not failed or is_open else recovery,
        "is_recovery_open": is_open, "previous_deployment_id": None, "change_count": 0,
        "commit_count": 0, "attempt_count": 1, "release_id": None,
        "is_immature": moment > end - timedelta(hours=72),
        "exclusion_reason": None if number > 1 else "no_baseline",
        "strategy": "rolling", "duration_seconds": 600.0, "rolled_back_at": None,
        "started_at": moment - timedelta(minutes=chance.uniform(4, 25)),
        "finished_at": moment, "finished_date": moment.date(),
    })  # fmt: skip
    if kind == "forward":
        count = chance.choices((1, 2, 3, 4, 7), (40, 25, 18, 12, 5))[0]
        estate.deployments[-1]["change_count"] = count
        estate.deployments[-1]["commit_count"] = count * 2
        for part in range(count):
            _add_change(estate, chance, estate.deployments[-1], number * 10 + part)


def _add_change(estate: Estate, chance: random.Random, deployment: Row, number: int) -> None:
    end = estate.as_of.replace(tzinfo=None)
    age = (end - deployment["finished_at"]).days
    pace = 0.72 if age < 90 else 1.0
    names = ("coding", "pickup", "review", "merge_wait", "deploy_wait", "deploy_run")
    middles = (10.6, 9.3, 9.8, 7.6, 10.9, 6.4)
    parts = [
        chance.lognormvariate(middle, 0.9) * pace
        for middle in middles
    ]  # fmt: skip
    total = sum(parts)
    first = deployment["exclusion_reason"] == "no_baseline"
    title = chance.choice(HOSTILE) if chance.random() < 0.02 else f"Improve {number} of basket"
    row: Row = {
        "change_id": f"{deployment['service_id']}#{number}", "title": title,
        "service_id": deployment["service_id"], "team_id": deployment["team_id"],
        "deployment_id": deployment["deployment_id"],
        "source_url": f"https://github.example/{deployment['service_id']}/pull/{number}",
        "author_id": f"p{number % 40:02d}", "is_bot": chance.random() < 0.1, "commit_count": 2,
        "started_at": deployment["finished_at"] - timedelta(seconds=total),
        "deployed_at": deployment["finished_at"], "finished_date": deployment["finished_date"],
        "lead_time_seconds": None if first else total, "stage_missing": None,
        "exclusion_reason": "no_baseline" if first else None,
    }  # fmt: skip
    row |= {
        f"{name}_seconds": None if first else part for name, part in zip(names, parts, strict=True)
    }
    estate.changes.append(row)


def _add_incidents(
    estate: Estate, chance: random.Random, service: str, team: str, tier: int, first: datetime
) -> None:
    end = estate.as_of.replace(tzinfo=None)
    for number in range(chance.randint(10, 26) - tier * 2):
        began = first + timedelta(seconds=chance.random() * (estate.days * 86400 - 3600))
        lasted = chance.lognormvariate(8.3, 0.9)
        is_open = began + timedelta(seconds=lasted) > end or (end - began).days < 1
        identity = f"INC-{service}-{number:03d}"
        title = chance.choice(HOSTILE) if chance.random() < 0.2 else f"{service} errors rising"
        estate.incidents.append({
            "incident_id": identity, "root_incident_id": identity, "number": identity[:32],
            "sources": "pagerduty", "impact_started_date": began.date(), "title": title,
            "severity": chance.randint(1, 4),
            "status": "open" if is_open else "resolved", "impact_started_at": began,
            "impact_started_field": "u_impact_started_at", "detected_at": began,
            "acknowledged_at": began + timedelta(seconds=lasted / 8),
            "restored_at": None if is_open else began + timedelta(seconds=lasted),
            "restored_field": "resolved_at", "is_open": is_open, "is_valid": number != 3,
            "restore_seconds": None if is_open else lasted, "acknowledge_seconds": lasted / 8,
            "detect_seconds": lasted / 20, "source": "pagerduty",
            "source_url": f"https://pagerduty.example/incidents/{identity}",
            "exclusion_reason": "false_alarm" if number == 3 else None,
            "service_id": service, "team_id": team,
        })  # fmt: skip
        estate.incident_services.append(
            {"incident_id": identity, "service_id": service, "team_id": team}
        )


def publish(
    home: Path,
    estate: Estate,
    *,
    build_id: str = "20261122T090000Z-0000aaaa",
    sample_data: bool = True,
    stale: bool = False,
    failing_source: bool = False,
    restated: bool = False,
) -> Path:
    """Write the estate as a published build, point `current` at it and return its folder."""
    folder = home / "published" / "builds" / build_id
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create schema v1")
        _write_facts(connection, estate)
        _write_quality(connection, estate, stale=stale, failing=failing_source)
        if restated:
            _write(connection, "restatements", _restatements(estate, build_id))
        for metric in METRICS:
            create_metric(connection, metric, as_of=estate.as_of, days=estate.days)
        create_insights(connection, tuple(one.name for one in METRICS), as_of=estate.as_of)
        create_goals(connection, as_of=estate.as_of.date(), hostile=HOSTILE[0],
                     is_empty=not estate.deployments)  # fmt: skip
        create_correlations(connection)
        create_pipelines(connection, hostile=HOSTILE[0])
        create_courses(connection, tuple(one.name for one in METRICS), hostile=HOSTILE[0])
        create_causes(connection, hostile=HOSTILE[0])
        failed = sum(row["is_failed"] for row in estate.deployments)
        create_risk(
            connection, as_of=estate.as_of, failed=failed, is_quiet=not estate.deployments,
            hostile=HOSTILE[0],
        )  # fmt: skip
        create_controls(connection, as_of=estate.as_of, hostile=HOSTILE[0])
        create_access(connection, as_of=estate.as_of, hostile=HOSTILE[0])
        create_schema(connection)
        tables = _counts(connection)
    manifest = {
        "build_id": build_id, "built_at": _text(estate.as_of + timedelta(minutes=2)),
        "as_of": _text(estate.as_of), "sample_data": sample_data, "code_version": "0.1.0",
        "definition_version": "1.0.0", "report_timezone": "UTC", "fingerprint": "0000",
        "tables": tables, "audit": {"passed": 28, "warned": 2, "blocked": 0},
        "previous_build": None,
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "audit.json").write_text("[]")
    link = home / "published" / f".{build_id}"
    link.symlink_to(Path("builds") / build_id)
    link.replace(home / "published" / "current")
    return folder


def _restatements(estate: Estate, build_id: str) -> pl.DataFrame:
    end = estate.as_of.replace(tzinfo=None)
    old, number = end - timedelta(days=5), {"unit": "ratio", "old_value": 0.1, "new_value": 0.2}
    hour = {"unit": "seconds", "old_value": None, "new_value": 7200.0}
    return pl.DataFrame(
        [
            {"restatement_id": f"{metric}{scope}{build}", "metric": metric, "grain": "month",
             "scope": scope, "scope_id": scope_id, "period_start_date": date(2026, 10, 1),
             "period_end_date": date(2026, 11, 1), "old_n": n - 1, "new_n": n,
             "old_state": "ok" if n > 1 else "no_data", "new_state": "ok", **values,
             "was_provisional": scope == "team", "cause": cause, "detail": "value, n",
             "old_as_of": old, "new_as_of": end, "old_build_id": "b0", "new_build_id": build}
            for metric, scope, scope_id, n, values, cause, build in (
                ("time_to_restore", "team", HOSTILE[0], 1, hour, "code, late_data", build_id),
                ("change_failure_rate", "organisation", "all", 41, number, "late_data", build_id),
                ("change_failure_rate", "organisation", "all", 40, number, "late_data", "b0"),
            )
        ]
    )  # fmt: skip


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    names = connection.execute(
        "select table_name from information_schema.tables where table_schema = 'v1'"
    ).fetchall()
    return {name: 0 for (name,) in names}


def _write(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    connection.register("incoming", frame.to_arrow())
    connection.execute(f"create table v1.{name} as select * from incoming")
    connection.unregister("incoming")


def _write_facts(connection: duckdb.DuckDBPyConnection, estate: Estate) -> None:
    template = make_estate(as_of=estate.as_of, days=40) if not estate.deployments else estate
    for name, rows, shape in (
        ("fct_deployments", estate.deployments, template.deployments),
        ("fct_changes", estate.changes, template.changes),
        ("fct_incidents", estate.incidents, template.incidents),
        ("incident_services", estate.incident_services, template.incident_services),
    ):
        frame = pl.DataFrame(shape, infer_schema_length=None)
        _write(connection, name, frame if rows else frame.head(0))
    teams = pl.DataFrame({"team_id": list(TEAMS), "name": list(TEAMS)})
    _write(connection, "teams", teams)
    first = estate.as_of.replace(tzinfo=None) - timedelta(days=estate.days)
    services = [
        {"service_id": s, "name": s, "team_id": t, "tier": n, "first_deployment_at": first}
        for s, t, n in SERVICES
    ]
    _write(connection, "services", pl.DataFrame(services))


def _write_quality(
    connection: duckdb.DuckDBPyConnection, estate: Estate, *, stale: bool, failing: bool
) -> None:
    end = estate.as_of.replace(tzinfo=None)
    health = []
    for source, streams in (
        ("github", ("pulls", "deployments", "commits")),
        ("servicenow", ("incident", "change_request")),
        ("pagerduty", ("incidents", "log_entries")),
        ("junit", ("test_results",)),
    ):
        for stream in streams:
            lag = 300.0 if not (stale and source == "pagerduty") else 200000.0
            error = "401: token refused" if failing and source == "servicenow" else None
            health.append({
                "source": source, "stream": stream, "kind": source,
                "last_success_at": end - timedelta(seconds=lag), "lag_seconds": lag,
                "expected_lag_seconds": 93600.0, "is_late": lag > 93600, "read_count": 4210,
                "loaded_count": 4102, "duplicate_count": 105, "quarantined_count": 3,
                "last_error": error, "last_status": "failed" if error else "complete",
            })  # fmt: skip
    _write(connection, "source_health", pl.DataFrame(health, infer_schema_length=None))
    coverage = [
        {"figure": "deployments_with_commits", "source": "github", "numerator": 2210.0,
         "denominator": 2262.0, "ratio": 0.977, "meaning": "deployments whose commits are known"},
        {"figure": "incidents_with_service", "source": "pagerduty", "numerator": 201.0,
         "denominator": 224.0, "ratio": 0.897, "meaning": "incidents that name a service"},
    ]  # fmt: skip
    _write(connection, "coverage_figures", pl.DataFrame(coverage))
    changes = [
        {"source": "pager", "kind": "pagerduty", "stream": "incidents", "field": field,
         "change": change, "is_read": is_read, "detail": detail, "record_count": 12,
         "seen_at": AS_OF.replace(tzinfo=None)}
        for field, change, is_read, detail in (
            ("urgency", "missing", True, "last seen 2026-11-01"),
            ("new_field", "new", False, None),
            ("status", "unknown_value", True, "snoozed"),
        )
    ]  # fmt: skip
    _write(connection, "schema_changes", pl.DataFrame(changes))
    listed = [
        {"kind": kind, "title": f"{kind}: what it tells", "auth": "a token that may read.",
         "limits": "none.", "tested": "a real server.", "stream": stream,
         "description": f"One row per {stream}.", "reading": "whole, every run",
         "fields": ["id", "state"], "sources": sources}
        for kind, stream, sources in (
            ("github", "deployments", ["github"]),
            ("github", "pulls", ["github"]),
            ("redmine", "issues", []),
        )
    ]  # fmt: skip
    _write(connection, "source_streams", pl.DataFrame(listed))
    unmapped = [
        {"kind": kind, "name": name, "named_in": named_in, "source": "pager", "row_count": rows,
         "name_row_count": rows, "last_seen_at": AS_OF.replace(tzinfo=None)}
        for kind, name, named_in, rows in (
            ("service", HOSTILE[0], "incidents", 3),
            ("service", "Ledger-SVC", "work_items", 1201),
            ("environment", "blue", "deployments", 7),
        )
    ]  # fmt: skip
    _write(connection, "unmapped_names", pl.DataFrame(unmapped))
    audit = [
        {"suite": "facts", "expectation": name, "table_name": table, "column_name": column,
         "severity": severity, "is_success": success, "observed": observed, "expected": expected,
         "unexpected_count": count, "sql": f"select count(*) from v1.{table}"}
        for name, table, column, severity, success, observed, expected, count in (
            ("unique key", "fct_deployments", "deployment_id", "block", True, "0", "0", 0),
            ("no orphan", "fct_changes", "deployment_id", "block", True, "0", "0", 0),
            ("between 0 and 1", "change_failure_rate", "value", "block", True, "0", "0", 0),
            ("references resolve", "fct_changes", "service_id", "warn", False, "52", "0", 52),
            ("fresh", "source_health", "lag_seconds", "warn", not stale, "1", "0", int(stale)),
        )
    ]  # fmt: skip
    _write(connection, "audit_results", pl.DataFrame(audit))
