"""Run dbt in this process and leave no connection open behind it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from orchestration.errors import AuditBlocked, BuildFailed
from orchestration.versions import TRANSFORMS

# What dbt keeps of a parse in its target folder, and compares with the files the next time.
PARSED = "partial_parse.msgpack"
_FAILED = frozenset({"error", "fail", "runtime error"})


class _EventInfo(Protocol):
    name: str


class DbtEvent(Protocol):
    """One of dbt's log events: a protobuf message."""

    info: _EventInfo


DbtCallback = Callable[[DbtEvent], None]


class _Node(Protocol):
    """What dbt tells about a node; the rest depends on its type."""

    unique_id: str
    name: str
    resource_type: str
    config: object


class _Result(Protocol):
    """What dbt tells about a node that it has run."""

    node: _Node
    status: str
    message: str | None
    execution_time: float | None
    failures: int | None


@dataclass(frozen=True)
class Outcome:
    """What one dbt node ended with: a model, seed, test or unit test."""

    unique_id: str
    name: str
    resource_type: str
    status: str
    message: str
    seconds: float
    severity: str = "error"
    failures: int | None = None
    tested: str = ""
    column: str | None = None
    sql: str = ""
    unique_key: tuple[str, ...] = ()

    @property
    def is_failed(self) -> bool:
        """Whether this node kept dbt from succeeding."""
        return self.status in _FAILED

    @property
    def is_test(self) -> bool:
        """Whether this node checks rows rather than making them."""
        return self.resource_type in ("test", "unit_test")


def run_dbt(
    command: str,
    *,
    target: Path,
    project: Path = TRANSFORMS,
    arguments: Sequence[str] = (),
    callback: DbtCallback | None = None,
) -> list[Outcome]:
    """Run one dbt command and return what became of each node; does not judge failed nodes.

    Errors: BuildFailed when dbt itself could not do its work (parsing, compiling, connecting).
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    callbacks: list[Any] = [callback] if callback else []
    runner = dbtRunner(callbacks=callbacks)
    try:
        result = runner.invoke(_command_line(command, target, project, arguments))
    finally:
        environment = DuckDBConnectionManager._ENV
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        if environment is not None:
            environment.close()
    if result.exception is not None:
        raise BuildFailed(f"dbt {command} failed: {_one_line(str(result.exception))}")
    return [_outcome(one) for one in getattr(result.result, "results", None) or []]


def require_success(outcomes: Sequence[Outcome]) -> None:
    """Refuse outcomes in which a model or a test failed, naming them.

    Errors: BuildFailed for models and seeds, AuditBlocked when only tests failed.
    """
    failed = [one for one in outcomes if one.is_failed]
    broken = [one for one in failed if not one.is_test]
    if broken:
        names = ", ".join(one.name for one in broken[:5])
        raise BuildFailed(
            f"{len(broken)} model(s) failed: {names} ({_reason(broken[0].message)}); "
            "correct them and run `leadline build`."
        )
    if failed:
        names = ", ".join(f"{one.name} ({one.failures or 'error'})" for one in failed[:5])
        raise AuditBlocked(
            f"{len(failed)} test(s) failed, nothing was published: {names}; "
            f"{_reason(failed[0].message)}; correct the cause and run `leadline build`."
        )
    if not any(not one.is_test for one in outcomes):
        raise BuildFailed("dbt ran no model at all; check that transforms/ is complete.")


def _command_line(command: str, target: Path, project: Path, arguments: Sequence[str]) -> list[str]:
    line = [
        command,
        *arguments,
        "--quiet",
        "--log-level",
        "none",
        "--log-level-file",
        "none",
    ]
    line += ["--no-use-colors", "--no-version-check", "--no-send-anonymous-usage-stats"]
    line += ["--project-dir", str(project), "--profiles-dir", str(project)]
    line += ["--target-path", str(target), "--log-path", str(target / "logs")]
    # Some models read every model of a folder; while dbt parses, they cannot ask for the names.
    line += ["--vars", json.dumps(_names_by_folder(project / "models"))]
    if command == "parse":
        return line
    # Nothing reads dbt's account of a run; writing it takes seconds.
    return [*line, "--threads", "1", "--no-write-json"]


def _names_by_folder(models: Path) -> dict[str, list[str]]:
    """Return the names of metrics, controls, staging models, and of each intermediate folder."""
    folders = [
        models / "metrics",
        models / "controls",
        *sorted((models / "intermediate").glob("*/")),
    ]
    names = {folder.name: sorted(file.stem for file in folder.glob("*.sql")) for folder in folders}
    return names | {"staging": sorted(file.stem for file in (models / "staging").glob("*/*.sql"))}


def _outcome(result: _Result) -> Outcome:
    node = result.node
    config = node.config
    return Outcome(
        unique_id=str(node.unique_id),
        name=str(node.name),
        resource_type=str(node.resource_type),
        status=str(result.status),
        message=str(result.message or ""),
        seconds=float(result.execution_time or 0),
        severity=str(getattr(config, "severity", None) or "error").lower(),
        failures=result.failures,
        tested=_tested(node),
        column=getattr(node, "column_name", None),
        sql=str(getattr(node, "compiled_code", None) or "").strip(),
        unique_key=_unique_key(node),
    )


def _unique_key(node: _Node) -> tuple[str, ...]:
    """Return the columns by which a table that was made now has been found to name one row each."""
    is_table = node.resource_type == "model"
    key = getattr(node.config, "unique_key", None) if is_table else None
    return (key,) if isinstance(key, str) else tuple(key or ())


def _tested(node: _Node) -> str:
    attached = getattr(node, "attached_node", None) or getattr(node, "tested_node_unique_id", None)
    if attached:
        return str(attached).rsplit(".", maxsplit=1)[-1]
    depends = getattr(getattr(node, "depends_on", None), "nodes", None) or [""]
    return str(depends[0]).rsplit(".", maxsplit=1)[-1]


def _one_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines)[:400].rstrip(".")


def _reason(message: str) -> str:
    """Return dbt's message without its first line, which only repeats the node."""
    lines = message.splitlines()
    rest = "\n".join(lines[1:] if len(lines) > 1 and " Error in " in lines[0] else lines)
    return _one_line(rest)
