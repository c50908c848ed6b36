"""The measuring commands of the command line; nothing but typer is imported before one runs."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class EstateSize(StrEnum):
    """The estates that the generator writes."""

    S = "S"
    M = "M"
    L = "L"


class EstateStream(StrEnum):
    """What an estate can be written without, to save space and time."""

    COMMITS = "commits"
    TEST_RESULTS = "test_results"


bench = typer.Typer(help="Measure how well Leadline does what it says.", no_args_is_help=True)


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


def estate(
    size: Annotated[
        EstateSize, typer.Argument(help="S: 20 services; M: 500 services; L: 5,000 services.")
    ],
    without: Annotated[
        list[EstateStream] | None,
        typer.Option("--without", help="Leave this stream out; may be repeated."),
    ] = None,
) -> None:
    """Write a generated estate into the lake, for measurements."""
    from orchestration.commands import estate as command

    command.estate(size=size.value, without=[stream.value for stream in without or []])


@bench.command("attribution")
def bench_attribution(
    to: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write here (default: transforms/attribution.md)."),
    ] = None,
    timing: Annotated[
        EstateSize | None,
        typer.Option(help="Measure how long an estate of this size takes; writes nothing."),
    ] = None,
) -> None:
    """Measure on generated estates how often the cause of an incident is found; takes a minute."""
    from orchestration.commands import bench_attribution as command

    if timing is not None:
        command.measure(timing.value)
    else:
        command.write(file=to)


@bench.command("filters")
def bench_filters(
    rounds: Annotated[int, typer.Option(help="Selections of each kind.", min=2)] = 20,
) -> None:
    """Measure how long any selection of days, teams and services takes on the published build."""
    from orchestration.commands import bench_filters as command

    command.filters(rounds=rounds)


@bench.command("graph")
def bench_graph(
    repository: Annotated[
        Path | None,
        typer.Option("--repository", help="Measure on this one (default: a generated estate)."),
    ] = None,
) -> None:
    """Count the commits a second that get their first deployment."""
    from orchestration.commands import bench_graph as command

    command.bench_graph(repository=repository)


@bench.command("ingest")
def bench_ingest(
    rows: Annotated[int, typer.Option(help="Rows of 12.8 KB, as a code host sends.", min=1000)] = (
        20_000
    ),
    compact: Annotated[int, typer.Option(help="Rows that hold only what is read.", min=1000)] = (
        500_000
    ),
) -> None:
    """Measure how fast raw pages become staged rows, and how small they are on disk."""
    from orchestration.commands import bench_ingest as command

    command.ingest(full_rows=rows, compact_rows=compact)
