"""Publishing: readers see the old build or the new one, never anything between."""

import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration import builds
from orchestration import publish as publishing
from orchestration.errors import ConfigurationError, NothingToRead, PublishFailed
from orchestration.publish import Publication, newest_verified, roll_back, verify
from orchestration.warehouse import warehouse
from tests.orchestration.conftest import Publisher, write_work_file
from transforms.home import Home


def rows(home: Home) -> list[int]:
    current = builds.read_pointer(home.current)
    assert current is not None
    with warehouse(current / builds.WAREHOUSE) as connection:
        found = connection.execute("select id from v1.things order by id").fetchall()
    return [row[0] for row in found]


def test_a_build_is_published_whole_and_read_only(home: Home, publisher: Publisher) -> None:
    publication = publisher(1, 2, second=1)
    assert rows(home) == [1, 2]
    assert home.current.is_symlink()
    assert not home.current.readlink().is_absolute()
    file = publication.path / builds.WAREHOUSE
    assert stat.S_IMODE(file.stat().st_mode) == 0o444
    manifest = builds.read_manifest(publication.path)
    assert manifest.build_id == "20261122T120001Z-00000001"
    assert manifest.tables == {"things": 2, "restatements": 0}
    assert manifest.audit == {"passed": 1, "warned": 0, "blocked": 0}
    assert manifest.previous_build is None
    assert publisher(3, second=2).manifest.previous_build == manifest.build_id


def test_the_same_rows_again_are_no_new_build(home: Home, publisher: Publisher) -> None:
    first = publisher(1, 2, second=1)
    again = publisher(2, 1, second=2)
    assert not again.is_new
    assert again.path == first.path
    assert [path.name for path in builds.read_builds(home.builds)] == [first.path.name]


