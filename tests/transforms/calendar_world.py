"""One company whose deployments meet freezes, allowed hours, vendors and each other."""

import json
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jinja2

from orchestration.warehouse import warehouse
from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models
from tests.transforms.rendering import TRANSFORMS
from transforms.decisions import append_details
from transforms.home import Home

READ_AT = at("2026-12-01 06:00")
MINUTE = timedelta(minutes=1)
CONTROLS = tuple(
    f"control_{name}"
    for name in (
        "freeze_violations", "authorised_hours", "vendor_conflicts", "deployment_concurrency",
        "lock_contention",
    )
)  # fmt: skip
WEEKEND = {
    "kind": "freeze",
    "recurrence": "0 23 * * 5",
    "recurrence_end": "0 8 * * 1",
    "zone": "UTC",
}


@dataclass
class World:
    """A home with the controls of the calendar, and its deployments by name."""

    home: Home
    estate: Estate = field(default_factory=Estate)
    ids: dict[str, str] = field(default_factory=dict)

    def service(self, name: str, **more: Any) -> None:
        """Add a service whose first commit is by ada."""
        self.estate.service(name, **more)

    def deploy(self, name: str, service: str, started: str, *, minutes: int = 0) -> None:
        """Add a deployment by when it begins."""
        begins = at(started)
        sha = self.estate.commit(service, begins - timedelta(days=1))
        self.ids[name] = self.estate.deploy(
            service, sha, begins + minutes * MINUTE, minutes=minutes
        )

    def approve(self, service: str, who: str, moment: str, **details: Any) -> None:
        """Approve an override of a service's hours."""
        told = {"service_id": service, "environment_id": "production", "reason": "Fire",
                "link": "https://example.org/INC1", **details}  # fmt: skip
        append_details(
            self.home.lake, kind="override_approval",
            subject=f"service:{service} environment:production", verdict="approved",
            details=told, who=who, decided_at=at(moment),
        )  # fmt: skip

    def exempt(self, service: str, granted: str, approved: str) -> None:
        """Grant and approve an exemption from the freezes of a service."""
        entry = append_details(
            self.home.lake, kind="exemption", subject="exemption:freeze_violations",
            verdict="granted", who="grace", decided_at=at(granted),
            details={
                "control_ids": ["freeze_violations"], "subject_type": "service",
                "subject_id": service, "reason": "Fire",
                "expires_at": (at(granted) + timedelta(hours=14)).isoformat(),
            },
        )  # fmt: skip
        append_details(
            self.home.lake, kind="exemption_approval",
            subject=f"exemption:{entry.decision_id}", verdict="approved", details={},
            who="linus", decided_at=at(approved),
        )  # fmt: skip

    def results(self, control: str) -> dict[str, dict[str, Any]]:
        """Return what a control says of each subject, with exemptions laid over."""
        sql = f"select * from ({_results_sql()}) where control_id = '{control}'"
        with warehouse(self.home.warehouse_file) as connection:
            found = connection.execute(sql)
            columns = [column[0] for column in found.description or ()]
            told = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
        return {row["subject_id"]: row for row in told}

    def said(self, control: str, *names: str) -> list[str]:
        """Return verdict and reason of a control for deployments, as one word each."""
        found = self.results(control)
        return [
            f"{found[self.ids[name]]['verdict']} {found[self.ids[name]]['reason_code']}"
            for name in names
        ]

    def asked(self, control: str, service: str, moment: str) -> str:
        """Return what a control says of a deployment that has not happened."""
        with warehouse(self.home.warehouse_file) as connection:
            (row,) = connection.execute(
                f"select verdict, reason_code from v1.control_{control}_at(?, ?, ?, ?)",
                [service, "f" * 40, "production", datetime.fromisoformat(moment)],
            ).fetchall()
        return " ".join(row)


def _results_sql() -> str:
    """Return the text of control_results over the controls of the calendar alone.

    The whole table waits for every control of the product, most of which have nothing to do here.
    """
    names = ("macros/time.sql", "macros/policy.sql", "models/governance/control_results.sql")
    text = "\n".join((TRANSFORMS / name).read_text("utf-8") for name in names)
    template = jinja2.Environment(autoescape=False).from_string(text)
    return template.render(ref=lambda name: f"v1.{name}", var=lambda *_: CONTROLS).strip()


PLANNED = {
    "timely": "2026-12-02 10:00:00",
    "late": "2026-12-02 10:00:00",
    "silent": "2026-12-03 10:00:00",
    "replanned": "2026-12-22 10:00:00",
    "far": "2027-01-20 10:00:00",
}
FROZEN = {
    "before": "2026-11-20 22:59:59",
    "first": "2026-11-20 23:00:00",
    "middle": "2026-11-21 12:00:00",
    "last": "2026-11-23 07:59:59",
    "after": "2026-11-23 08:00:00",
}


