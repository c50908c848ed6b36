"""The command doctor: what is wrong here, and how to mend it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from rich.markup import escape

from orchestration.checks import Check, Verdict
from orchestration.checks.channels import check_channels
from orchestration.checks.data import check_data
from orchestration.checks.machine import check_machine
from orchestration.checks.settings import check_settings
from orchestration.checks.sign_in import check_sign_in
from orchestration.checks.systems import check_systems
from orchestration.commands.terminal import open_context, out, printable
from orchestration.errors import ConfigurationError
from orchestration.run import Context
from orchestration.settings import read_settings

SIGNS: dict[Verdict, str] = {
    "pass": "[green]✓[/green]",
    "warn": "[yellow]![/yellow]",
    "fail": "[red]✗[/red]",
    "no_data": "[dim]–[/dim]",
}


def doctor(*, file: Path | None, is_offline: bool = False) -> int:
    """Write every check with its remedy; return 0, 1 (something failed) or 2 (the settings)."""
    context = open_context()
    checks = []
    settings_file = file or context.environment.config
    for check in run_checks(context, file=settings_file, is_offline=is_offline):
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


def run_checks(context: Context, *, file: Path, is_offline: bool = False) -> Iterator[Check]:
    """Yield every check: the machine, the settings, the systems they name, the data."""
    yield from check_machine(context)
    yield from check_settings(context, file=file)
    yield from check_sign_in(context, settings_file=file, is_offline=is_offline)
    if not is_offline and file.exists():
        with contextlib.suppress(ConfigurationError):
            yield from check_systems(context, read_settings(file))
    if file.exists():
        with contextlib.suppress(ConfigurationError):
            yield from check_channels(context, read_settings(file), is_offline=is_offline)
    yield from check_data(context)
