"""The command line: quick to answer, one sentence for an expected error, the right exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestration.builds import read_pointer
from orchestration.locks import run_lock
from tests.orchestration.conftest import NOON, Publisher
from transforms.decisions import append_decision, decisions_file
from transforms.home import Home

ROOT = Path(__file__).parents[2]
HEAVY = ("dagster", "dbt", "great_expectations", "streamlit", "polars", "pandas", "duckdb", "httpx")


def leadline(
    *arguments: str, home: Home, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEADLINE_")}
    settings: Mapping[str, str] = {"LEADLINE_HOME": str(home.root), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *arguments],
        env={**kept, **settings, "COLUMNS": "200", **environment},
        cwd=cwd or home.root.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom orchestration.cli import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["run"], 2, "leadline init"),
        (["run", "--nosuch"], 2, "No such option"),
        (["run", "--git", "nosuch"], 2, "nosuch is no folder"),
        (["run", "--tag-pattern", "x"], 2, "goes with --git"),
        (["build", "--as-of", "yesterday"], 2, "2026-09-30T00:00Z"),
        (["build"], 3, "is empty"),
        (["publish"], 5, "no finished build"),
        (["publish", "--to", "nosuch"], 2, "There is no build"),
        (["sql", "select 1"], 3, "Nothing is published"),
        (["dashboard"], 3, "Nothing is published"),
        (["dashboard", "--port", "99999"], 2, "--port"),
        (["sql", "select 1", "--limit", "-5"], 2, "--limit"),
        (["run", "--git", ".", "--tag-pattern", "v("], 2, "--tag-pattern is no regular expression"),
    ],
)
def test_an_expected_error_is_one_sentence_with_its_exit_code(
    home: Home, arguments: list[str], code: int, told: str
) -> None:
    home.root.mkdir()
    ended = leadline(*arguments, home=home)
    assert ended.returncode == code
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_held_lock_gives_75_and_its_holder(home: Home) -> None:
    with run_lock(home.work):
        ended = leadline("build", home=home)
    assert ended.returncode == 75
    assert f"pid {os.getpid()}" in ended.stderr


def test_init_writes_a_file_once(home: Home) -> None:
    home.root.mkdir()
    assert leadline("init", home=home).returncode == 0
    assert "organisation:" in (home.root.parent / "leadline.yml").read_text()
    again = leadline("init", home=home)
    assert again.returncode == 2
    assert "--force" in again.stderr
    assert leadline("init", "--force", home=home).returncode == 0


def test_a_secret_in_the_settings_is_nowhere_in_the_output(home: Home) -> None:
    home.root.mkdir()
    (home.root.parent / "leadline.yml").write_text(
        "sources:\n  github: {organisation: acme, token: CANARY_51}\n"
    )
    for command in ("run", "sync"):
        ended = leadline(command, home=home)
        assert ended.returncode == 2
        assert "line 2" in ended.stderr + ended.stdout
        assert "CANARY_51" not in ended.stderr + ended.stdout


@pytest.mark.parametrize(
    ("output", "expected"),
    [("csv", "id\n1\n2\n"), ("json", '[\n {\n  "id": 1\n },\n {\n  "id": 2\n }\n]\n')],
)
def test_sql_writes_what_was_published(
    home: Home, publisher: Publisher, output: str, expected: str
) -> None:
    publisher(1, 2, second=1)
    ended = leadline("sql", "from things order by id", "--format", output, home=home)
    assert ended.returncode == 0
    assert ended.stdout == expected


def test_sql_writes_parquet_to_a_file(home: Home, publisher: Publisher) -> None:
    publisher(1, 2, second=1)
    file = home.root / "things.parquet"
    ended = leadline("sql", "from things", "-f", "parquet", "-o", str(file), home=home)
    assert ended.returncode == 0
    assert file.read_bytes()[:4] == b"PAR1"
    assert leadline("sql", "from things", "-f", "parquet", home=home).returncode == 2


@pytest.mark.parametrize(
    "query",
    [
        "drop table things",
        "insert into things values (3)",
        "select * from read_text('/etc/hostname')",
        "copy things to '/tmp/things.csv'",
        "attach '/tmp/x.duckdb' as x",
        "install httpfs",
        "set enable_external_access = true",
    ],
)
def test_sql_changes_nothing_and_reads_nothing_else(
    home: Home, publisher: Publisher, query: str
) -> None:
    publisher(1, second=1)
    before = read_pointer(home.current)
    ended = leadline("sql", query, home=home)
    assert ended.returncode == 2
    assert ended.stderr.startswith("The query failed: ")
    assert read_pointer(home.current) == before


def test_sql_shows_control_characters_as_escapes(home: Home, publisher: Publisher) -> None:
    publisher(1, second=1)
    ended = leadline("sql", r"select e'\x1b[31mred' || chr(8238) || '[bold]x' as title", home=home)
    assert "\\x1b[31mred\\u202e[bold]x" in ended.stdout


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEADLINE_PORT", "99999"),
        ("LEADLINE_PORT", "0"),
        ("LEADLINE_PORT", "x"),
        ("LEADLINE_KEEP_BUILDS", "-3"),
        ("LEADLINE_KEEP_BUILDS", "0"),
    ],
)
def test_a_number_out_of_range_in_the_environment_is_refused(
    home: Home, name: str, value: str
) -> None:
    home.root.mkdir()
    ended = leadline("sql", "select 1", home=home, cwd=None, **{name: value})
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert name in ended.stderr


@pytest.mark.parametrize("query", ["", "  ", "/* a comment */", ";"])
@pytest.mark.parametrize("output", ["table", "csv"])
def test_an_empty_query_is_one_sentence(
    home: Home, publisher: Publisher, query: str, output: str
) -> None:
    publisher(1, second=1)
    ended = leadline("sql", query, "-f", output, home=home)
    assert ended.returncode == 2
    assert ended.stderr == "The query is empty; ask for rows, as in `from metrics`.\n"


@pytest.mark.parametrize(
    ("query", "output", "expected"),
    [
        ("select [1,2] a, {'x': 1} b", "csv", "a,b\n\"[1, 2]\",{'x': 1}\n"),
        ("select interval 1 month a, 2 a", "csv", "a,a_1\n1 month,2\n"),
        ("select interval 1 month a", "json", '[\n {\n  "a": "1 month"\n }\n]\n'),
        ("select [1] a", "json", '[\n {\n  "a": [\n   1\n  ]\n }\n]\n'),
    ],
)
def test_sql_writes_what_a_format_does_not_know_as_text(
    home: Home, publisher: Publisher, query: str, output: str, expected: str
) -> None:
    publisher(1, second=1)
    assert leadline("sql", query, "-f", output, home=home).stdout == expected


def test_sql_writes_intervals_to_parquet(home: Home, publisher: Publisher) -> None:
    publisher(1, second=1)
    file = home.root / "rows.parquet"
    ended = leadline(
        "sql", "select [interval 1 day] a", "-f", "parquet", "-o", str(file), home=home
    )
    assert ended.returncode == 0


@pytest.mark.parametrize("output", ["csv", "parquet"])
def test_sql_says_when_its_file_cannot_be_written(
    home: Home, publisher: Publisher, output: str
) -> None:
    publisher(1, second=1)
    place = str(home.root / "nosuch" / "rows")
    ended = leadline("sql", "from things", "-f", output, "-o", place, home=home)
    assert ended.returncode == 2
    assert f"{place} cannot be written" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("damage", [b"no database", b"\0" * 20_000])
def test_sql_on_a_damaged_build_is_one_sentence(
    home: Home, publisher: Publisher, damage: bytes
) -> None:
    file = publisher(1, second=1).path / "warehouse.duckdb"
    file.chmod(0o644)
    file.write_bytes(damage)
    ended = leadline("sql", "from things", home=home)
    assert ended.returncode == 3
    assert "cannot be read" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_result_wider_than_the_terminal_is_written_row_by_row(
    home: Home, publisher: Publisher
) -> None:
    publisher(1, 2, second=1)
    columns = ", ".join(f"id * {number} as [column]_{number}" for number in range(30))
    query = f"select {columns} from things order by id".replace("[column]", "column")
    ended = leadline("sql", query, home=home, COLUMNS="80")
    lines = ended.stdout.splitlines()
    assert lines[2] == "column_2: 2"
    assert lines[30:33] == ["", "column_0: 0", "column_1: 2"]
    assert "column_0: " not in leadline("sql", "from things", home=home, COLUMNS="80").stdout


def test_rolling_back_is_said_and_done(home: Home, publisher: Publisher) -> None:
    first = publisher(1, second=1)
    publisher(2, second=2)
    ended = leadline("publish", "--to", first.manifest.build_id, home=home)
    assert ended.returncode == 0
    assert first.manifest.build_id in ended.stderr
    rows = json.loads(leadline("sql", "from things", "-f", "json", home=home).stdout)
    assert rows == [{"id": 1}]


def test_doctor_says_that_decisions_were_altered_and_checks_the_rest(home: Home) -> None:
    home.root.mkdir()
    settings = "sources:\n  github: {organisation: acme, token: CANARY_51}\n"
    (home.root.parent / "leadline.yml").write_text(settings)
    for reason in ("seen in the post-mortem", "seen again"):
        append_decision(
            home.lake, kind="verdict", subject="deployment:a", verdict="failed", reason=reason,
            who="ops", decided_at=NOON,
        )  # fmt: skip
    file = decisions_file(home.lake)
    file.write_text(file.read_text().replace("seen again", "not so bad"))
    ended = leadline("doctor", home=home)
    assert ended.returncode == 2
    assert "✗ Decisions" in ended.stdout
    assert "Leftovers" in ended.stdout
    assert "line 2" in ended.stdout
    assert "CANARY_51" not in ended.stderr + ended.stdout


def test_doctor_checks_at_least_fifteen_things_and_mends_each(
    home: Home, publisher: Publisher
) -> None:
    publication = publisher(1, second=1)
    file = publication.path / "warehouse.duckdb"
    file.chmod(0o644)
    file.write_bytes(b"damaged")
    append_decision(
        home.lake, kind="verdict", subject="deployment:a", verdict="failed", reason="seen",
        who="ops", decided_at=NOON,
    )  # fmt: skip
    ended = leadline("doctor", home=home)
    assert ended.returncode == 1
    assert "Decisions: 1 in an unbroken chain" in ended.stdout
    assert "✗ Fingerprint" in ended.stdout
    assert int(ended.stdout.splitlines()[-1].split(" checks")[0]) >= 15
    signs = sum(line.startswith(("!", "✗")) for line in ended.stdout.splitlines())
    mends = sum(line.strip().startswith("mend:") for line in ended.stdout.splitlines())
    assert signs == mends > 0