def _freezes(world: World) -> None:
    estate = world.estate
    for name in ("frozen", "office", "free", "cross", "cross-ok", "cross-late", "edited", "roomy"):
        world.service(name)
    estate.policy("calendar", "weekend", {**WEEKEND, "title": "Weekend", "services": ["frozen"]})
    estate.policy("calendar", "office", {
        "kind": "allow", "recurrence": "0 10 * * 1-4", "duration_seconds": 21600,
        "zone": "Europe/Berlin", "services": ["office"],
    })  # fmt: skip
    night = {"kind": "blackout", "title": "Year end", "starts_at": "2026-11-10T00:00:00Z",
             "ends_at": "2026-11-11T00:00:00Z"}  # fmt: skip
    estate.policy("calendar", "night", {**night, "services": ["cross*"]})
    estate.policy("calendar", "gentle", {**night, "services": ["roomy"], "allows_overrun": True})
    for name, moment in FROZEN.items():
        world.deploy(name, "frozen", moment)
    world.deploy("winter", "office", "2026-10-26 15:30")
    world.deploy("friday", "office", "2026-10-23 13:30")
    world.deploy("summer", "office", "2026-10-22 13:30")
    world.deploy("free", "free", "2026-11-21 12:00")
    for name in ("cross", "cross-ok", "cross-late", "roomy"):
        world.deploy(name, name, "2026-11-09 22:00", minutes=240)
    world.exempt("cross-ok", "2026-11-09 20:00", "2026-11-09 21:30")
    world.exempt("cross-late", "2026-11-09 20:00", "2026-11-09 22:30")
    estate.row("calendar_windows", id="edited", kind="freeze", service="edited",
               created_at=at("2026-11-02 00:00"), starts_at=at("2026-11-03 00:00"),
               ends_at=at("2026-11-05 00:00"))  # fmt: skip
    estate.row("calendar_windows", id="later", kind="freeze", service="edited",
               created_at=at("2026-11-02 00:00"), starts_at=at("2026-12-10 00:00"),
               ends_at=at("2026-12-11 00:00"))  # fmt: skip
    world.deploy("as_planned", "edited", "2026-11-04 10:00")
    world.deploy("not_yet_moved", "edited", "2026-11-12 10:00")
    world.deploy("moved_to", "edited", "2026-11-19 10:00")


def _hours(world: World) -> None:
    names = ("hours", "two", "twice", "late", "author", "stale", "bare", "stranger",
             "stand_in", "chain", "default")  # fmt: skip
    for name in names:
        world.service(name, team="berlin")
    world.service("abroad", team="newyork")
    for team in world.estate.catalogue:
        if team.get("team_id") == "newyork" and team["record_type"] == "team":
            team["timezone"] = "America/New_York"
    world.estate.policy("calendar", "hours", {
        "kind": "business_hours", "recurrence": "0 9 * * 1,2,3,4,5", "duration_seconds": 25200,
        "zone": "Europe/Berlin", "services": [*names[:-1]],
    })  # fmt: skip
    world.estate.policy("approvers", "override", {"people": ["x", "y", "v", "ada"]})
    world.estate.policy("delegates", "x", {"people": ["v"]})
    world.deploy("cet", "hours", "2026-03-27 08:30")
    world.deploy("cest", "hours", "2026-03-30 07:30")
    world.deploy("evening", "hours", "2026-03-30 14:30")
    for name in names[1:-1]:
        world.deploy(name, name, "2026-10-07 18:00", minutes=10)
    for name, first, second in (
        ("two", ("x", "17:30"), ("y", "17:50")),
        ("twice", ("x", "17:30"), ("x", "17:50")),
        ("late", ("x", "17:30"), ("y", "18:01")),
        ("author", ("x", "17:30"), ("ada", "17:50")),
        ("stale", ("x", "13:59"), ("y", "17:50")),
        ("stranger", ("x", "17:30"), ("zoe", "17:50")),
        ("stand_in", ("x", "17:30"), ("v", "17:50")),
        ("chain", ("v", "17:30"), ("x", "17:50")),
    ):
        for who, moment in (first, second):
            world.approve(name, who, f"2026-10-07 {moment}")
    world.approve("chain", "y", "2026-10-07 17:55")
    for who in ("x", "y"):
        world.approve("bare", who, "2026-10-07 17:30", link="")
    world.deploy("thursday", "default", "2026-10-08 13:59")
    world.deploy("closed", "default", "2026-10-08 14:00")
    world.deploy("default_friday", "default", "2026-10-09 09:00")
    world.deploy("there", "abroad", "2026-10-08 19:59")


