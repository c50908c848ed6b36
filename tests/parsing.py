"""Let builds of one test process share what dbt found out: models are equal, folders are not."""

import contextlib
import functools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from orchestration.dbt import PARSED
from orchestration.versions import TRANSFORMS, staging_version
from orchestration.warehouse import warehouse
from transforms.home import Home

_RENDERED = (
    "compiled", "compiled_code", "extra_ctes", "extra_ctes_injected", "_pre_injected_sql",
    "relation_name",
)  # fmt: skip
_kept = Path(tempfile.mkdtemp(prefix="leadline-parsed-"))


@contextlib.contextmanager
def shared_parse(home: Home) -> Iterator[None]:
    """Give a home that was never built what an earlier build of this process parsed.

    dbt itself compares every file of the project with what was parsed; only that the profile names
    another folder, which no model's meaning depends on, does not count here.
    """
    _ignore_the_folder()
    _write_no_compiled_sql()
    _bind_macros_quickly()
    _compile_templates_once()
    _render_models_once()
    target = home.work / "dbt" / PARSED
    kept = _kept / PARSED
    if kept.exists() and not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(kept, target)
    yield
    if target.exists():
        shutil.copyfile(target, kept)


def _ignore_the_folder() -> None:
    from dbt.artifacts.resources.base import FileHash
    from dbt.parser.manifest import ManifestLoader

    known = ManifestLoader.build_manifest_state_check
    if getattr(known, "ignores_the_folder", False):
        return

    def without_the_folder(self):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        check = known(self)  # type: ignore[no-untyped-call]
        check.profile_hash = FileHash.from_contents("any folder")
        return check

    without_the_folder.ignores_the_folder = True  # type: ignore[attr-defined]
    ManifestLoader.build_manifest_state_check = without_the_folder  # type: ignore[method-assign]


def _write_no_compiled_sql() -> None:
    """Leave out a thousand small files that nothing reads: outcomes carry their SQL."""
    from dbt.contracts.graph.nodes import ParsedNode

    ParsedNode.write_node = lambda *_: None  # type: ignore[method-assign]


def _bind_macros_quickly() -> None:
    """Set the four fields of a macro in one step: each node binds 700 macros."""
    from dbt.clients.jinja import MacroGenerator

    def bind(self, macro, context=None, node=None, stack=None) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        self.macro, self.context, self.node, self.stack = macro, context, node, stack

    MacroGenerator.__init__ = bind  # type: ignore[method-assign]


def _compile_templates_once() -> None:
    """Turn the text of a model or macro into code once; every build renders the same ones."""
    from dbt_common.clients.jinja import MacroFuzzEnvironment

    compiled = MacroFuzzEnvironment.compile
    if getattr(compiled, "remembers", False):
        return
    known: dict[tuple[object, ...], object] = {}

    @functools.wraps(compiled)
    def compile_once(self, source, name=None, filename=None, *more, **options):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN003, ANN202
        if more or options or not isinstance(source, str):
            return compiled(self, source, name, filename, *more, **options)
        key = (type(self), tuple(sorted(self.extensions)), source, name, filename)
        if key not in known:
            known[key] = compiled(self, source, name, filename)
        return known[key]

    compile_once.remembers = True  # type: ignore[attr-defined]
    MacroFuzzEnvironment.compile = compile_once  # type: ignore[method-assign]


def _render_models_once() -> None:
    """Give a model or test the SQL that its text became in an earlier build of this process.

    What a model is rendered to depends on the project alone, so that holds where the project is
    the product's own; not for the one model that asks the database while it is rendered.
    """
    from dbt.compilation import Compiler

    render = Compiler.compile_node
    if getattr(render, "remembers", False):
        return
    known: dict[str, dict[str, object]] = {}

    @functools.wraps(render)
    def render_once(self, node, manifest, *more, **options):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN003, ANN202
        is_told_by_the_project = (
            node.resource_type in ("model", "test")
            and Path(self.config.project_root) == TRANSFORMS
            and "run_query" not in node.raw_code
        )
        if not is_told_by_the_project:
            return render(self, node, manifest, *more, **options)
        if node.unique_id in known:
            vars(node).update(known[node.unique_id])
            return node
        rendered = render(self, node, manifest, *more, **options)
        known[node.unique_id] = {name: vars(rendered)[name] for name in _RENDERED}
        return rendered

    render_once.remembers = True  # type: ignore[attr-defined]
    Compiler.compile_node = render_once  # type: ignore[method-assign]


@contextlib.contextmanager
def shared_staging(home: Home, key_id: str) -> Iterator[None]:
    """Give a home that was never built the empty tables of the streams that nobody reads.

    They are what an earlier build of this process made; which of them are read here is asked anew.
    """
    kept = _kept / "unread.duckdb"
    is_new = not home.staging_file.exists()
    if kept.exists() and is_new:
        home.work.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(kept, home.staging_file)
        version = f"{staging_version()} {key_id}"
        (home.work / "staging_version").write_text(version, encoding="utf-8")
    yield
    if is_new:
        _keep_empty_tables(home.staging_file, kept)


def _keep_empty_tables(made: Path, kept: Path) -> None:
    aside = kept.with_stem("unread_anew")
    shutil.copyfile(made, aside)
    with warehouse(aside, read_only=False) as connection:
        tables = {name for (name,) in connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'staging'"
        ).fetchall()}  # fmt: skip
        staged = {name for name in tables if name.startswith("stg_")}
        filled = {
            name for name in staged if connection.table(f"staging.{name}").limit(1).fetchall()
        }
        for name in filled | (tables - staged - {"staged_models"}):
            connection.execute(f"drop table staging.{name}")
        connection.execute(
            "delete from staging.staged_models where not list_contains(?, model)",
            [sorted(staged - filled)],
        )
        count = len(staged - filled)
    known = 0
    if kept.exists():
        with warehouse(kept) as connection:
            row = connection.execute("select count(*) from staging.staged_models").fetchone()
            known = int(row[0]) if row else 0
    if count > known:
        aside.replace(kept)
    else:
        aside.unlink()
