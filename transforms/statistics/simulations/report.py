"""The report of the simulations as Markdown (transforms/simulations.md)."""

from collections.abc import Iterable, Sequence

from transforms.statistics.change_points import PENALTIES, PLACE_RATIO
from transforms.statistics.simulations.changes import (
    PROCESSES,
    STATIONARY_LENGTHS,
    TREND_LENGTHS,
    WEEKS_AFTER,
    detection,
    false_alarms,
    trend_findings,
)
from transforms.statistics.simulations.coverage import (
    CENSORED,
    LAWS,
    MEDIAN_SIZES,
    RATE_UNITS,
    RATES,
    SURVIVAL_SIZES,
    bootstrap_coverage,
    median_coverage,
    rate_coverage,
    survival_coverage,
)
from transforms.statistics.simulations.settings import Settings

NEAR = (0.93, 0.97)


def render_header(settings: Settings) -> str:
    """Return the first lines: what was run with which settings and which constants of the code."""
    penalties = "; ".join(
        f"{law} {intercept:g} + {slope:g} ln n" for law, (intercept, slope) in PENALTIES.items()
    )
    return (
        "# How often the statistics are right\n\n"
        "Written by `leadline bench statistics`, the same bytes every time. "
        "Figures are percent.\n\n"
        f"- Seed {settings.seed}; {settings.samples:,} samples a cell, bootstraps "
        f"{settings.bootstrap_samples:,} samples of {settings.resamples:,} resamples, "
        f"{settings.series:,} series a cell.\n"
        f"- Penalties of change points: {penalties}; place ratio {PLACE_RATIO:g}.\n"
    )


def render_report(settings: Settings) -> str:
    """Return the whole report."""
    parts = [
        render_header(settings),
        _rates(),
        _medians(settings),
        _nine_tenths(settings),
        _survival(settings),
        _alarms(settings),
        _doublings(settings),
        _trends(settings),
    ]
    return "\n".join(parts)


def _rates() -> str:
    cells = [[rate_coverage(n, rate) for rate in RATES] for n in RATE_UNITS]
    rows = [[str(n), *map(_percent, row)] for n, row in zip(RATE_UNITS, cells, strict=True)]
    return (
        "## Rates: coverage of Wilson's 95 % interval\n\n"
        "Summed over all counts, not simulated. Counts are whole numbers, so no interval of a "
        "small n is exact.\n\n"
        + _table(["n", *(f"rate {rate:g}" for rate in RATES)], rows)
        + _summary(cell for row in cells for cell in row)
    )


def _medians(settings: Settings) -> str:
    rows: list[list[str]] = []
    cells: list[float] = []
    for law in LAWS:
        for n in MEDIAN_SIZES:
            ours = median_coverage(settings, law, n)
            others = bootstrap_coverage(settings, law, n, 0.5)
            rows.append([law.name, str(n), *map(_percent, (ours, *others))])
            cells.append(ours)
    return (
        "## Medians: coverage of 95 % intervals\n\n"
        "Ours: interpolated order statistics (Hettmansperger and Sheather 1986), as published. "
        "It needs no random numbers.\n\n"
        + _table(["law", "n", "ours", "percentile bootstrap", "BCa bootstrap"], rows)
        + _summary(cells)
    )


def _nine_tenths(settings: Settings) -> str:
    rows = [
        [law.name, str(n), *map(_percent, bootstrap_coverage(settings, law, n, 0.9))]
        for law in LAWS
        for n in (20, 50, 100)
    ]
    return (
        "## Nine tenths: coverage of bootstrap intervals of the 90th percentile\n\n"
        "Neither holds its promise on small samples, so the 90th percentile is published without "
        "one.\n\n" + _table(["law", "n", "percentile bootstrap", "BCa bootstrap"], rows)
    )


def _survival(settings: Settings) -> str:
    rows: list[list[str]] = []
    every: list[float] = []
    for law in LAWS:
        for n in SURVIVAL_SIZES:
            cells = [survival_coverage(settings, law, n, share) for share in CENSORED]
            rows.append([law.name, str(n), *map(_percent, cells)])
            every += cells
    return (
        "## Kaplan-Meier medians: coverage of the 95 % interval\n\n"
        "Log-log interval of the curve; an end that is not reached lies beyond every value.\n\n"
        + _table(["law", "n", *(f"{share:.0%} open" for share in CENSORED)], rows)
        + _summary(every)
    )


def _alarms(settings: Settings) -> str:
    cells = [
        [false_alarms(settings, process, weeks) for weeks in STATIONARY_LENGTHS]
        for process in PROCESSES
    ]
    rows = [
        [process.name, *map(_percent, row)] for process, row in zip(PROCESSES, cells, strict=True)
    ]
    worst = max(max(row) for row in cells)
    return (
        "## Change points: alarms on series without a change\n\n"
        "Share of series that are given at least one change; the promise is 5 or fewer.\n\n"
        + _table(["process", *(f"{weeks} weeks" for weeks in STATIONARY_LENGTHS)], rows)
        + f"\nWorst cell {_percent(worst)}.\n"
    )


def _doublings(settings: Settings) -> str:
    rows = []
    for process in PROCESSES:
        found = [detection(settings, process, after) for after in WEEKS_AFTER]
        late = found[-1]
        known = [_percent(late.exact), _percent(late.held), f"{late.width:.1f}"]
        rows.append([process.name, *(_percent(one.found) for one in found), *known])
    return (
        "## Change points: doublings that are found\n\n"
        "The level doubles after 26 weeks. Share found when so many weeks have passed since (no "
        "level is shorter than four, so that is the least delay); then, of those found after 26 "
        "weeks, share dated to the very week, share whose interval holds the week, and mean weeks "
        "in the interval.\n\n"
        + _table(
            ["process", *(f"{after} weeks" for after in WEEKS_AFTER), "dated", "held", "width"],
            rows,
        )
    )


def _trends(settings: Settings) -> str:
    ways = (
        ("none", 0.0, False),
        ("none, AR(1) 0.3", 0.0, True),
        ("0.05 sigma a week", 0.05, False),
        ("0.1 sigma a week", 0.1, False),
    )
    rows = [
        [
            name,
            *(
                _percent(trend_findings(settings, weeks, rise=rise, remembers=remembers))
                for weeks in TREND_LENGTHS
            ),
        ]
        for name, rise, remembers in ways
    ]
    return (
        "## Trends: series with p below 0.05\n\n"
        "Mann-Kendall with Hamed and Rao's correction, before the adjustment for many metrics. The "
        "correction sees only memory that a short series can prove, so weak memory still gives "
        "more than one false trend in twenty.\n\n"
        + _table(["trend", *(f"{weeks} weeks" for weeks in TREND_LENGTHS)], rows)
    )


def _summary(cells: Iterable[float]) -> str:
    every = list(cells)
    near = sum(NEAR[0] <= cell <= NEAR[1] for cell in every)
    return (
        f"\nMean {_percent(sum(every) / len(every))}, least {_percent(min(every))}, most "
        f"{_percent(max(every))}; {near} of {len(every)} cells within 93 and 97.\n"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
