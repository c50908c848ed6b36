"""Build some models from a lake, with what they need and nothing else."""

from datetime import UTC, datetime
from typing import Any

from orchestration.run import Context, build_candidate
from orchestration.settings import Environment
from orchestration.warehouse import warehouse
from transforms.home import Home

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def build_models(
    home: Home,
    *names: str,
    now: datetime = NOW,
    work: Home | None = None,
    as_of: datetime | None = None,
) -> None:
    """Build the named models, everything before them, and the tests of just these.

    A build as of an instant has work files of its own, in `work`.

    Errors: BuildFailed, AuditBlocked.
    """
    selected = [f"+{name}" for name in names]
    build_candidate(
        Context(home=home, environment=Environment(), clock=lambda: now),
        work=work,
        as_of=as_of,
        arguments=["--select", *selected, "--indirect-selection", "cautious"],
    )


def rows(home: Home, name: str, *, where: str = "true") -> list[dict[str, Any]]:
    """Return the rows of one published model of the work file, in a steady order."""
    with warehouse(home.warehouse_file) as connection:
        found = connection.execute(f"select * from v1.{name} where {where} order by all")
        columns = [column[0] for column in found.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
