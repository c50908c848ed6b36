"""Evaluate expectations with great-expectations, pushed down as SQL; the only place that knows it.

great-expectations 1.24 fetches results after it has closed the connection, and DuckDB then has
none left. Giving DuckDB the persisted connection that SQLite gets makes the results true; a test
in which an expectation must fail guards it.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import great_expectations as gx
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.execution_engine import sqlalchemy_execution_engine
from great_expectations.expectations.expectation_configuration import (
    ExpectationConfiguration,
)

from orchestration.audit import AuditResult, Expectation, Suite
from orchestration.warehouse import PUBLISHED_SCHEMA, quoted, tables, views, warehouse

_ROWS_QUERY = "unexpected_rows_expectation"


class _Source(Protocol):
    """A great-expectations SQL data source, as far as it is used."""

    def add_query_asset(self, name: str, query: str) -> Any: ...


class _Outcome(Protocol):
    """The result of one expectation, as far as it is used."""

    success: bool | None
    result: dict[str, Any] | None
    exception_info: dict[str, Any] | None


class _Dialect(str):
    """A dialect name in the shape in which great-expectations lists them."""

    @property
    def value(self) -> str:
        return str(self)


def evaluate(file: Path, *, suites: Sequence[Suite]) -> list[AuditResult]:
    """Return the result of every expectation of every suite on the given file."""
    _keep_connection()
    _silence()
    targets = _targets(file, suites)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    sources: Any = context.data_sources
    source = sources.add_sql(
        "work",
        connection_string=f"duckdb:///{file}",
        kwargs={"connect_args": {"read_only": True}},
    )
    try:
        return [
            result
            for target in targets
            for result in (_check(source, target) if target.query else _missing(target))
        ]
    finally:
        engine = source.get_execution_engine()
        if engine._connection:
            engine._connection.close()
        engine.engine.dispose()
        source.get_engine().dispose()


def _keep_connection() -> None:
    module: Any = sqlalchemy_execution_engine
    known = module._PERSISTED_CONNECTION_DIALECTS
    if not any(dialect.value == "duckdb" for dialect in known):
        module._PERSISTED_CONNECTION_DIALECTS = (*known, _Dialect("duckdb"))


def _silence() -> None:
    """Its modules set their own log levels; every result is in the table anyway."""
    logger = logging.getLogger("great_expectations")
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


@dataclass(frozen=True)
class _Target:
    """What a suite is about; `query` is empty where its tables are missing."""

    suite: Suite
    name: str
    query: str


def _targets(file: Path, suites: Sequence[Suite]) -> list[_Target]:
    """Say which rows each suite is about, and whether they are there."""
    with warehouse(file) as connection:
        known = {*tables(connection), *views(connection)}
        found = []
        for suite in suites:
            names = [suite.table]
            if suite.tables_query:
                names = [str(row[0]) for row in connection.execute(suite.tables_query).fetchall()]
            is_there = bool(names) and set(names) <= known
            query = " union all by name ".join(
                f"select * from {PUBLISHED_SCHEMA}.{quoted(name)}" for name in names
            )
            found.append(_Target(suite, suite.table or suite.name, query if is_there else ""))
    return found


def _check(source: _Source, target: _Target) -> Iterator[AuditResult]:
    suite = target.suite
    asset = source.add_query_asset(suite.name, query=target.query)
    batch = asset.add_batch_definition_whole_table("all").get_batch()
    expectations = [
        ExpectationConfiguration(
            type=one.type, kwargs=one.arguments, meta={"place": place}
        ).to_domain_obj()
        for place, one in enumerate(suite.expectations)
    ]
    outcome = batch.validate(gx.ExpectationSuite(name=suite.name, expectations=expectations))
    ordered = sorted(outcome.results, key=lambda one: int(one.expectation_config.meta["place"]))
    if len(ordered) != len(suite.expectations):
        raise RuntimeError(
            f"{suite.name}: {len(ordered)} results, {len(suite.expectations)} expected"
        )
    for one, expectation in zip(ordered, suite.expectations, strict=True):
        yield _result(target, expectation, one)


def _result(target: _Target, expectation: Expectation, outcome: _Outcome) -> AuditResult:
    found: dict[str, Any] = outcome.result or {}
    problem = None if found else _problem(outcome.exception_info)
    unexpected = found.get("unexpected_count")
    if expectation.type == _ROWS_QUERY and "observed_value" in found:
        unexpected = found["observed_value"]
    observed = problem or _observed(found, unexpected)
    return AuditResult(
        suite=target.suite.name,
        expectation=expectation.type,
        table_name=target.name,
        column_name=_column(expectation),
        severity="block" if problem else expectation.severity,
        is_success=bool(outcome.success) and not problem,
        observed=observed,
        expected=expectation.meaning or _expected(expectation),
        unexpected_count=None if unexpected is None else int(unexpected),
        sql=_sql(target, expectation),
    )


def _missing(target: _Target) -> Iterator[AuditResult]:
    yield AuditResult(
        suite=target.suite.name,
        expectation="expect_table_to_exist",
        table_name=target.name,
        column_name=None,
        severity="block",
        is_success=False,
        observed="the table is missing",
        expected="the table exists",
        unexpected_count=None,
        sql=target.suite.tables_query or f"select * from {PUBLISHED_SCHEMA}.{quoted(target.name)}",
    )


def _problem(information: dict[str, Any] | None) -> str:
    """Return the first line of the reason why an expectation could not be evaluated."""
    entries = information or {}
    nested = [entry for entry in entries.values() if isinstance(entry, dict)] or [entries]
    texts = [str(entry.get("exception_message") or "").strip() for entry in nested]
    text = next((text for text in texts if text), "no result")
    return f"could not be evaluated: {text.splitlines()[0][:300]}"


def _observed(found: dict[str, Any], unexpected: int | None) -> str:
    if unexpected is not None:
        total = found.get("element_count")
        return f"{unexpected} of {total} rows" if total is not None else f"{unexpected} rows"
    return str(found.get("observed_value", ""))


def _column(expectation: Expectation) -> str | None:
    arguments = expectation.arguments
    names = arguments.get("column_list") or [
        arguments[name] for name in ("column", "column_A", "column_B") if name in arguments
    ]
    return ", ".join(str(name) for name in names) or None


def _expected(expectation: Expectation) -> str:
    left_out = (
        "column",
        "column_list",
        "column_A",
        "column_B",
        "unexpected_rows_query",
    )
    rest = {name: value for name, value in expectation.arguments.items() if name not in left_out}
    words = expectation.type.removeprefix("expect_").replace("_", " ")
    return f"{words} {json.dumps(rest, default=str)}" if rest else words


def _sql(target: _Target, expectation: Expectation) -> str:
    """Return a query that an analyst can run in the published file to see the rows meant."""
    arguments = expectation.arguments
    source = f"({target.query})"
    if target.suite.table:
        source = f"{PUBLISHED_SCHEMA}.{target.suite.table}"
    column = quoted(str(arguments.get("column", "")))
    listed = ", ".join(
        quoted(str(name)) for name in arguments.get("column_list", [arguments.get("column")])
    )
    if expectation.type == _ROWS_QUERY:
        return str(arguments["unexpected_rows_query"]).replace("{batch}", source).strip()
    if expectation.type.endswith("_to_be_unique"):
        return f"select {listed}, count(*) from {source} group by all having count(*) > 1"
    if expectation.type == "expect_column_values_to_not_be_null":
        return f"select * from {source} where {column} is null"
    if expectation.type == "expect_column_values_to_be_in_set":
        values = ", ".join(
            "'" + str(one).replace("'", "''") + "'" for one in arguments["value_set"]
        )
        return f"select * from {source} where {column} not in ({values})"
    if expectation.type == "expect_column_values_to_be_between":
        low, high = arguments.get("min_value"), arguments.get("max_value")
        limits = [f"{column} < {low}"] * (low is not None) + [f"{column} > {high}"] * (
            high is not None
        )
        return f"select * from {source} where {' or '.join(limits)}"
    return f"select count(*) from {source}"
