"""What a publish says otherwise about past periods stands in the build, with its cause."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from orchestration import restatements
from orchestration.builds import WAREHOUSE
from orchestration.commands.refresh import describe_restated
from orchestration.publish import Origin, Publication, publish, roll_back
from orchestration.warehouse import warehouse
from tests.orchestration.conftest import NOON, write_work_file
from transforms.current import read_build
from transforms.home import Home
from transforms.published import open_build, open_published

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
Number = tuple[str, date, float | None, int]


def in_october(value: float | None, n: int, *, service: str = "shop") -> Number:
    return (service, OCTOBER, value, n)


class Estate:
    """Publishes monthly numbers of one metric, one minute after the last time."""

    def __init__(self, home: Home, origin: Origin) -> None:
        self.home, self.origin, self.minute, self.count = home, origin, 0, 0

    def publish(
        self,
        *numbers: Number,
        definition: str = "1",
        is_provisional: bool = False,
        verdicts: int = 0,
        attributions: int = 0,
        columns: str = "*",
        empty: str = "no_data",
        moves_current: bool = True,
        days: int = 0,
        **origin: Any,
    ) -> Publication:
        self.minute += 1
        self.count += 1
        rows = ", ".join(
            _row(one, definition, empty, is_provisional=is_provisional) for one in numbers
        )
        write_work_file(
            self.home,
            "create or replace table v1.metric_definitions as select 'downtime' as metric",
            f"create or replace table v1.downtime as select {columns} from (values {rows}) t "
            "(scope_id, period_start_date, value, n, grain, scope, period_end_date, state, unit, "
            "definition_version, is_provisional)",
            f"create or replace table v1.verdicts as select * from range({verdicts})",
            "create or replace table v1.attribution_verdicts as "
            f"select * from range({attributions})",
        )
        return publish(
            self.home,
            work_file=self.home.warehouse_file,
            origin=replace(
                self.origin, as_of=NOON + timedelta(days=days, minutes=self.minute), **origin
            ),
            audit=[],
            audit_counts={},
            built_at=NOON.replace(minute=self.minute),
            run_id=f"{self.count:08d}",
            moves_current=moves_current,
        )

    def rows(self) -> pl.DataFrame:
        return open_published(self.home).restatements()


def _row(number: Number, definition: str, empty: str, *, is_provisional: bool) -> str:
    service, start, value, n = number
    end = date(start.year, start.month + 1, 1)
    state = empty if value is None else "ok"
    return (
        f"('{service}', date '{start}', {'null' if value is None else value}::double, {n}::bigint, "
        f"'month', 'service', date '{end}', '{state}', 'seconds', '{definition}', {is_provisional})"
    )


@pytest.fixture
def estate(home: Home, origin: Origin) -> Estate:
    return Estate(home, origin)


def test_a_number_of_a_past_period_that_changes_is_restated_with_both_values(
    estate: Estate,
) -> None:
    first = estate.publish(in_october(60, 1))
    second = estate.publish(in_october(90, 2))
    assert second.manifest.restated == {"late_data": 1}
    assert second.manifest.tables["restatements"] == 1
    row = estate.rows().row(0, named=True)
    assert (row["old_value"], row["new_value"], row["old_n"], row["new_n"]) == (60, 90, 1, 2)
    assert (row["metric"], row["scope_id"], row["period_start_date"]) == (
        "downtime",
        "shop",
        OCTOBER,
    )
    assert (row["old_build_id"], row["new_build_id"]) == (
        first.manifest.build_id,
        second.manifest.build_id,
    )
    assert row["old_as_of"] == (NOON + timedelta(minutes=1)).replace(tzinfo=None)
    assert (row["cause"], row["detail"]) == ("late_data", "value, n")
    assert not row["was_provisional"]


def test_what_is_equal_to_nine_digits_or_not_over_yet_or_was_never_published_is_not_restated(
    estate: Estate,
) -> None:
    estate.publish(in_october(1 / 3, 1), ("shop", NOVEMBER, 60, 1))
    later = estate.publish(
        in_october(1 / 3 * (1 + 1e-12), 1),
        ("shop", NOVEMBER, 90, 2),
        in_october(5, 1, service="new"),
    )
    assert later.manifest.restated == {}
    assert estate.rows().is_empty()


def test_a_period_that_has_no_number_for_another_reason_is_not_restated(estate: Estate) -> None:
    estate.publish(in_october(None, 0))
    assert estate.publish(in_october(None, 0), empty="uncovered").manifest.restated == {}


def test_a_past_period_that_gets_its_first_number_or_loses_its_last_is_restated(
    estate: Estate,
) -> None:
    estate.publish(in_october(None, 0), in_october(7, 3, service="gone"))
    estate.publish(in_october(5, 1))
    rows = {row["scope_id"]: row for row in estate.rows().iter_rows(named=True)}
    assert (rows["shop"]["old_state"], rows["shop"]["new_state"]) == ("no_data", "ok")
    assert (rows["shop"]["old_value"], rows["shop"]["new_value"]) == (None, 5)
    assert (rows["gone"]["new_state"], rows["gone"]["detail"]) == (None, "no longer published")


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({}, "late_data"),
        ({"code_version": "2"}, "code, late_data"),
        ({"configuration_id": "other"}, "configuration, late_data"),
        ({"verdicts": 1}, "verdict, late_data"),
        ({"attributions": 1}, "verdict, late_data"),
        ({"definition": "2", "code_version": "2"}, "definition, code, late_data"),
    ],
)
def test_every_cause_that_applies_is_named_the_most_specific_first(
    estate: Estate, changes: dict[str, Any], cause: str
) -> None:
    estate.publish(in_october(60, 1))
    later = estate.publish(in_october(90, 2), **changes)
    assert later.manifest.restated == {cause: 1}


def test_other_code_over_the_same_data_has_no_part_of_late_data(estate: Estate) -> None:
    estate.publish(in_october(60, 1))
    estate.minute -= 1
    later = estate.publish(in_october(90, 2), code_version="2")
    assert later.manifest.restated == {"code": 1}


def test_a_number_that_could_still_change_is_restated_and_says_so(estate: Estate) -> None:
    estate.publish(in_october(60, 1), is_provisional=True)
    estate.publish(in_october(90, 2))
    assert estate.rows()["was_provisional"].to_list() == [True]


def test_former_restatements_are_carried_over_and_bounded(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    for value in (60, 70, 80):
        estate.publish(in_october(value, 1))
    assert estate.rows()["new_value"].to_list() == [80, 70]
    assert len(set(estate.rows()["restatement_id"])) == 2
    monkeypatch.setattr(restatements, "HISTORY_ROWS", 1)
    estate.publish(in_october(90, 1), in_october(1, 1, service="other"))
    assert estate.rows()["new_value"].to_list() == [90, 80]
    monkeypatch.setattr(restatements, "HISTORY_ROWS", 9)
    monkeypatch.setattr(restatements, "PUBLISH_ROWS", 1)
    estate.publish(in_october(95, 1), in_october(2, 1, service="other"))
    estate.publish(in_october(95, 1), in_october(2, 1, service="other"))
    assert estate.rows()["new_build_id"].n_unique() == estate.rows().height == 3


def test_the_same_build_again_and_a_build_of_a_past_instant_restate_nothing(
    estate: Estate,
) -> None:
    estate.publish(in_october(60, 1))
    second = estate.publish(in_october(90, 1))
    estate.minute -= 1
    assert not estate.publish(in_october(90, 1)).is_new
    assert estate.rows().height == 1
    past = estate.publish(in_october(60, 1), moves_current=False, days=-9)
    assert past.manifest.restated == {}
    stored = read_build(past.path)
    assert stored is not None
    assert open_build(stored).restatements().is_empty()
    assert estate.rows()["new_build_id"].to_list() == [second.manifest.build_id]


def test_after_going_back_the_next_publish_is_compared_with_what_readers_see(
    estate: Estate,
) -> None:
    first = estate.publish(in_october(60, 1))
    estate.publish(in_october(90, 1))
    roll_back(estate.home, to=first.manifest.build_id)
    estate.publish(in_october(95, 1))
    assert estate.rows().select("old_value", "new_value").rows() == [(60, 95)]


def test_restatements_are_no_part_of_the_fingerprint(estate: Estate, tmp_path: Path) -> None:
    estate.publish(in_october(60, 1))
    restated = estate.publish(in_october(90, 1))
    other = Estate(Home(root=tmp_path / "other"), estate.origin)
    fresh = other.publish(in_october(90, 1))
    assert restated.manifest.fingerprint == fresh.manifest.fingerprint


@pytest.mark.parametrize("damage", ["columns", "file"])
def test_an_earlier_build_that_cannot_be_compared_keeps_nothing_from_being_published(
    estate: Estate, damage: str
) -> None:
    first = estate.publish(
        in_october(60, 1), columns="* exclude (n)" if damage == "columns" else "*"
    )
    if damage == "file":
        file = first.path / WAREHOUSE
        file.chmod(0o644)
        file.write_bytes(b"\0" * 8192)
    assert estate.publish(in_october(90, 1)).is_new
    assert estate.rows().is_empty()


def test_a_build_without_the_table_has_no_restatements(estate: Estate) -> None:
    file = estate.publish(in_october(60, 1)).path / WAREHOUSE
    published = estate.rows().schema
    file.chmod(0o644)
    with warehouse(file, read_only=False) as connection:
        connection.execute("drop table v1.restatements")
    assert estate.rows().schema == published
    assert estate.rows().is_empty()


def test_the_terminal_says_how_many_numbers_changed_and_why() -> None:
    said = describe_restated({"late_data": 12, "code, late_data": 1})
    assert said.startswith("Restated 13 numbers of past periods (12 by late_data; 1 by code,")
