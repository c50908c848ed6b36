"""The commands bench: measure how well Leadline does what it says."""

from pathlib import Path

from orchestration.commands.terminal import say
from orchestration.versions import TRANSFORMS
from transforms.statistics.simulations.report import render_report
from transforms.statistics.simulations.settings import PUBLISHED

REPORT = TRANSFORMS / "simulations.md"


def statistics(*, file: Path | None) -> None:
    """Run the simulations and write their report."""
    target = file or REPORT
    target.write_text(render_report(PUBLISHED), encoding="utf-8")
    say(f"{target} is written.")