def _vendors(world: World) -> None:
    for name in ("payer", "orphan", "deaf"):
        world.service(name)
    world.estate.policy("vendors", "paypal", {"services": ["pay*"], "sla_ratio": 0.999})
    world.estate.policy("vendors", "mute", {"services": ["deaf"], "source": "statuspage-mute"})
    world.estate.policy("calendar", "paypal", {
        "kind": "vendor_maintenance", "vendor": "PayPal", "starts_at": "2026-11-03T23:30:00Z",
        "ends_at": "2026-11-04T01:00:00Z",
    })  # fmt: skip
    world.deploy("near", "payer", "2026-11-03 22:00", minutes=90)
    world.deploy("clear", "payer", "2026-11-03 21:00", minutes=90)
    world.deploy("orphan", "orphan", "2026-11-03 22:00", minutes=90)
    world.deploy("deaf", "deaf", "2026-11-03 22:00", minutes=90)


def _contracts(world: World) -> None:
    """Two vendors with status pages; one was down twice at once, and moved its maintenance."""
    world.service("shop")
    world.estate.policy("vendors", "cloud", {
        "services": ["shop"], "source": "statuspage-cloud", "sla_ratio": 0.999, "notice_days": 5,
    })  # fmt: skip
    world.estate.policy("vendors", "mail", {
        "services": ["shop"], "source": "statuspage-mail", "sla_ratio": 0.9995,
        "excludes_maintenance": True,
    })  # fmt: skip
    for source in ("cloud", "mail"):
        for began, ended in (("01:00", "01:40"), ("01:20", "02:00")):
            world.estate.add(f"statuspage-{source}", "incidents", {
                "id": f"{source}-{began}", "name": "Down", "status": "resolved",
                "impact": "critical", "created_at": f"2026-09-10T{began}:00Z",
                "started_at": f"2026-09-10T{began}:00Z", "resolved_at": f"2026-09-10T{ended}:00Z",
                "components": [],
            }, is_vendor="true")  # fmt: skip
        for key, created, starts in (
            ("early", "2026-09-01T00:00:00Z", "2026-09-10T00:30:00Z"),
            ("late", "2026-09-18T00:00:00Z", "2026-09-20T00:30:00Z"),
        ):
            world.estate.add(f"statuspage-{source}", "scheduled_maintenances", {
                "id": f"{source}-{key}", "name": "Work", "status": "completed",
                "created_at": created, "scheduled_for": starts,
                "scheduled_until": starts.replace("00:30", "01:30"), "components": [],
            }, is_vendor="true")  # fmt: skip
    world.estate.add("servicenow", "change_request", {
        "sys_id": "chg-planned", "number": "CHG1", "type": "normal", "state": "-2",
        "short_description": "Renew", "cmdb_ci": world.estate.configuration_item("frozen"),
        "start_date": "2026-12-05 10:00:00", "end_date": "2026-12-05 11:00:00",
        "sys_created_on": "2026-10-01 10:00:00", "sys_updated_on": "2026-10-01 10:00:00",
    })  # fmt: skip


def _acknowledgements(world: World) -> None:
    """Four planned changes of a service that needs a vendor whose contact is known."""
    world.service("caller-of-card")
    world.estate.policy("vendors", "card", {
        "services": ["caller-of-card"], "contact": "Service desk", "zone": "America/New_York",
        "holiday_country": "US",
    })  # fmt: skip
    for key, starts in PLANNED.items():
        _plan(world, f"CHG-{key}", "caller-of-card", starts)
    _plan(world, "CHG-moved", "edited", "2026-12-14 10:00:00", updated="2026-11-10 10:00:00")
    for key, moment, plan in (
        ("timely", "2026-11-23 22:00", PLANNED["timely"]),
        ("late", "2026-11-30 22:00", PLANNED["late"]),
        ("replanned", "2026-11-20 12:00", "2026-12-20 10:00:00"),
    ):
        append_details(
            world.home.lake, kind="vendor_acknowledgement", verdict="acknowledged", who="desk",
            subject=f"change_request:{key}", decided_at=at(moment),
            details={
                "change_request_id": f"servicenow:chg-{key}", "vendor_id": "card",
                "planned_start_at": plan.replace(" ", "T") + "+00:00",
            },
        )  # fmt: skip


def _plan(
    world: World, number: str, service: str, starts: str, *, updated: str = "2026-11-01 10:00:00"
) -> None:
    world.estate.add("servicenow", "change_request", {
        "sys_id": number.lower(), "number": number, "type": "normal", "state": "-2",
        "short_description": "Renew", "cmdb_ci": world.estate.configuration_item(service),
        "start_date": starts, "end_date": starts.replace("10:00:00", "11:00:00"),
        "sys_created_on": updated, "sys_updated_on": updated,
    })  # fmt: skip


