"""Emergency access: an occasion, a second pair of eyes within a day, a secret that is changed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from transforms.home import Home

NOW = at("2026-11-22 12:00")
USED, CLOSED = at("2026-11-10 10:00"), at("2026-11-10 12:00")
OPEN_THEN = (at("2026-11-10 09:30"), CLOSED)
NEXT_MORNING, JUST_IN_TIME = at("2026-11-11 09:00"), at("2026-11-11 11:59")


@dataclass
class Making:
    """Cases: each is a service with an incident and one use of the access to its secret."""

    estate: Estate = field(default_factory=Estate)

    def event(self, case: str, kind: str, moment: datetime, **told: object) -> None:
        """Add an event of the log; it is of the case's secret and by ann unless told otherwise."""
        about = {"person": "ann", "object": f"{case}/db", "service": case} | told
        self.estate.row(
            "audit_events", id=f"{case}-{kind}-{moment:%d%H%M}", type=kind, occurred_at=moment,
            place="vault", origin="10.0.0.1", outcome="success", **about,
        )  # fmt: skip

    def case(
        self,
        name: str,
        *,
        used: datetime = USED,
        incident: tuple[datetime, datetime | None] | None = OPEN_THEN,
        reviewed: datetime | None = NEXT_MORNING,
        reviewer: str = "bob",
        rotated: datetime | None = JUST_IN_TIME,
        **told: object,
    ) -> None:
        """Add a case; what is None did not happen."""
        self.estate.service(name, team="shop")
        if incident:
            self.estate.incident(name, *incident)
        self.event(name, "secret.read.break_glass", used, **told)
        if reviewed:
            self.event(name, "break_glass.reviewed", reviewed, person=reviewer)
        if rotated:
            self.event(name, "secret.rotated", rotated, person="vault[bot]")


def _make(making: Making) -> None:
    making.case("handled")
    making.case("late", rotated=at("2026-11-11 12:01"))
    making.case("never", rotated=None)
    making.case("unreviewed", reviewed=None)
    making.case("reviewed-late", reviewed=at("2026-11-11 10:01"))
    making.case("own-review", reviewer="ann")
    making.case("no-incident", incident=None)
    making.case("after-it", incident=(at("2026-11-09 09:00"), at("2026-11-09 12:00")))
    making.case("still-open", incident=(at("2026-11-10 09:30"), None), rotated=None)
    making.case("nameless", object=None)
    fresh = at("2026-11-22 08:00")
    making.case(
        "fresh", used=fresh, incident=(at("2026-11-22 07:00"), at("2026-11-22 09:00")),
        reviewed=None, rotated=None,
    )  # fmt: skip
    making.case(
        "serviceless", service=None, incident=(at("2026-11-10 09:45"), CLOSED)
    )  # fmt: skip
    making.estate.service("silent", team="shop")
    making.estate.incident("silent", *OPEN_THEN)
    fields = {
        "id": "quiet-1", "type": "Break-Glass login", "occurred_at": "2026-11-10T10:00:00Z",
        "person": "ann", "object": "host", "service": "silent",
    }  # fmt: skip
    making.estate.add(
        "files-quiet", "rows",
        {"entity": "audit_events", "row_key": "quiet-1", "reason": None, "fields": fields},
    )  # fmt: skip
    making.event("handled", "secret.read", at("2026-11-10 10:05"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    making = Making()
    _make(making)
    home = Home(root=tmp_path_factory.mktemp("glass"))
    making.estate.write(home.lake, read_at=NOW)
    build_models(home, "control_break_glass", "control_results", now=NOW)
    yield home


def judged(home: Home, case: str) -> dict[str, Any]:
    """Return what the control says of the one use of a case."""
    where = f"control_id = 'break_glass' and subject_id like '%:{case}-%'"
    (found,) = rows(home, "control_results", where=where)
    return found


@pytest.mark.parametrize(
    ("case", "verdict", "reason"),
    [
        ("handled", "pass", "in_order"),
        ("late", "fail", "rotated_late"),
        ("never", "fail", "not_rotated"),
        ("unreviewed", "fail", "not_reviewed"),
        ("reviewed-late", "fail", "reviewed_late"),
        ("own-review", "fail", "not_reviewed"),
        ("no-incident", "fail", "no_occasion"),
        ("after-it", "fail", "no_occasion"),
        ("still-open", "warn", "rotation_due"),
        ("nameless", "no_data", "object_unknown"),
        ("fresh", "warn", "review_due"),
        ("serviceless", "pass", "in_order"),
        ("quiet", "no_data", "reviews_unknown"),
    ],
)
def test_m33_emergency_access_needs_an_occasion_a_review_and_a_new_secret(
    home: Home, case: str, verdict: str, reason: str
) -> None:
    """M3.3: read at 10:00, incident closed 12:00: rotated next day 11:59 passes, 12:01 fails."""
    found = judged(home, case)
    assert (found["verdict"], found["reason_code"]) == (verdict, reason)


def test_a_read_that_is_no_emergency_is_not_judged(home: Home) -> None:
    found = rows(home, "control_break_glass")
    assert len(found) == 13


def test_what_was_late_is_told_in_hours_with_what_it_rests_on(home: Home) -> None:
    found = judged(home, "late")
    assert found["value"] == pytest.approx(24 + 1 / 60)
    assert found["threshold"] == 24
    assert found["reason"].startswith("late/db was changed only 24.0 hours after incident INC-")
    assert [one.partition(":")[0] for one in found["evidence"]] == [
        "audit_events", "fct_incidents", "audit_events", "audit_events",
    ]  # fmt: skip