@pytest.mark.parametrize("step", ["copyfile", "sync_file", "sync_directory", "rename", "point"])
def test_a_failure_at_any_step_leaves_what_was_published(
    home: Home, publisher: Publisher, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    first = publisher(1, second=1)

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    place: dict[str, tuple[object, str]] = {
        "copyfile": (shutil, "copyfile"),
        "sync_file": (builds, "sync_file"),
        "sync_directory": (builds, "sync_directory"),
        "rename": (Path, "rename"),
        "point": (builds, "point"),
    }
    monkeypatch.setattr(*place[step], fail)
    with pytest.raises(PublishFailed) as caught:
        publisher(2, second=2)
    assert caught.value.exit_code == 5
    assert "bytes free" in str(caught.value)
    assert str(home.published) in str(caught.value)
    monkeypatch.undo()
    assert rows(home) == [1]
    assert builds.read_pointer(home.current) == first.path.resolve()
    assert not list(home.builds.glob(".*.tmp"))
    publisher(2, second=3)
    assert rows(home) == [2]


def test_the_disk_has_the_file_before_the_name_and_the_name_before_the_pointer(
    home: Home, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    def spy(owner: object, name: str) -> None:
        real: Callable[..., object] = getattr(owner, name)

        def called(*arguments: object) -> object:
            order.append(f"{name} {Path(str(arguments[0])).name}")
            return real(*arguments)

        monkeypatch.setattr(owner, name, called)

    spy(builds, "sync_file")
    spy(Path, "rename")
    spy(Path, "replace")
    publisher(1, second=1)
    build = "20261122T120001Z-00000001"
    assert order == [
        "sync_file warehouse.duckdb",
        "sync_file audit.json",
        "sync_file manifest.json",
        f"sync_file .{build}.tmp",
        f"rename .{build}.tmp",
        "sync_file builds",
        f"replace .current.{os.getpid()}",
        "sync_file published",
    ]


def test_what_a_killed_publish_left_is_removed_by_the_next(
    home: Home, publisher: Publisher
) -> None:
    publisher(1, second=1)
    (home.builds / ".20261122T120009Z-dead.tmp").mkdir()
    (home.published / ".current.99").symlink_to("nowhere")
    publisher(2, second=2)
    assert not list(home.builds.glob(".*"))
    assert not list(home.published.glob(".current*"))


def test_rolling_back_shows_the_earlier_build(home: Home, publisher: Publisher) -> None:
    first = publisher(1, second=1)
    publisher(2, second=2)
    roll_back(home, to=first.manifest.build_id)
    assert rows(home) == [1]
    with pytest.raises(ConfigurationError, match="There is no build 'nosuch'"):
        roll_back(home, to="nosuch")


def test_a_damaged_build_cannot_be_rolled_back_to(home: Home, publisher: Publisher) -> None:
    first = publisher(1, second=1)
    publisher(2, second=2)
    file = first.path / builds.WAREHOUSE
    file.chmod(0o644)
    with duckdb.connect(str(file)) as connection:
        connection.execute("insert into v1.things values (9)")
    with pytest.raises(PublishFailed, match="does not hold what it was published with"):
        roll_back(home, to=first.manifest.build_id)
    file.write_bytes(b"\0" * 8192)
    with pytest.raises(PublishFailed, match="damaged"):
        verify(first.path)
    assert rows(home) == [2]


def test_a_broken_pointer_falls_back_to_the_newest_build_that_verifies(
    home: Home, publisher: Publisher
) -> None:
    first = publisher(1, second=1)
    second = publisher(2, second=2)
    home.current.unlink()
    assert newest_verified(home) == second.path
    file = second.path / builds.WAREHOUSE
    file.chmod(0o644)
    file.write_bytes(b"no database")
    assert newest_verified(home) == first.path
    (first.path / builds.MANIFEST).unlink()
    with pytest.raises(NothingToRead):
        newest_verified(home)


def test_without_links_a_pointer_file_does_the_same(
    home: Home, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(Path, "symlink_to", no_links)
    publisher(1, second=1)
    assert home.current.is_file()
    publisher(2, second=2)
    assert rows(home) == [2]


def test_only_so_many_builds_are_kept_and_never_without_the_current(
    home: Home, publisher: Publisher
) -> None:
    made = [publisher(number, second=number, keep=3).path.name for number in range(1, 6)]
    assert [path.name for path in builds.read_builds(home.builds)] == made[-3:]
    oldest = home.builds / made[2]
    builds.point(home.current, oldest)
    builds.prune(home.builds, protected=[oldest], keep=1)
    assert [path.name for path in builds.read_builds(home.builds)] == [made[2], made[4]]


def test_a_reader_of_a_removed_build_reads_on(home: Home, publisher: Publisher) -> None:
    first = publisher(1, second=1)
    with warehouse(first.path / builds.WAREHOUSE) as connection:
        publisher(2, second=2, keep=1)
        assert first.path.exists()
        publisher(3, second=3, keep=1)
        assert not first.path.exists()
        assert connection.execute("select count(*) from v1.things").fetchall() == [(1,)]


def test_only_the_published_schema_leaves_the_work_file(home: Home, publisher: Publisher) -> None:
    write_work_file(home, "create schema build", "create table build.parameters (as_of timestamp)")
    publication = publisher(1, second=1)
    query = "select distinct schema_name from duckdb_tables()"
    with warehouse(publication.path / builds.WAREHOUSE) as connection:
        assert connection.execute(query).fetchall() == [("v1",)]


def test_a_view_that_needs_what_stays_behind_is_refused(home: Home, publisher: Publisher) -> None:
    write_work_file(
        home,
        "create schema build",
        "create table build.parameters (as_of timestamp)",
        "create view v1.leaks as select * from build.parameters",
    )
    with pytest.raises(PublishFailed, match=r"v1\.leaks"):
        publisher(1, second=1)
    assert builds.read_pointer(home.current) is None


def store_past(home: Home, publisher: Publisher, *, year: int) -> Publication:
    return publishing.publish(
        home,
        work_file=home.warehouse_file,
        origin=replace(publisher.origin, as_of=publisher.origin.as_of.replace(year=year)),
        audit=[],
        audit_counts={},
        built_at=publisher.origin.as_of.replace(minute=year % 60),
        run_id=f"past{year}",
        keep=2,
        moves_current=False,
    )


def test_builds_of_past_instants_take_no_place_of_what_can_be_rolled_back_to(
    home: Home, publisher: Publisher
) -> None:
    shown = [publisher(number, second=number, keep=2).path for number in (1, 2)]
    stored = [store_past(home, publisher, year=year).path for year in range(2021, 2025)]
    assert builds.read_builds(home.builds) == [*shown, *stored[-2:]]
    third = publisher(3, second=3, keep=2).path
    assert builds.read_builds(home.builds) == [shown[1], third, *stored[-2:]]
    roll_back(home, to=shown[1].name)
    assert rows(home) == [2]


def test_what_was_shown_before_is_kept_even_when_it_is_old(
    home: Home, publisher: Publisher
) -> None:
    made = [publisher(number, second=number, keep=5).path for number in range(1, 5)]
    roll_back(home, to=made[0].name)
    last = publisher(9, second=9, keep=2)
    assert last.manifest.previous_build == made[0].name
    assert builds.read_builds(home.builds) == [made[0], made[3], last.path]


def test_a_build_that_cannot_be_removed_fails_no_publish(
    home: Home, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        publisher(number, second=number)

    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", fail)
        builds.prune(home.builds, protected=[home.current.resolve()], keep=1)
    assert rows(home) == [2]
    publisher(3, second=3, keep=1)
    assert rows(home) == [3]
    assert not list(home.builds.glob(".*"))


def test_a_build_for_a_past_instant_moves_nothing(home: Home, publisher: Publisher) -> None:
    first = publisher(1, second=1)
    write_work_file(home, "insert into v1.things values (7)")
    stored = store_past(home, publisher, year=2025)
    assert stored.is_new
    assert not stored.manifest.moves_current
    assert rows(home) == [1]
    assert builds.read_pointer(home.current) == first.path.resolve()