def _costs(world: World) -> None:
    """Two changes are merged before and inside a freeze and deployed after it."""
    world.service("costly")
    world.estate.policy("calendar", "costly", {
        "kind": "freeze", "title": "Audit", "services": ["costly"],
        "starts_at": "2026-08-10T00:00:00Z", "ends_at": "2026-08-14T00:00:00Z",
    })  # fmt: skip
    base = world.estate.commit("costly", at("2026-08-01 08:00"))
    world.estate.deploy("costly", base, at("2026-08-01 09:00"))
    first = world.estate.squash(
        "costly", [at("2026-08-08 08:00")], at("2026-08-09 00:00"), parents=(base,)
    )
    second = world.estate.squash(
        "costly", [at("2026-08-11 08:00")], at("2026-08-12 00:00"), parents=(first,)
    )
    world.estate.deploy("costly", second, at("2026-08-17 09:00"), minutes=5)


def _concurrency(world: World) -> None:
    world.service("busy")
    world.service("caller")
    world.estate.catalogue.append(
        {"record_type": "dependency", "service_id": "caller", "depends_on": "busy"}
    )
    world.deploy("A", "busy", "2026-11-02 10:00", minutes=20)
    world.deploy("B", "busy", "2026-11-02 10:20", minutes=10)
    world.deploy("C", "busy", "2026-11-02 10:10", minutes=15)
    world.deploy("alone", "busy", "2026-11-02 12:00", minutes=15)
    world.deploy("beside", "caller", "2026-11-02 12:05", minutes=5)
    began = at("2026-11-02 10:00")
    for number, (wait, run) in enumerate(((0, 20), (10, 10), (5, 15))):
        world.estate.row("lock_events", id=f"lock-{number}", resource="production/busy",
                         queued_at=began, acquired_at=began + wait * MINUTE,
                         released_at=began + (wait + run) * MINUTE)  # fmt: skip
    world.estate.row("lock_events", id="kept", resource="production/forgotten",
                     queued_at=began, acquired_at=began)  # fmt: skip


def _publish(home: Home) -> None:
    """Publish the work file as it is: the commands read nothing else."""
    folder = home.builds / "20261201T060000Z-0000aaaa"
    folder.mkdir(parents=True)
    shutil.copy(home.warehouse_file, folder / "warehouse.duckdb")
    told = f"{READ_AT:%Y-%m-%dT%H:%M:%S.%fZ}"
    manifest = {
        "build_id": folder.name, "built_at": told, "as_of": told, "sample_data": False,
        "code_version": "0.1.0", "definition_version": "1.0.0", "report_timezone": "UTC",
        "fingerprint": "0000", "tables": {}, "audit": {}, "previous_build": None,
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    home.current.symlink_to(folder)


def make_world(root: Path) -> World:
    """Return everything above in one build; one freeze was moved in November."""
    found = World(Home(root=root))
    for part in (_freezes, _hours, _vendors, _contracts, _acknowledgements, _costs, _concurrency):
        part(found)
    whole = found.estate.streams
    # What the calendar said before any of it happened.
    found.estate.streams = {key: rows for key, rows in whole.items() if key[0] == "files"}
    found.estate.write(found.home.lake, read_at=at("2026-11-02 06:00"))
    found.estate.row("calendar_windows", id="edited", kind="freeze", service="edited",
                     created_at=at("2026-11-02 00:00"), starts_at=at("2026-11-12 00:00"),
                     ends_at=at("2026-11-20 00:00"))  # fmt: skip
    found.estate.row("calendar_windows", id="later", kind="freeze", service="edited",
                     created_at=at("2026-11-02 00:00"), starts_at=at("2026-12-14 00:00"),
                     ends_at=at("2026-12-15 00:00"))  # fmt: skip
    found.estate.write(found.home.lake, read_at=at("2026-11-15 06:00"))
    found.estate.streams = whole
    # What was moved stays moved.
    whole["files", "rows"] = [
        one for one in whole["files", "rows"]
        if (one[0]["row_key"], one[0]["fields"].get("starts_at", "")[:10])
        != ("later", "2026-12-10")
    ]  # fmt: skip
    found.estate.write(found.home.lake, read_at=READ_AT)
    build_models(
        found.home, *CONTROLS, "exemptions", "control_definitions", "deployment_collisions",
        "lock_contention", "vendor_attainment", "vendor_bounds", "planned_conflicts",
        "vendor_acknowledgements", "freeze_costs", "freeze_surges", now=READ_AT,
    )  # fmt: skip
    _publish(found.home)
    return found
