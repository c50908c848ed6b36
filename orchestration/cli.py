"""The command line: what can be asked for; the work is in orchestration/commands/.

Only typer is imported here, so that `leadline --help` answers at once.
Exit codes: 0 done, 1 a check failed, 2 usage or configuration, 3 no data, 4 stale, 5 not published,
6 sync incomplete, 75 another run holds the lock, 130 interrupted.
"""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestration.process import run_command

app = typer.Typer(
    name="leadline",
    help="Release-management numbers you can defend, from the systems you already run.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Output(StrEnum):
    """How `leadline sql` writes its rows."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


class EstateSize(StrEnum):
    """The estates that the generator writes."""

    S = "S"
    M = "M"


Config = Annotated[
    Path | None, typer.Option("--config", help="Settings file (default: leadline.yml).")
]
FullRefresh = Annotated[
    bool, typer.Option("--full-refresh", help="Build everything again from the raw pages.")
]
SourceNames = Annotated[
    list[str] | None, typer.Option("--source", help="Read only this source; may be repeated.")
]


@app.command()
def demo(
    dashboard: Annotated[bool, typer.Option(help="Open the dashboard at the end.")] = True,
    port: Annotated[
        int | None, typer.Option(help="Port of the dashboard.", min=1, max=65535)
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the sample company.")] = False,
) -> None:
    """Read, build and show the sample company."""
    from orchestration.commands import demo as command

    command.remove() if remove else command.demo(opens_dashboard=dashboard, port=port)


@app.command()
def init(
    config: Config = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
) -> None:
    """Write a commented leadline.yml to start from."""
    from orchestration.commands import configure as command

    command.init(file=config, force=force)


@app.command()
def run(
    config: Config = None,
    git: Annotated[
        Path | None, typer.Option("--git", help="Read this repository; needs no settings file.")
    ] = None,
    tag_pattern: Annotated[
        str | None, typer.Option("--tag-pattern", help="Which whole tag names are releases.")
    ] = None,
    source: SourceNames = None,
    full_refresh: FullRefresh = False,
) -> None:
    """Read every source, build, audit and publish."""
    from orchestration.commands import refresh as command

    command.run(
        config=config,
        git=git,
        tag_pattern=tag_pattern,
        only=source or [],
        full_refresh=full_refresh,
    )


@app.command()
def sync(config: Config = None, source: SourceNames = None) -> None:
    """Read the sources into the lake, and build nothing."""
    from orchestration.commands import refresh as command

    command.sync(config=config, only=source or [])


@app.command()
def build(
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="Build what was known at this instant; shown to nobody."),
    ] = None,
    full_refresh: FullRefresh = False,
) -> None:
    """Build from the lake, audit and publish; reads no source."""
    from orchestration.commands import refresh as command

    command.build(as_of=_instant(as_of), full_refresh=full_refresh)


@app.command()
def publish(
    to: Annotated[
        str | None, typer.Option("--to", help="Make this earlier build current again.")
    ] = None,
) -> None:
    """Audit and publish the finished build, or go back to an earlier one."""
    from orchestration.commands import refresh as command

    command.publish(to=to)


@app.command()
def dashboard(
    port: Annotated[int | None, typer.Option(help="Port on 127.0.0.1.", min=1, max=65535)] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
) -> None:
    """Show the published numbers in a browser."""
    from orchestration.commands import dashboard as command

    command.dashboard(port=port, opens_browser=browser)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="A query; `-` reads it from standard input.")],
    output: Annotated[
        Output, typer.Option("--format", "-f", help="How the rows are written.")
    ] = Output.TABLE,
    to: Annotated[Path | None, typer.Option("--out", "-o", help="Write to this file.")] = None,
    limit: Annotated[int, typer.Option(help="Most rows to show in a table.", min=1)] = 100,
    build_id: Annotated[
        str | None, typer.Option("--build", help="Ask this build, not the current one.")
    ] = None,
) -> None:
    """Ask the published build; nothing can be changed."""
    from orchestration.commands import sql as command

    command.sql(query, output=output.value, file=to, limit=limit, build_id=build_id)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def dagster(context: typer.Context) -> None:
    """Serve Dagster's view of the same steps on this machine: history, checks, schedule."""
    from orchestration.commands import dagster as command

    command.dagster(context.args)


@app.command()
def doctor(config: Config = None) -> None:
    """Check this installation, its settings and its data; each finding says how to mend it."""
    from orchestration.commands import doctor as command

    raise typer.Exit(command.doctor(file=config))


bench = typer.Typer(help="Measure how well Leadline does what it says.", no_args_is_help=True)
app.add_typer(bench, name="bench")


@bench.command("statistics")
def bench_statistics(
    to: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write here (default: transforms/simulations.md)."),
    ] = None,
) -> None:
    """Simulate how often intervals hold the truth and change points are false; takes a minute."""
    from orchestration.commands import bench as command

    command.statistics(file=to)


@app.command(hidden=True)
def estate(
    size: Annotated[EstateSize, typer.Argument(help="S: 20 services; M: 500 services.")],
) -> None:
    """Write a generated estate into the lake, for measurements."""
    from orchestration.commands import estate as command

    command.estate(size=size.value)


def _instant(text: str | None) -> datetime | None:
    """Return an ISO 8601 instant; without a zone it is UTC."""
    if text is None:
        return None
    from datetime import UTC

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no instant; write it as 2026-09-30T00:00Z", param_hint="--as-of"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def main() -> None:
    """Run one command; an expected error is one sentence and an exit code, not a traceback."""
    run_command(lambda: app(standalone_mode=False))


if __name__ == "__main__":
    main()
