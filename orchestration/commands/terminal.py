"""Show a run on the terminal: a line a step while it goes on, a tick when it is done."""

import contextlib
import time
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from orchestration.run import Context, system_clock
from orchestration.settings import read_environment
from orchestration.steps import Tell
from transforms.home import resolve_home

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
READABLE_WIDTH = 12


class TerminalSteps:
    """Shows each step with a spinner, its detail and the time it took."""

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[Tell]:
        """Show a step while the body runs; without a terminal only its end is written."""
        began = time.monotonic()
        last = ""
        progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TextColumn("[dim]{task.fields[detail]}[/dim]"),
            TimeElapsedColumn(),
            console=err,
            transient=True,
            disable=not err.is_terminal,
        )
        with progress:
            task = progress.add_task(title, total=None, detail="")

            def tell(detail: str) -> None:
                nonlocal last
                last = printable(detail)
                progress.update(task, detail=escape(last))

            yield tell
        seconds = time.monotonic() - began
        err.print(f"[green]✓[/green] {title} [dim]{escape(last)}[/dim] {seconds:.1f} s")


def open_context() -> Context:
    """Return the context of a command: the folder, the environment, the clock, this terminal."""
    return Context(
        home=resolve_home(),
        environment=read_environment(),
        clock=system_clock,
        steps=TerminalSteps(),
    )


def say(sentence: str) -> None:
    """Write one line for the reader; nothing in it is markup."""
    err.print(escape(printable(sentence)), soft_wrap=True)


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write rows as a table to standard output; their text is shown literally.

    A table whose columns would become too narrow to read is written row by row instead.
    """
    cells = [[printable("" if cell is None else str(cell)) for cell in row] for row in rows]
    needed = [
        min(READABLE_WIDTH, max(map(cell_len, column)))
        for column in zip(*[columns, *cells], strict=True)
    ]
    if sum(needed) + 3 * len(needed) + 1 > out.width:
        _show_blocks(columns, cells)
        return
    table = Table(*[escape(column) for column in columns], header_style="bold")
    for row in cells:
        table.add_row(*[escape(cell) for cell in row])
    out.print(table)


def _show_blocks(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write each row as lines of `column: value`, with an empty line between rows."""
    if not rows:
        out.print(escape(f"No rows; columns: {', '.join(columns)}"), soft_wrap=True)
    for at, row in enumerate(rows):
        if at:
            out.print()
        for column, cell in zip(columns, row, strict=True):
            out.print(f"[bold]{escape(column)}:[/bold] {escape(cell)}".rstrip(), soft_wrap=True)


def printable(text: str) -> str:
    """Return text from outside with control and direction characters written as escapes."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
