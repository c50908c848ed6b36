"""What a stranger's query may do: read published tables, within bounds, and nothing else."""

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import psutil
import pytest

from transforms.home import Home
from transforms.published import Published, open_published
from transforms.sandbox import CHILD, LIMITS, Limits, QueryRefused, ask, plan

MORNING = datetime.fromisoformat("2026-11-22 09:00")
CANARY = "CANARY_SANDBOX_7f3a"
MANIFEST = {
    "build_id": "b1", "as_of": "2026-11-22T09:00:00Z", "built_at": "2026-11-22T09:02:00Z",
    "sample_data": True, "report_timezone": "UTC", "definition_version": "1.0.0",
    "code_version": "0.1.0", "fingerprint": "0",
}  # fmt: skip
# What promises to be denied, and the word of the answer.
ATTACKS = {
    "read a file as text": ("from read_text('/etc/passwd')", "no files"),
    "read a file as bytes": ("from read_blob('/etc/hostname')", "no files"),
    "read a csv": ("from read_csv('/etc/passwd')", "no files"),
    "read json": ("from read_json('/etc/passwd')", "no files"),
    "read parquet": ("from read_parquet('/tmp/x.parquet')", "no files"),
    "sniff a csv": ("from sniff_csv('/etc/passwd')", "no files"),
    "list a folder": ("from glob('/etc/*')", "no files"),
    "name a file as a table": ("from '/etc/passwd.csv'", "no files"),
    "read over http": ("from 'https://example.com/x.parquet'", "no files"),
    "read what the child was given": ("from read_text('/proc/self/environ')", "no files"),
    "read through a macro of text": ("from query('from read_text(''/etc/passwd'')')", "no files"),
    "scan a Python variable": ("from MANIFEST", "does not exist"),
    "copy to a file": ("copy services to '/tmp/x.csv'", "Only SELECT"),
    "copy from a file": ("copy services from '/etc/passwd'", "Only SELECT"),
    "export the database": ("export database '/tmp/x'", "Only SELECT"),
    "attach a file": ("attach '/tmp/x.duckdb' as x", "Only SELECT"),
    "attach a database of another kind": ("attach 'x' as x (type sqlite)", "Only SELECT"),
    "install an extension": ("install httpfs", "Only SELECT"),
    "install from the community": ("install shellfs from community", "Only SELECT"),
    "load a library": ("load '/tmp/evil.duckdb_extension'", "Only SELECT"),
    "set an option": ("set enable_external_access = true", "Only SELECT"),
    "reset an option": ("reset lock_configuration", "Only SELECT"),
    "unlock by a pragma": ("pragma enable_external_access", "Only SELECT"),
    "profile to a file": ("pragma profiling_output = '/tmp/x'", "Only SELECT"),
    "log to a file": ("call enable_logging(storage = 'file')", "Only SELECT"),
    "log from a select": ("from enable_logging(storage = 'file')", "locked"),
    "profile from a select": ("from enable_profiling()", "locked"),
    "make a secret": ("create secret s (type s3, key_id 'x', secret 'y')", "Only SELECT"),
    "drop a table": ("drop table services", "Only SELECT"),
    "change rows": ("update services set name = 'x'", "Only SELECT"),
    "change rows inside a select": (
        "with x as (insert into services from services) select 1", "read-only"),
    "make a table": ("create temp table x as from services", "Only SELECT"),
    "two statements": ("select 1; drop table services", "Only one SELECT"),
    "two statements behind a comment": ("select 1 /* ; */; -- \nselect 2", "Only one SELECT"),
    "run text as statements": ("from query('drop table services')", "SELECT"),
    "read the environment": ("select getenv('PATH')", "does not exist"),
    "explain and run": ("explain analyze delete from services", "Only SELECT"),
    "prepare": ("prepare p as select 1", "Only SELECT"),
    "call": ("call pragma_version()", "Only SELECT"),
    "a checkpoint": ("checkpoint", "Only SELECT"),
}  # fmt: skip


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    home = Home(root=tmp_path_factory.mktemp("asked"))
    folder = home.builds / "b1"
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("create schema v1")
        connection.execute(
            "create table v1.services as select 's' || i as service_id, i as tier,"
            " date '2026-11-22' as first_date from range(25000) as t(i)"
        )
    (folder / "manifest.json").write_text(json.dumps(MANIFEST), encoding="utf-8")
    home.current.symlink_to(folder)
    return open_published(home)


