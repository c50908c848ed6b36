"""The report on attribution as Markdown (transforms/attribution.md)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from transforms.statistics.simulations.attribution import LEAST_IN_DECILE, LINKED, Tally
from transforms.statistics.simulations.attribution_trials import (
    ANSWERS,
    FIXED,
    ORACLE,
    OURS,
    RULES,
    Outcome,
)
from transforms.statistics.simulations.independence import (
    DEPLOYMENTS_A_WEEK,
    INCIDENTS_A_WEEK,
    WEEKS,
    Unrelated,
)

GOAL_RATIO, GOAL_GAP, GOAL_HOLDS = 0.97, 0.05, 93
_MODELS = (ORACLE, OURS, FIXED)
_OTHERS = (FIXED, *RULES)


@dataclass(frozen=True)
class Row:
    """One estate: what it is, what came of it, and of further draws of the same law and size."""

    name: str
    services: int
    days: int
    deployments: int
    outcome: Outcome
    further: Sequence[Outcome]

    @property
    def every(self) -> list[Outcome]:
        """Return what came of all draws."""
        return [self.outcome, *self.further]

    def pooled(self, answer: str) -> Tally:
        """Return the tally of an answer over all draws."""
        first, *others = (outcome.tallies[answer] for outcome in self.every)
        for other in others:
            first = first + other
        return first


def render_report(
    rows: Sequence[Row], alone: Sequence[Unrelated], together: Sequence[Unrelated], services: int
) -> str:
    """Return the whole report; `together` are companies of so many services."""
    parts = [
        _header(),
        _estates(rows),
        _f1(rows),
        _precision_and_recall(rows),
        _brier(rows),
        _reliability(rows),
        _draws(rows),
        _deciles(rows),
        _independence(alone, together, services),
    ]
    return "\n".join(parts)


def _header() -> str:
    return (
        "# How well the cause of an incident is found\n\n"
        "Written by `leadline bench attribution`, the same bytes every time, from generated "
        "estates whose true causes are known. F1, precision, recall and shares are percent.\n\n"
        "- *Oracle*: the rates that the estate was drawn from, with the true law of delays, every "
        "deployment's true chance to fail and the true background. Nobody can know them.\n"
        "- *Ours*: the model fitted on the same estate, which is told none of that. "
        "*Fixed weights*: what is used before there are enough incidents for a fit; these estates "
        "carry neither error signatures nor regions, which earn a third of its points.\n"
        "- *Last deployment*: of the same service, however long ago; *last in 24 h*, *last in "
        "6 h*; *DevLake*: the last deployment of the same project (here a team's five services).\n"
        f"- The oracle, ours and fixed weights link an incident to its likeliest candidate if "
        f"that has at least {LINKED:.0%}. A link to the true cause is a true positive; any other "
        "link is a false positive; a caused incident without the true link is a false negative.\n"
    )


def _estates(rows: Sequence[Row]) -> str:
    lines = [
        [
            str(place),
            row.name,
            str(row.services),
            str(row.days),
            f"{row.deployments:,}",
            f"{row.outcome.tallies[OURS].incidents:,}",
            _percent(row.outcome.tallies[OURS].caused / row.outcome.tallies[OURS].incidents),
        ]
        for place, row in enumerate(rows, 1)
    ]
    names = ["", "law", "services", "days", "deployments", "incidents", "caused"]
    return (
        "## The estates\n\nDeployments are those that reached production. Caused: by a "
        "deployment.\n\n" + _table(names, lines)
    )


def _f1(rows: Sequence[Row]) -> str:
    lines: list[list[str]] = []
    ratios: list[float] = []
    wins = 0
    for place, row in enumerate(rows, 1):
        scores = {name: row.outcome.tallies[name].f1 for name in ANSWERS}
        ratios.append(scores[OURS] / scores[ORACLE])
        wins += all(scores[OURS] > scores[name] for name in _OTHERS)
        cells = [_percent(scores[name]) for name in ANSWERS]
        lines.append([str(place), *cells, _percent(ratios[-1])])
    return (
        "## F1\n\nThe last column is ours as a share of the oracle's; the goal is "
        f"{GOAL_RATIO:.0%}.\n\n"
        + _table(["", *ANSWERS, "ours / oracle"], lines)
        + f"\nLeast share of the oracle's {_percent(min(ratios))}; better than fixed weights and "
        f"every rule on {wins} of {len(rows)}.\n"
    )


def _precision_and_recall(rows: Sequence[Row]) -> str:
    def cell(tally: Tally) -> str:
        return f"{_percent(tally.precision)} / {_percent(tally.recall)}"

    return "## Precision / recall\n\n" + _by_answer(rows, ANSWERS, cell)


def _brier(rows: Sequence[Row]) -> str:
    lines = [
        [str(place), *(f"{row.outcome.average_precision[name]:.3f}" for name in ANSWERS)]
        for place, row in enumerate(rows, 1)
    ]
    return (
        "## Brier score\n\nMean over incidents of the squared errors of every candidate and of "
        "none, 0 to 2, less is better. A rule is taken to be certain.\n\n"
        + _by_answer(rows, ANSWERS, lambda tally: f"{tally.brier:.3f}")
        + "\n## Average precision\n\nArea under precision over recall of all pairs of incident "
        "and candidate, more is better.\n\n" + _table(["", *ANSWERS], lines)
    )


def _reliability(rows: Sequence[Row]) -> str:
    def cell(tally: Tally) -> str:
        return f"{_gap(tally.largest_gap)} / {tally.weighted_gap:.4f}"

    return (
        "## Reliability\n\nHow far the share of true causes is from the probability, by decile of "
        f"probability: the largest among deciles of at least {LEAST_IN_DECILE} pairs / the mean "
        "over all pairs. In a decile of 50 pairs chance alone reaches 0.14 one time in twenty, "
        "and the oracle, which is never wrong about a probability, shows how much of it is "
        "chance: read the next tables for what is not.\n\n" + _by_answer(rows, ANSWERS, cell)
    )


def _draws(rows: Sequence[Row]) -> str:
    lines: list[list[str]] = []
    ratios: list[float] = []
    gaps: list[float] = []
    wins = 0
    for place, row in enumerate(rows, 1):
        ours, oracle = row.pooled(OURS), row.pooled(ORACLE)
        best = max(_OTHERS, key=lambda name: row.pooled(name).f1)
        ahead = sum(
            all(one.tallies[OURS].f1 > one.tallies[name].f1 for name in _OTHERS)
            for one in row.every
        )
        ratios.append(ours.f1 / oracle.f1)
        gaps.append(ours.largest_gap)
        wins += ours.f1 > row.pooled(best).f1
        lines.append(
            [
                str(place),
                str(len(row.every)),
                f"{ours.incidents:,}",
                _percent(oracle.f1),
                _percent(ours.f1),
                _percent(ratios[-1]),
                f"{best}: {_percent(row.pooled(best).f1)}",
                f"{ahead} of {len(row.every)}",
                _gap(oracle.largest_gap),
                _gap(gaps[-1]),
            ]
        )
    names = ["", "draws", "incidents", "F1 oracle", "F1 ours", "ours / oracle", "F1 next best",
             "ours ahead", "reliability oracle", "reliability ours"]  # fmt: skip
    return (
        "## The same laws drawn again\n\nWhat chance does to one small estate is not what a model "
        "does: every estate above drawn again with other seeds, each fitted on its own, all "
        "counted together. *Ours ahead*: draws on which it is better than every other. "
        f"Reliability is the largest of the deciles; the goal is {GOAL_GAP:g}.\n\n"
        + _table(names, lines)
        + f"\nLeast share of the oracle's {_percent(min(ratios))}; better than every other on "
        f"{wins} of {len(rows)}; largest deviation {max(gaps):.3f}.\n"
    )


def _deciles(rows: Sequence[Row]) -> str:
    lines = [
        [str(place), *(_signed(gap) for gap in row.pooled(OURS).gaps)]
        for place, row in enumerate(rows, 1)
    ]
    names = ["", *(f"{low / 10:.1f}–{(low + 1) / 10:.1f}" for low in range(10))]
    return (
        "## Deciles of ours over all draws\n\nShare of true causes less the mean probability: "
        "above 0 we said too little, below 0 too much.\n\n" + _table(names, lines)
    )


def _independence(alone: Sequence[Unrelated], together: Sequence[Unrelated], services: int) -> str:
    every = len(alone)
    held = sum(one.holds_zero for one in alone)
    held_apart = sum(one.holds_zero for one in together)
    pairs = len(together) * services
    lines = [
        [
            "Interval of a service's attributable fraction holds 0",
            f"{held} of {every}",
            f"{held_apart} of {pairs}",
        ],
        [
            "Interval of the company's attributable fraction holds 0",
            "",
            f"{sum(one.whole_holds_zero for one in together)} of {len(together)}",
        ],
        [
            "Services of which evidence is claimed",
            f"{sum(one.has_evidence for one in alone)} of {every}",
            f"{sum(one.has_evidence for one in together)} of {pairs}",
        ],
        *(
            [text, _spread(value, alone), _spread(value, together)]
            for text, value in (
                ("Change failure rate by the last-deployment rule", _failure_rate),
                ("Incidents that the fitted model spreads over deployments", _attributed),
                ("Incidents that the fitted model links to one", _linked),
            )
        ),
    ]
    return (
        "## Where deployments cause nothing\n\n"
        f"{DEPLOYMENTS_A_WEEK} deployments and {INCIDENTS_A_WEEK} incident a week and service for "
        f"{WEEKS} weeks, each at random and apart from the other, with {every} seeds. Shares are "
        "the mean over seeds, and the largest of them. The goal is an interval that holds 0 with "
        f"at least {GOAL_HOLDS} of 100 seeds.\n\n"
        + _table(["", "one service", f"{services} services"], lines)
    )


def _failure_rate(one: Unrelated) -> float:
    return one.failure_rate


def _attributed(one: Unrelated) -> float:
    return one.attributed


def _linked(one: Unrelated) -> float:
    return one.linked


def _spread(value: Callable[[Unrelated], float], every: Sequence[Unrelated]) -> str:
    values = [value(one) for one in every]
    return f"{_percent(float(np.mean(values)))}, largest {_percent(max(values))}"


def _by_answer(rows: Sequence[Row], answers: Sequence[str], cell: Callable[[Tally], str]) -> str:
    lines = [
        [str(place), *(cell(row.outcome.tallies[name]) for name in answers)]
        for place, row in enumerate(rows, 1)
    ]
    return _table(["", *answers], lines)


def _gap(gap: float) -> str:
    return "–" if gap < 0 else f"{gap:.3f}"


def _signed(gap: float) -> str:
    return "–" if np.isnan(gap) else f"{gap:+.3f}".replace("-", "−")


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
