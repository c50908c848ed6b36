"""The command doctor: what is wrong here, and how to mend it."""

from collections.abc import Iterator
from pathlib import Path

from rich.markup import escape

from orchestration.checks import Check, Verdict
from orchestration.checks.data import check_data
from orchestration.checks.machine import check_machine
from orchestration.checks.settings import check_settings
from orchestration.commands.terminal import open_context, out, printable
from orchestration.run import Context

SIGNS: dict[Verdict, str] = {
    "pass": "[green]✓[/green]",
    "warn": "[yellow]![/yellow]",
    "fail": "[red]✗[/red]",
    "no_data": "[dim]–[/dim]",
}


def doctor(*, file: Path | None) -> int:
    """Write every check with its remedy; return 0, 1 (something failed) or 2 (the settings)."""
    context = open_context()
    checks = []
    for check in run_checks(context, file=file or context.environment.config):
        checks.append(check)
        out.print(f"{SIGNS[check.verdict]} {check.name}: {escape(printable(check.found))}")
        if check.verdict in ("warn", "fail"):
            out.print(f"    [bold]mend:[/bold] {escape(printable(check.remedy))}")
    failed = [check for check in checks if check.verdict == "fail"]
    warned = sum(check.verdict == "warn" for check in checks)
    out.print(f"{len(checks)} checks, {len(failed)} failed, {warned} with a warning")
    if any(check.is_configuration for check in failed):
        return 2
    return 1 if failed else 0


def run_checks(context: Context, *, file: Path) -> Iterator[Check]:
    """Yield every check: the machine, the settings, the data."""
    yield from check_machine(context)
    yield from check_settings(context, file=file)
    yield from check_data(context)