def refused(published: Published, sql: str, limits: Limits = LIMITS) -> QueryRefused:
    with pytest.raises(QueryRefused) as told:
        ask(published, sql, limits=limits)
    return told.value


def test_a_query_sees_the_published_tables_by_their_plain_names(published: Published) -> None:
    answer = ask(published, "select tier, first_date from services where service_id = 's7'")
    assert answer.frame.rows() == [(7, date(2026, 11, 22))]
    assert answer.is_cut is False


@pytest.mark.parametrize(
    "sql",
    [
        "-- how many\nselect count(*) from services;",
        "with few as (from services limit 3) select count(*) from few",
        "values (1)", "describe services", "show tables", "summarize services",
        "table services", "pivot services on tier in (1, 2) using count(*)",
    ],
)  # fmt: skip
def test_whatever_is_one_select_is_answered(published: Published, sql: str) -> None:
    assert ask(published, sql).frame.height >= 1


def test_the_first_rows_come_in_their_order_and_it_is_said_that_there_are_more(
    published: Published,
) -> None:
    answer = ask(published, "from services order by tier desc")
    assert answer.frame["tier"].to_list() == list(range(24999, 14999, -1))
    assert answer.is_cut is True
    exactly = ask(published, "from services limit 10000")
    assert (exactly.frame.height, exactly.is_cut) == (10_000, False)


def test_values_keep_their_types_and_odd_ones_come_as_text(published: Published) -> None:
    frame = ask(
        published,
        "select 1::tinyint as n, 1.5::decimal(4,1) as d, sum(1) as s,"
        " timestamp '2026-11-22 09:00' as t, [1, 2] as l, {'a': 1} as r, interval 2 day as i,"
        " map {'k': 1} as m, 'x'::blob as b, 'x' as \"say \"\"hi\"\"\", 1 as a, 2 as a",
    ).frame
    assert frame.columns == [*"ndstlrimb", 'say "hi"', "a", "a (2)"]
    assert frame.row(0) == (
        1, Decimal("1.5"), Decimal(1), MORNING, [1, 2], {"a": 1},
        "2 days", "{k=1}", "x", "x", 1, 2,
    )  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_and_changes_nothing(published: Published, name: str) -> None:
    sql, word = ATTACKS[name]
    before = traces(published)
    error = refused(published, sql)
    assert word in f"{error} {error.detail}"
    assert traces(published) == before
    assert published.rows("services", limit=1).height == 1


def traces(published: Published) -> tuple[str, list[Path]]:
    """Return what a query could leave behind: other bytes, or a file beside them."""
    content = hashlib.sha256(published.file.read_bytes()).hexdigest()
    return content, sorted(published.file.parent.iterdir())


def test_settings_tell_of_no_home_and_no_secrets(published: Published) -> None:
    told = ask(published, "select value from duckdb_settings() where name = 'secret_directory'")
    assert told.frame["value"].to_list() == ["none"]
    assert ask(published, "from duckdb_secrets()").frame.is_empty()


def test_refusals_are_sentences_and_duckdbs_own_words_come_without_places(
    published: Published,
) -> None:
    empty, wrong = refused(published, " -- nothing\n"), refused(published, "from servces")
    assert str(empty) == "The query is empty; ask for rows, as in `from services`."
    assert 'Did you mean "services"?' in wrong.detail
    for error in (empty, wrong, refused(published, "select * fro services")):
        assert str(error).endswith(".")
        assert "Traceback" not in error.detail
        assert str(published.file.parent) not in f"{error} {error.detail}"
    pivot = refused(published, "pivot services on tier using count(*)")
    assert "Name the values of PIVOT" in str(pivot)
    long = refused(published, "select 1 --" + "x" * LIMITS.characters)
    assert str(long) == "The query is longer than 20,000 characters."


def test_a_plan_is_shown_without_running_the_query(published: Published) -> None:
    endless = "select count(*) from range(10000000) as a, range(10000000) as b"
    assert "Cross Product" in plan(published, endless)
    with pytest.raises(QueryRefused):
        plan(published, "drop table services")


def test_an_endless_query_is_killed_when_its_time_is_over(published: Published) -> None:
    began = time.perf_counter()
    error = refused(published, ENDLESS["a cross join"], Limits(seconds=2))
    assert str(error) == "Stopped after 2 s; ask for fewer rows or a shorter period."
    assert time.perf_counter() - began < 3
    assert processes() == []


