"""What holds of the code in every room, where neither ruff nor import-linter can say it."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.checkout import ROOMS, ROOT, files, foreign_imports, modules, references, tree

CLOCK = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now"),
    *("time.time", "time.time_ns", "time.monotonic", "time.sleep", "time.perf_counter"),
}
ENVIRONMENT = {"os.environ", "os.getenv", "os.environb"}
CHANCE = {"random.random", "random.uniform", "secrets.token_hex", "uuid.uuid4", "os.urandom"}
# One resolves Leadline's folder, the other hands dbt its key.
READERS_OF_ENVIRONMENT = {"transforms/home.py", "transforms/plugins/pseudonym.py"}
# What a room may use beside the standard library and what the doors of import-linter leave open.
LIBRARIES: Mapping[str, set[str]] = {
    "connectors": {
        "cryptography",
        "defusedxml",
        "httpcore",
        "httpx",
        "numpy",
        "pyarrow",
        "pydantic",
        "python_calamine",
        "yaml",
    },
    "transforms/statistics": {"lifelines", "numpy", "polars", "rfc8785", "ruptures", "scipy"},
    "dashboards": {
        "plotly",
        "polars",
        "pptx",
        "pyarrow",
        "starlette",
        "streamlit",
        "weasyprint",
        "xlsxwriter",
    },
}
# Marks of what good looks like, for nine of ten; beyond the longest a module wants a second one.
LONG_MODULE = 260
LONGEST_MODULE = 400
# Auditors take the verifier with them and need nothing else of ours.
GOES_OUT_AS_ONE_FILE = "orchestration/evidence/verify.py"
LONG_FUNCTION = 30


def found(names: set[str], module: ast.Module) -> list[str]:
    """Return `line name` wherever a module uses one of the names."""
    return [f"{line} {name}" for line, name in references(module) if name in names]


def functions(module: ast.Module) -> list[int]:
    """Return the length of every function of a module."""
    return [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def place(file: Path) -> str:
    """Return a file's path in the checkout."""
    return file.relative_to(ROOT).as_posix()


def test_connectors_know_neither_clock_nor_environment_nor_chance() -> None:
    breaches = {
        place(file): hits
        for file in modules("connectors")
        if (hits := found(CLOCK | ENVIRONMENT | CHANCE, tree(file)))
    }
    assert breaches == {}


def test_transforms_know_no_clock_and_two_of_them_the_environment() -> None:
    breaches = {
        place(file): hits
        for file in modules("transforms")
        if (hits := found(CLOCK | CHANCE, tree(file)))
        or (place(file) not in READERS_OF_ENVIRONMENT and (hits := found(ENVIRONMENT, tree(file))))
    }
    assert breaches == {}


def test_only_settings_and_the_telemetry_switch_read_the_environment_in_orchestration() -> None:
    readers = {place(file) for file in modules("orchestration") if found(ENVIRONMENT, tree(file))}
    assert readers <= {"orchestration/settings.py", "orchestration/__init__.py"}


def test_sql_reads_no_clock() -> None:
    clock = re.compile(
        r"\b(?:now\(\)|current_date\b|current_timestamp\b|localtimestamp\b|today\(\)|get_current_\w+"
        r"|modules\.datetime|run_started_at(?!'))",
        re.IGNORECASE,
    )
    breaches = [
        f"{place(file)}: {match.group()}"
        for file in files()
        if file.suffix in {".sql", ".yml"} and file.is_relative_to(ROOT / "transforms")
        for match in clock.finditer(without_comments(file.read_text(encoding="utf-8")))
        if not re.search(r"\$(\.\w+)*\.$", match.string[: match.start()])
    ]
    assert breaches == []


def without_comments(sql: str) -> str:
    """Return SQL without its comments."""
    return re.sub(r"--[^\n]*|\{#.*?#\}|(?m:^\s*#.*$)", "", sql, flags=re.DOTALL)


@pytest.mark.parametrize("room", sorted(LIBRARIES))
def test_a_room_uses_only_its_own_libraries(room: str) -> None:
    for file in modules(room.split("/")[0]):
        if place(file).startswith(room + "/"):
            assert foreign_imports(tree(file)) - LIBRARIES[room] == set(), place(file)


def test_the_finders_find_what_they_look_for() -> None:
    planted = ast.parse(
        "import os, yaml\nfrom time import sleep\nimport httpx\nx = os.environ['A']\n"
        "y = datetime.now(UTC)\nprint(1)\n"
    )
    assert found(CLOCK | ENVIRONMENT, planted) == ["2 time.sleep", "4 os.environ", "5 datetime.now"]
    assert foreign_imports(planted) == {"httpx", "yaml"}
    assert found({"print()"}, planted) == ["6 print()"]
    assert "now()" not in without_comments("select 1 -- now()\n{# now() #}")


def test_nothing_prints_or_is_left_for_later() -> None:
    later = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    stub = re.compile(r"^\s*raise NotImplemented" r"Error", re.MULTILINE)
    for file in modules(*ROOMS, "tests"):
        assert found({"print()"}, tree(file)) == [], place(file)
    for file in files():
        if file.suffix in {".py", ".sql", ".yml", ".sh"}:
            assert later.findall(file.read_text(encoding="utf-8")) == [], place(file)
    for file in modules(*ROOMS):
        assert stub.findall(file.read_text(encoding="utf-8")) == [], place(file)


def test_modules_stay_small_enough_to_read() -> None:
    lengths = {
        place(file): len(file.read_text(encoding="utf-8").splitlines()) for file in modules(*ROOMS)
    }
    assert sorted(lengths.values())[len(lengths) * 9 // 10] <= LONG_MODULE
    longest = {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE}
    assert set(longest) <= {GOES_OUT_AS_ONE_FILE}


def test_nine_functions_of_ten_fit_on_a_screen() -> None:
    lengths = sorted(length for file in modules(*ROOMS) for length in functions(tree(file)))
    assert lengths[len(lengths) * 9 // 10] <= LONG_FUNCTION


def test_heavy_libraries_are_imported_only_by_the_command_that_needs_them() -> None:
    heavy = {"dagster", "dagster_dbt", "dbt", "great_expectations", "scipy", "streamlit", "plotly"}
    for name in ("orchestration/cli.py", "orchestration/settings.py", "orchestration/errors.py"):
        imported = {
            alias.name.split(".")[0]
            for node in tree(ROOT / name).body
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        sources = {
            (node.module or "").split(".")[0]
            for node in tree(ROOT / name).body
            if isinstance(node, ast.ImportFrom)
        }
        assert (imported | sources) & heavy == set(), name
