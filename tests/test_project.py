"""What holds of the whole repository: addresses, dependencies, documents that keep up."""

import re
from collections.abc import Iterable
from itertools import chain

import pytest
import typer.main
from packaging.requirements import Requirement
from packaging.version import Version

from orchestration.cli import app
from orchestration.settings import Environment
from tests.checkout import (
    ROOMS,
    ROOT,
    files,
    foreign_imports,
    modules,
    normal,
    project,
    texts,
    tree,
)

# Put together from pieces, or this file would find itself.
HOSTS = r"py" r"pi\.org|python" r"hosted\.org|npm" r"js\.(?:org|com)|deb\.deb" r"ian\.org"
PLACES = (
    r"/wo" r"rk/(?:main|shared|steering|\.library)|/ro" r"ot/|/tm" r"p/[a-z]\w+/|/Us" r"ers/\w+"
)
TOP_LEVEL = {
    *("pyproject.toml", "orchestration", "transforms", "dashboards", "connectors", "tests", "data"),
    *("README.md", "Makefile", "LICENSE", "CONTRIBUTING.md", "CHANGELOG.md", "bootstrap.sh"),
    *("requirements.lock", "requirements-dev.lock"),
}
README = (ROOT / "README.md").read_text(encoding="utf-8")
# What runs without being imported by us, and how.
NOT_IMPORTED = {
    "dagster-webserver": "the program that `dagster dev` starts",
    "duckdb-sqlalchemy": "named in a connection string",
    "dbt-core": "imported as dbt",
    "dbt-duckdb": "imported as dbt.adapters.duckdb",
    "protobuf": "holds back a version that dbt does not take",
}
IMPORT_NAMES = {"yaml": "pyyaml", "dbt": "dbt-core", "google.protobuf": "protobuf"}


def lines_with(pattern: str, contents: Iterable[tuple[str, str]]) -> list[str]:
    """Return where a pattern stands, as `file:line: text`."""
    expression = re.compile(pattern)
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in contents
        for number, line in enumerate(text.splitlines(), start=1)
        if expression.search(line)
    ]


def direct_dependencies(*groups: str) -> dict[str, Requirement]:
    """Return the requirements of pyproject.toml by name: those to run with, or those of groups."""
    document = project()
    listed = (
        chain.from_iterable(document["dependency-groups"][group] for group in groups)
        if groups
        else document["project"]["dependencies"]
    )
    return {normal(requirement.name): requirement for requirement in map(Requirement, listed)}


def locked(name: str) -> dict[str, set[str]]:
    """Return package and versions (one, or one for each Python) of a lock file."""
    found: dict[str, set[str]] = {}
    text = (ROOT / name).read_text(encoding="utf-8")
    for package, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", text, re.MULTILINE):
        found.setdefault(normal(package), set()).add(version)
    return found


def documented_dependencies(text: str) -> dict[str, list[str]]:
    """Return the rows of the README's table of dependencies: name, then purpose and reason."""
    section = text.split("## Dependencies")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([\w-]+)` \|(.*)\|$", section, re.MULTILINE)
    return {normal(name): [cell.strip() for cell in rest.split("|")] for name, rest in rows}


@pytest.mark.parametrize("pattern", [HOSTS, PLACES])
def test_no_file_names_a_registry_or_a_place_on_somebodys_machine(pattern: str) -> None:
    assert lines_with(pattern, texts()) == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (HOSTS, "see https://py" + "pi.org/project/x"),
        (PLACES, "cd /wo" + "rk/main"),
        (PLACES, "/Us" + "ers/jane/code"),
    ],
)
def test_a_planted_address_would_be_found(pattern: str, text: str) -> None:
    assert lines_with(pattern, [("a.md", f"fine\n{text}")]) == [f"a.md:2: {text}"]


def test_the_top_level_holds_the_rooms_and_nothing_else() -> None:
    found = {file.relative_to(ROOT).parts[0] for file in files()}
    assert {name for name in found if not name.startswith(".")} - TOP_LEVEL == set()


def test_every_direct_dependency_has_its_reason_in_the_readme() -> None:
    documented = documented_dependencies(README)
    assert set(documented) == set(direct_dependencies())
    for name, cells in documented.items():
        assert len(cells) == 2, name
        assert all(cells), name


def test_every_development_dependency_is_named_in_the_readme() -> None:
    section = README.split("## Dependencies")[1].split("\n## ")[0]
    named = {normal(name) for name in re.findall(r"`([\w-]+)`", section)}
    assert set(direct_dependencies("dev", "install")) - named == set()


def test_whatever_the_rooms_import_is_a_direct_dependency_and_the_other_way_round() -> None:
    imported = set().union(*(foreign_imports(tree(file)) for file in modules(*ROOMS)))
    needed = {normal(IMPORT_NAMES.get(name, name)) for name in imported}
    declared = set(direct_dependencies())
    assert needed - declared == set(), "imported, but only there because something else needs it"
    assert declared - needed - set(NOT_IMPORTED) == set(), "declared, but used by nothing"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_holds_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-", text.replace("    --hash=", "    hash="), re.MULTILINE)
    packages = re.findall(r"^[^\s#].*$", text, re.MULTILINE)
    assert packages
    assert [line for line in packages if not line.endswith("\\")] == []
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", text)) >= len(packages)


def test_the_locks_satisfy_pyproject_and_agree_with_each_other() -> None:
    runtime, everything = locked("requirements.lock"), locked("requirements-dev.lock")
    assert [name for name in runtime if runtime[name] != everything.get(name)] == []
    wanted = {
        **{name: (each, runtime) for name, each in direct_dependencies().items()},
        **{
            name: (each, everything) for name, each in direct_dependencies("dev", "install").items()
        },
    }
    for name, (requirement, lock) in wanted.items():
        assert lock.get(name), f"{name} is not locked; run make lock"
        for version in lock[name]:
            assert requirement.specifier.contains(Version(version)), name


def test_every_command_and_its_exit_codes_stand_in_the_readme() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    visible = [name for name, command in commands.items() if not command.hidden]
    assert len(visible) >= 9
    section = README.split("## Commands")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `leadline ([\w-]+)", section, re.MULTILINE)
    assert sorted(rows) == sorted(visible)
    for code in (0, 1, 2, 3, 4, 5, 6, 75, 130):
        assert re.search(rf"^\| {code} \| \w", section, re.MULTILINE), code


def test_every_environment_variable_stands_in_the_readme() -> None:
    known = {f"LEADLINE_{name.upper()}" for name in Environment.model_fields} | {"LEADLINE_HOME"}
    assert set(re.findall(r"^\| `(LEADLINE_\w+)`", README, re.MULTILINE)) == known


def test_links_in_documents_lead_somewhere() -> None:
    for document in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
        broken = [link for link in links if "://" not in link and not (ROOT / link).exists()]
        assert broken == [], document


def test_make_targets_named_in_documents_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for document in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
        assert named, document
        assert named - targets == set(), document


def test_every_test_marker_is_run_by_one_of_the_two_runners() -> None:
    markers = {line.split(":")[0] for line in project()["tool"]["pytest"]["ini_options"]["markers"]}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    runner = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    left_out = set(re.findall(r"not (\w+)", makefile.split("EVERYWHERE")[1].split("\n")[0]))
    run = set(re.findall(r"\w+", runner.split('marked="')[1].split('"')[0]))
    assert left_out <= markers
    assert left_out - run == set()