def test_no_more_than_two_queries_run_at_once_and_others_are_told(published: Published) -> None:
    slow = Limits(seconds=6)
    threads = [
        threading.Thread(target=refused, args=(published, ENDLESS["a cross join"], slow))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    while len(processes()) < 2:
        assert any(thread.is_alive() for thread in threads)
    busy = refused(published, "select 1", Limits(waiting_seconds=0.1))
    assert str(busy) == "Other queries are running; ask again in a few seconds."
    for thread in threads:
        thread.join()
    assert ask(published, "select 1 as one").frame.rows() == [(1,)]


def test_the_process_is_limited_by_the_kernel_and_knows_nothing_of_the_parents(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADLINE_PSEUDONYM_KEY", CANARY)
    limits = Limits(seconds=4)
    thread = threading.Thread(target=refused, args=(published, ENDLESS["a cross join"], limits))
    thread.start()
    found = bounds = None
    while bounds != (limits.memory_bytes,) * 2 and thread.is_alive():
        for process in processes():
            found = process.environ()
            bounds = process.rlimit(psutil.RLIMIT_AS)
    assert bounds == (limits.memory_bytes,) * 2
    assert found is not None
    assert CANARY not in str(found)
    assert not [name for name in found if name.startswith(("LEADLINE", "HOME", "PATH", "AWS"))]
    thread.join()


def processes() -> list[psutil.Process]:
    """Return the processes that answer queries of this one."""
    found = []
    for process in psutil.Process().children():
        try:
            if str(CHILD) in process.cmdline():
                found.append(process)
        except psutil.Error:
            continue
    return found


ENDLESS = {
    "a cross join": "select count(*) from range(1000000) a, range(1000000) b, range(1000) c",
    "a recursion": "with recursive r as (select 1 as i union all select i + 1 from r)"
    " select max(i) from r",
}
GREEDY = {
    "one long text": "select repeat('x', 2000000000)",
    "a list of everything": "select list(repeat(i::varchar, 1000)) from range(10000000) as t(i)",
    "a gigabyte of rows": "select repeat('x', 100000) as x from range(1000000)",
    "a thousand columns": "select "
    + ", ".join(f"i + {n} as c{n}" for n in range(1000))
    + " from range(100000) as t(i)",
    "a sort that fits nowhere": "select max(place) from (select row_number() over"
    " (order by repeat('x', 500) || i) as place from range(20000000) as t(i))",
    "groups without end": "select i, count(*) from range(200000000) as t(i) group by i",
    "texts that grow": "with recursive r as (select 'x' as t union all select t || t from r)"
    " select max(length(t)) from r",
}


# Heavy elsewhere: DuckDB's patterns take time in proportion to the text, never more.
BOUNDED = {
    "a pattern": "select count(*) from range(100000) as t(i)"
    " where regexp_matches(repeat('a', 20000) || i, '(a|aa|aaa|.*a)*b$')",
}


@pytest.fixture(scope="module")
def measured(published: Published) -> Iterator[Path]:
    """A program that asks one query and prints its time, the most memory and the answer."""
    program = published.file.parent.parent / "measured.py"
    program.write_text(
        "import resource, sys, time\nfrom pathlib import Path\n"
        "from transforms.current import read_build\n"
        "from transforms.published import open_build\n"
        "from transforms.sandbox import QueryRefused, ask\n"
        "published = open_build(read_build(Path(sys.argv[1])))\nbegan = time.perf_counter()\n"
        "try:\n    ask(published, sys.argv[2])\n    told = 'answered'\n"
        "except QueryRefused as error:\n    told = str(error)\n"
        "print(time.perf_counter() - began,"
        " resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, told)\n",
        encoding="utf-8",
    )
    yield program


@pytest.mark.slow
@pytest.mark.parametrize("name", [*ENDLESS, *GREEDY, *BOUNDED])
def test_a_query_that_takes_too_much_is_stopped_in_time_and_within_its_memory(
    published: Published, measured: Path, name: str
) -> None:
    sql = (ENDLESS | GREEDY | BOUNDED)[name]
    ended = subprocess.run(
        [sys.executable, str(measured), str(published.file.parent), sql],
        capture_output=True, text=True, check=True, cwd=CHILD.parents[1],
        env=os.environ | {"PYTHONPATH": str(CHILD.parents[1])},
    )  # fmt: skip
    seconds, kilobytes, told = ended.stdout.split(maxsplit=2)
    assert told.startswith("answered" if name in BOUNDED else "Stopped"), told
    assert float(seconds) <= LIMITS.seconds + 1
    assert int(kilobytes) * 1024 <= LIMITS.memory_bytes
