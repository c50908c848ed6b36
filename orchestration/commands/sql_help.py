"""What `leadline sql` tells of itself: tables, example queries, the place of the file."""

from orchestration.builds import WAREHOUSE
from orchestration.commands.sql import asked_build
from orchestration.commands.terminal import out, say, show_table
from orchestration.errors import ConfigurationError
from transforms.examples import examples

TABLES = """
select table_name, row_count as rows, description from schema_tables order by table_name
"""
ALL_TABLES = 1000


def show_path(build_id: str | None) -> None:
    """Write the place of the published file, with links resolved. Errors: NothingToRead."""
    out.file.write(f"{(asked_build(build_id) / WAREHOUSE).resolve()}\n")


def show_examples() -> None:
    """List the example queries by topic."""
    rows = [(one.name, one.question, one.asked_by, one.topic) for one in examples()]
    show_table(["name", "question", "asked by", "topic"], rows)
    say("Run one with `leadline sql --example NAME`; the files are in transforms/queries/.")


def example_query(name: str) -> str:
    """Return the text of an example. Errors: ConfigurationError for a name that is not there."""
    found = [one.sql for one in examples() if one.name == name]
    if not found:
        raise ConfigurationError(
            f"There is no example {name!r}; `leadline sql --examples` lists them."
        )
    return found[0]
