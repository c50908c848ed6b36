"""Since which build a signal is known: carried from build to build."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.builds import WAREHOUSE
from orchestration.first_seen import write_first_seen


def _build(folder: Path, ids: Sequence[str], *, earlier: Path | None) -> dict[str, str]:
    folder.mkdir()
    with duckdb.connect(str(folder / WAREHOUSE)) as connection:
        connection.execute("create schema v1")
        connection.execute(
            "create table v1.signals as select unnest(?::varchar[]) as signal_id, "
            "null::varchar as first_seen_build_id",
            [list(ids)],
        )
        write_first_seen(connection, folder.name, earlier=earlier)
        return dict(connection.execute("from v1.signals").fetchall())


def test_a_signal_keeps_the_build_that_saw_it_first(tmp_path: Path) -> None:
    assert _build(tmp_path / "b1", ["a", "b"], earlier=None) == {"a": "b1", "b": "b1"}
    second = _build(tmp_path / "b2", ["b", "c"], earlier=tmp_path / "b1")
    assert second == {"b": "b1", "c": "b2"}
    third = _build(tmp_path / "b3", ["a", "c"], earlier=tmp_path / "b2")
    assert third == {"a": "b3", "c": "b2"}


def test_an_earlier_build_that_is_damaged_or_has_no_signals_says_nothing(tmp_path: Path) -> None:
    for name in ("damaged", "old"):
        (tmp_path / name).mkdir()
    (tmp_path / "damaged" / WAREHOUSE).write_bytes(b"no database")
    with duckdb.connect(str(tmp_path / "old" / WAREHOUSE)) as connection:
        connection.execute("create schema v1")
    assert _build(tmp_path / "b1", ["a"], earlier=tmp_path / "damaged") == {"a": "b1"}
    assert _build(tmp_path / "b2", ["a"], earlier=tmp_path / "old") == {"a": "b2"}


def test_a_build_without_the_table_is_left_alone(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection:
        connection.execute("create schema v1")
        write_first_seen(connection, "b1", earlier=None)
        assert connection.execute("show tables").fetchall() == []
