"""A source that changes its interface is noticed, and never stops a build where it need not."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestration.lake import Lake
from orchestration.lake_run import BulkPage
from tests.transforms.models import build_models, rows
from transforms.home import Home

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)


def _incident(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"Q{number}",
        "title": "Slow",
        "status": "resolved",
        "urgency": "high",
        "created_at": "2026-10-31T10:00:00Z",
        "service": {"id": "P1", "summary": "pay"},
        "html_url": "https://example.org/1",
        **fields,
    }


def _keep(lake: Lake, day: int, *records: Mapping[str, Any]) -> None:
    page = BulkPage(
        body=json.dumps({"incidents": records}).encode(),
        row_count=len(records),
        read_at=BEGIN + timedelta(days=day),
        format="object",
        records_path="$.incidents",
    )
    lake.append_bulk(
        "pager", "incidents", kind="pagerduty", pages=[page], read_at=BEGIN + timedelta(days=day)
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(root=tmp_path_factory.mktemp("drift"))
    lake = Lake(home.lake)
    _keep(lake, 0, *(_incident(number, rank=number) for number in range(6)))
    _keep(lake, 1, *(_incident(number, rank=number, extra="x") for number in range(6, 12)))
    build_models(home, "schema_changes", "stg_pagerduty__incidents")
    odd = [_incident(number, rank=str(number), extra="x") for number in range(12, 18)]
    for one in odd:
        del one["service"]
    odd[0]["status"] = "snoozed"
    _keep(lake, 2, *odd)
    build_models(home, "schema_changes", "incidents")
    return home


def _changes(home: Home, change: str) -> dict[str, dict[str, Any]]:
    found = rows(home, "schema_changes", where=f"change = '{change}'")
    return {str(row["field"]): row for row in found}


def test_a_field_that_came_later_is_new_and_dated(home: Home) -> None:
    new = _changes(home, "new")
    assert set(new) == {"extra"}
    assert new["extra"]["is_read"] is False
    assert new["extra"]["seen_at"] == (BEGIN + timedelta(days=1)).replace(tzinfo=None)


def test_a_field_that_every_record_had_and_none_has_now_is_missing(home: Home) -> None:
    missing = _changes(home, "missing")
    assert {"service", "service.id"} <= set(missing)
    assert missing["service"]["is_read"] is True
    assert missing["service"]["detail"] == "last seen 2026-11-02"


def test_a_field_of_another_type_is_changed(home: Home) -> None:
    changed = _changes(home, "changed")
    assert {name: row["detail"] for name, row in changed.items()} == {"rank": "now also varchar"}


def test_a_value_that_the_model_does_not_know_is_told_and_the_record_is_loaded(
    home: Home,
) -> None:
    unknown = _changes(home, "unknown_value")
    assert [(row["field"], row["detail"]) for row in unknown.values()] == [("status", "snoozed")]
    (row,) = rows(home, "incidents", where="number = 'Q12'")
    assert row["status"] == "open"


def test_records_with_a_missing_optional_field_are_loaded(home: Home) -> None:
    assert len(rows(home, "incidents", where="is_current")) == 18
