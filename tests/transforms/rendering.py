"""Render the text of a model onto small tables, so that its rules are tested without a build."""

from functools import cache

import duckdb
import jinja2

from tests.checkout import ROOT

TRANSFORMS = ROOT / "transforms"
MACROS = ("macros/time.sql", "macros/working_time.sql", "macros/semver.sql")


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)


def render(text: str) -> str:
    """Return SQL as dbt would render it, with tables named as their models are."""
    macros = "\n".join((TRANSFORMS / name).read_text(encoding="utf-8") for name in MACROS)
    template = _environment().from_string(macros + "\n" + text)
    return template.render(
        ref=lambda name: name,
        source=lambda _, name: name,
        config=lambda **_: "",
        control=lambda **_: "",
    )


def create_model(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make the table of a model, `facts/coverage_days`, from the tables that it reads."""
    text = (TRANSFORMS / "models" / f"{name}.sql").read_text(encoding="utf-8")
    connection.execute(f"create or replace table {name.split('/')[-1]} as {render(text)}")
