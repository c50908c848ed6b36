"""The checkout as the project's own tests read it: its files and what its code names."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("connectors", "orchestration", "transforms", "dashboards", "data")


@cache
def files() -> tuple[Path, ...]:
    """Return every file that is, or is about to be, under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return tuple(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())


def texts() -> Iterator[tuple[str, str]]:
    """Yield path and content of every file that is text."""
    for file in files():
        try:
            yield str(file.relative_to(ROOT)), file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def modules(*rooms: str) -> list[Path]:
    """Return the Python files of some rooms."""
    return [
        file
        for file in files()
        if file.suffix == ".py" and file.relative_to(ROOT).parts[0] in rooms
    ]


@cache
def tree(file: Path) -> ast.Module:
    """Return a module as parsed."""
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def project() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def normal(name: str) -> str:
    """Return a package's name as registries compare it."""
    return name.lower().replace("_", "-").replace(".", "-")


def foreign_imports(module: ast.Module) -> set[str]:
    """Return the top-level names that a module imports from neither us nor the standard library."""
    names = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    tops = {
        "google.protobuf" if name.startswith("google.") else name.split(".")[0] for name in names
    }
    return tops - set(sys.stdlib_module_names) - set(ROOMS) - {"tests"}


def references(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and spelling of every dotted name (`os.environ`) and call of a module."""
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute):
            yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.lineno, f"{node.func.id}()"
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
