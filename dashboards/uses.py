"""Which pages read which published tables, as the code of the pages says itself."""

import ast
import importlib.util
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

# They name tables for whoever asks, so that their names say nothing of one page.
SHARED = frozenset({"dashboards.reader", "dashboards.view", "dashboards.frame"})


def pages_by_table(
    pages: tuple[ModuleType, ...], tables: frozenset[str]
) -> Mapping[str, tuple[str, ...]]:
    """Return the titles of the pages whose code, or what it imports, names each table."""
    found: dict[str, list[str]] = {}
    for page in pages:
        for name in sorted(_names(page.__name__) & tables):
            found.setdefault(name, []).append(page.TITLE)
    return {name: tuple(titles) for name, titles in found.items()}


@cache
def _names(module: str) -> frozenset[str]:
    """Return the text constants of a module and of the modules of this room that it imports."""
    seen, waiting = set[str](), [module]
    texts: set[str] = set()
    while waiting:
        name = waiting.pop()
        spec = None if name in seen else importlib.util.find_spec(name)
        seen.add(name)
        if spec is None or spec.origin is None:
            continue
        tree = ast.parse(Path(spec.origin).read_text("utf-8"))
        texts |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        waiting += [found for found in _imported(tree) if found not in SHARED]
    return frozenset(texts)


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dashboards"):
            assert node.module is not None
            if node.module == "dashboards":
                yield from (f"dashboards.{alias.name}" for alias in node.names)
            else:
                yield node.module
