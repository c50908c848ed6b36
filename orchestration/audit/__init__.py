"""Audit the work file: expectations are data (one YAML a table), results are a table.

A failing `block` expectation keeps a build from being published, a failing `warn` is shown on
Data health. An expectation that cannot be evaluated blocks, whatever its severity.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, Literal

import yaml

from orchestration.errors import AuditBlocked, ConfigurationError
from orchestration.warehouse import PUBLISHED_SCHEMA, tables, warehouse

SUITES = Path(__file__).parent
Severity = Literal["block", "warn"]


MEANING = {
    "suite": "Suite that the expectation belongs to: a table or a topic.",
    "expectation": "What is expected, as great-expectations calls it.",
    "table_name": "Table that was looked at.",
    "column_name": "Column, where it is about one.",
    "severity": "block keeps a build from being published, warn is shown.",
    "is_success": "The expectation was met.",
    "observed": "What was found.",
    "expected": "What was expected.",
    "unexpected_count": "Rows that did not meet it.",
    "sql": "Query that shows what was found.",
}


@dataclass(frozen=True)
class Expectation:
    """One expectation: the great-expectations type, its arguments, and what a failure does."""

    type: str
    severity: Severity
    arguments: dict[str, Any]
    meaning: str = ""


@dataclass(frozen=True)
class Suite:
    """All expectations on one table, or on the union of all that `tables_query` names."""

    name: str
    table: str
    expectations: tuple[Expectation, ...]
    tables_query: str = ""


@dataclass(frozen=True)
class AuditResult:
    """One row of v1.audit_results."""

    suite: str
    expectation: str
    table_name: str
    column_name: str | None
    severity: Severity
    is_success: bool
    observed: str
    expected: str
    unexpected_count: int | None
    sql: str

    @property
    def is_blocking(self) -> bool:
        """Whether this result keeps the build from being published."""
        return self.severity == "block" and not self.is_success


def read_suites(folder: Path = SUITES) -> list[Suite]:
    """Return every suite of a folder, one file each, in the order of their names.

    Errors: ConfigurationError naming the file that is not a suite.
    """
    return [_read_suite(path) for path in sorted(folder.glob("*.yml"))]


def run_audit(file: Path, *, suites: Sequence[Suite] | None = None) -> list[AuditResult]:
    """Evaluate every expectation as SQL in the file, read-only, and return one result each."""
    from orchestration.audit.engine import evaluate

    return evaluate(file, suites=read_suites() if suites is None else suites)


def count_results(results: Sequence[AuditResult]) -> dict[str, int]:
    """Return how many expectations passed, warned and blocked."""
    passed = sum(result.is_success for result in results)
    blocked = sum(result.is_blocking for result in results)
    return {
        "passed": passed,
        "warned": len(results) - passed - blocked,
        "blocked": blocked,
    }


def store_results(file: Path, results: Sequence[AuditResult]) -> None:
    """Replace v1.audit_results in the work file by these results."""
    columns = ", ".join(
        f"{field.name} {_SQL_TYPES[str(field.type)]}" for field in fields(AuditResult)
    )
    marks = ", ".join("?" for _ in fields(AuditResult))
    with warehouse(file, read_only=False) as connection:
        connection.execute(f"create schema if not exists {PUBLISHED_SCHEMA}")
        connection.execute(f"create or replace table {PUBLISHED_SCHEMA}.audit_results ({columns})")
        connection.execute(
            f"comment on table {PUBLISHED_SCHEMA}.audit_results is "
            "'One row per expectation and table: what the audit of this build found.'"
        )
        for name, words in MEANING.items():
            connection.execute(
                f"comment on column {PUBLISHED_SCHEMA}.audit_results.{name} is '{words}'"
            )
        if results:
            connection.executemany(
                f"insert into {PUBLISHED_SCHEMA}.audit_results values ({marks})",
                [list(astuple(result)) for result in results],
            )


def read_results(file: Path) -> list[AuditResult]:
    """Return the results stored in a work file; none when it has not been audited."""
    with warehouse(file) as connection:
        if "audit_results" not in tables(connection):
            return []
        names = ", ".join(field.name for field in fields(AuditResult))
        rows = connection.execute(
            f"select {names} from {PUBLISHED_SCHEMA}.audit_results"
        ).fetchall()
    return [AuditResult(*row) for row in rows]


def require_no_block(results: Sequence[AuditResult]) -> None:
    """Refuse results among which a blocking expectation failed, naming the first ones.

    Errors: AuditBlocked; also when there is no result at all.
    """
    blocked = [result for result in results if result.is_blocking]
    if blocked:
        told = "; ".join(
            f"{one.table_name}: {one.expected} ({one.observed})" for one in blocked[:3]
        )
        raise AuditBlocked(
            f"{len(blocked)} check(s) kept the build from being published: {told}; correct the "
            "cause and run `leadline build`."
        )
    if not results:
        raise AuditBlocked("The build was not audited and is not published; run `leadline build`.")


_SQL_TYPES = {
    "<class 'str'>": "varchar",
    "str | None": "varchar",
    "typing.Literal['block', 'warn']": "varchar",
    "<class 'bool'>": "boolean",
    "int | None": "bigint",
}


def _read_suite(path: Path) -> Suite:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Suite(
            name=path.stem,
            table=str(content.get("table", "")),
            tables_query=str(content.get("tables_query", "")),
            expectations=tuple(_read_expectation(dict(one)) for one in content["expectations"]),
        )
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as exc:
        raise ConfigurationError(f"{path.name} is not an audit suite ({exc}); correct it.") from exc


def _read_expectation(entry: dict[str, Any]) -> Expectation:
    severity = entry.pop("severity")
    if severity not in ("block", "warn"):
        raise ValueError(f"severity {severity!r} is neither block nor warn")
    return Expectation(
        type=str(entry.pop("expect")),
        severity=severity,
        meaning=str(entry.pop("meaning", "")),
        arguments=entry,
    )
