"""The report of the simulations: it belongs to this code, and a smaller run stays within bounds."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.checkout import ROOT
from transforms.statistics.simulations.changes import PROCESSES, detection, false_alarms
from transforms.statistics.simulations.coverage import (
    LAWS,
    bootstrap_coverage,
    median_coverage,
    rate_coverage,
    survival_coverage,
)
from transforms.statistics.simulations.report import render_header
from transforms.statistics.simulations.settings import PUBLISHED, Settings, generator

REPORT = (ROOT / "transforms" / "simulations.md").read_text(encoding="utf-8")
SMALL = replace(PUBLISHED, samples=3000, bootstrap_samples=50, resamples=100, series=600)


def test_the_committed_report_was_written_by_this_code_and_these_settings() -> None:
    assert REPORT.startswith(render_header(PUBLISHED))


def test_the_report_keeps_its_promises() -> None:
    worst = re.search(r"^Worst cell ([\d.]+)\.$", REPORT, re.MULTILINE)
    assert worst is not None
    assert float(worst.group(1)) <= 5.0
    means = [float(mean) for mean in re.findall(r"^Mean ([\d.]+),", REPORT, re.MULTILINE)]
    assert len(means) == 3
    assert all(93.0 <= mean <= 97.0 for mean in means)
    for near, cells in re.findall(r"(\d+) of (\d+) cells within 93 and 97", REPORT):
        assert int(near) >= 0.8 * int(cells)


def test_cells_of_the_committed_report_come_out_again() -> None:
    law = LAWS[1]
    cell = f"{100 * median_coverage(PUBLISHED, law, 20):.1f}"
    assert f"| {law.name} | 20 | {cell} |" in REPORT
    rates = [f"{100 * rate_coverage(40, rate):.1f}" for rate in (0.02, 0.05)]
    assert f"| 40 | {' | '.join(rates)} |" in REPORT


def test_every_cell_has_a_chance_of_its_own_that_only_its_name_decides() -> None:
    first, again, other = (
        generator(Settings(), "a", number).random(3).tolist() for number in (1, 1, 2)
    )
    assert first == again != other


@pytest.mark.slow
def test_a_smaller_simulation_of_intervals_stays_within_93_and_97_percent() -> None:
    ours = [median_coverage(SMALL, law, n) for law in LAWS for n in (8, 11, 16, 25, 60)]
    assert 0.94 <= float(np.mean(ours)) <= 0.96
    assert min(ours) >= 0.93
    assert max(ours) <= 0.97
    curves = [survival_coverage(SMALL, law, n, 0.3) for law in LAWS for n in (10, 25, 60)]
    assert 0.93 <= float(np.mean(curves)) <= 0.97
    percentile, accelerated = bootstrap_coverage(SMALL, LAWS[0], 8, 0.5)
    assert max(percentile, accelerated) <= 1.0


@pytest.mark.slow
def test_a_smaller_simulation_of_series_gives_few_alarms_and_finds_doublings() -> None:
    for process in PROCESSES:
        assert false_alarms(SMALL, process, 39) <= 0.06, process.name
    found = {process.name: detection(SMALL, process, 26) for process in PROCESSES}
    assert found["Poisson, 20 a week"].found >= 0.99
    assert found["binomial, 10 % of 30"].found >= 0.85
    assert found["lognormal times, sigma 0.4"].held >= 0.9


@pytest.mark.slow
def test_the_command_writes_the_committed_report_again(tmp_path: Path) -> None:
    from orchestration.commands.bench import statistics

    statistics(file=tmp_path / "report.md")
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == REPORT
