"""Risk in words: how likely, how bad, why, and how good the model is; pure functions of rows."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.reasons import chance_words
from dashboards.words import (
    DASH,
    HOUR,
    clean_number,
    count_words,
    date_words,
    duration_words,
    percent_words,
)

Row = Mapping[str, Any]
LEVELS = ("high", "moderate", "low")
RISKS = {"high": "▲ High", "moderate": "◆ Moderate", "low": "▽ Low"}
KINDS = {"change": "open change", "change_request": "planned change request"}
# Share gated, its column, and what Meta's logistic regression captured of its severe incidents:
# Abreu et al. (2024), Moving Faster and Reducing Risk: Using LLMs in Release Deployment.
CAPTURES = ((0.05, "capture_5", 0.187), (0.10, "capture_10", 0.279), (0.50, "capture_50", 0.846))
META_WORDS = (
    "Meta published 18.7 %, 27.9 % and 84.6 % for a logistic regression on its own changes and "
    "severe incidents: a reference from another company, not a target"
)
OLDER = "This build is older than the risk of changes; run `leadline build`."
NOT_JUDGED = "no month could be scored by a model that had not seen it"
GATED, CHANCE, RECENT = "the riskiest tenth", 0.10, "the last 180 days"
# Below this factor, up or down, a feature says nothing that a reader could act on.
_NOTABLE = 1.1
# Scores that did not move at all have an index of about 9 / n (Yurdakul, 2018): below 100 it is
# mostly chance.
_LITTLE_DRIFT, _STRONG_DRIFT, _DRIFT_LEAST = 0.10, 0.25, 100


def is_used(card: Row) -> bool:
    """Whether the model has a say in the risk, and so its probabilities are shown."""
    return card["state"] == "fitted" and bool(card["is_used"])


def refusal_words(card: Row) -> str:
    """Return why the model is not used; empty when it is."""
    if is_used(card):
        return ""
    if card["state"] == "fitted" and not card["evaluated_month_count"]:
        return NOT_JUDGED
    reason = str(card["reason"] or "no reason is stated").partition(";")[0]
    return reason.strip()


def capture_words(all_months: Row | None) -> str:
    """Return what gating the riskiest tenth would have held back; empty when never judged."""
    if all_months is None or not all_months["failed_count"]:
        return ""
    share = clean_number(all_months["capture_10"])
    if share is None:
        return ""
    failed = int(all_months["failed_count"])
    low, high = (
        percent_words(all_months[end], n=failed) for end in ("capture_10_low", "capture_10_high")
    )
    likely = "" if DASH in (low, high) else f", likely {low} to {high}"
    return (
        f"Of {count_words(failed, 'failed deployment')} in months it had not seen, gating {GATED} "
        f"would have held back {round(share * failed)} "
        f"({percent_words(share, n=failed)}{likely})."
    )


def chance_sentence(all_months: Row | None) -> str:
    """Return whether the capture is clearly better than gating a tenth at random."""
    low = None if all_months is None else clean_number(all_months["capture_10_low"])
    if low is None:
        return ""
    if low > CHANCE:
        return "Gating a tenth at random holds back 10 %."
    return "That is not clearly better than gating a tenth at random, which holds back 10 %."


def headline(card: Row, all_months: Row | None) -> str:
    """Return the page's first sentence: what the model says and how well, or why it is not used."""
    if is_used(card):
        return (
            capture_words(all_months) or "The model is used; no failure fell into a judged month."
        )
    return f"The model is not used: {refusal_words(card)}. The rules below decide."


def beside_words(card: Row, all_months: Row | None) -> str:
    """Return what belongs beside the headline: what chance does, and what a model unused did."""
    if card["state"] != "fitted":
        return ""
    captured = capture_words(all_months)
    said = [chance_sentence(all_months)] if captured else []
    return " ".join(said if is_used(card) else [captured, *said])


def percentile_words(percentile: float | None) -> str:
    """Return a percentile as what it is a share of."""
    short = likelier_words(percentile)
    if short == DASH:
        return DASH
    return f"{short.replace('likelier', 'likelier to fail')} of the deployments of {RECENT}"


def likelier_words(percentile: float | None) -> str:
    """Return a percentile for a column that says of what it is a share."""
    known = clean_number(percentile)
    if known is None:
        return DASH
    if known < 0.005:
        return "likelier than none"
    return f"likelier than {'over 99' if known > 0.995 else f'{known * 100:.0f}'} %"


def odds_words(ratio: float | None) -> str:
    """Return a factor of odds: `odds 1.8 times the average`."""
    known = clean_number(ratio)
    if known is None:
        return DASH
    if abs(math.log(max(known, 1e-9))) < math.log(1.05):
        return "odds as on average"
    shown = f"{known:.1f}" if 0.95 <= known < 9.95 else f"{known:.2f}" if known < 1 else "over 10"
    return f"odds {shown} times the average"


def feature_words(value: float | None, unit: str) -> str:
    """Return a feature's value as people say it; logarithms are taken back."""
    known = clean_number(value)
    if known is None:
        return "unknown, counted as average"
    if unit == "yes or no":
        return "yes" if known >= 0.5 else "no"
    if unit == "share":
        return percent_words(known, n=1)
    if unit == "tier":
        return f"tier {known:.0f}"
    if unit == "log of people":
        return count_words(round(math.exp(known)), "person", "people")
    noun = unit.removeprefix("log of 1 + ")
    if noun == unit:
        return f"{known:.2g} {unit}".strip()
    raw = math.expm1(known)
    if noun == "hours":
        return duration_words(raw * HOUR)
    return count_words(round(raw), noun.removesuffix("s"))


def reason_words(reason: Row) -> str:
    """Return one reason: what it is, its value, and what it does to the odds."""
    said = feature_words(reason["value"], reason["unit"])
    return f"{reason['title']}: {said} ({odds_words(reason['odds_ratio'])})"


def notable(reasons: Sequence[Row], *, most: int = 3) -> list[Row]:
    """Return the reasons that move the odds by a tenth or more, the strongest first."""
    moving = [one for one in reasons if abs(one["contribution"] or 0.0) >= math.log(_NOTABLE)]
    return sorted(moving, key=lambda one: one["reason_rank"])[:most]


def rule_words(score: Row) -> list[str]:
    """Return the rules that raised likelihood and impact, in words."""
    return [
        str(score[name])
        for name in ("likelihood_reason", "impact_reason")
        if score[name] is not None
    ]


def why_words(score: Row, reasons: Sequence[Row], *, most: int = 3) -> str:
    """Return up to three reasons: the rules that decided, then what moves the model most."""
    said = [*rule_words(score), *map(reason_words, notable(reasons))]
    return "; ".join(said[:most]) if said else "no rule applies"


def level_words(score: Row) -> str:
    """Return how the lookup came to the risk: likelihood and impact with the rule behind each."""
    parts = [
        f"{name} {score[name]} ({score[f'{name}_reason'] or 'no rule raises it'})"
        for name in ("likelihood", "impact")
    ]
    return f"{', '.join(parts)}"


def probability_words(score: Row, card: Row) -> str:
    """Return the probability with what it is of, or why there is none."""
    if not is_used(card):
        return f"No probability is given: {refusal_words(card)}."
    known = clean_number(score["probability"])
    if known is None:
        return "No probability is known for it."
    return (
        f"Probability that its deployment fails: {chance_words(known)}, against "
        f"{percent_words(card['base_rate'], n=int(card['trained_count']))} of all; "
        f"{percentile_words(score['percentile'])}."
    )


def trained_words(card: Row) -> str:
    """Return what the model was fitted on, with n, failures and versions."""
    versions = f"Definitions {card['definition_version']}, code {card['code_version']}"
    n = int(card["trained_count"] or 0)
    if not n:
        return f"No deployment with a known outcome is there to fit a model on. {versions}."
    known = (
        f"{count_words(n, 'deployment')} with a known outcome, "
        f"{date_words(card['trained_from_at'])} to {date_words(card['trained_to_at'])}; "
        f"{int(card['failed_count'] or 0):,} failed ({percent_words(card['base_rate'], n=n)})"
    )
    if card["state"] != "fitted":
        return f"There are {known}. {versions}."
    return (
        f"Fitted on {known}. It has {count_words(int(card['parameter_count']), 'feature')} and "
        f"was judged on {count_words(int(card['evaluated_month_count'] or 0), 'month')} that it "
        f"had not seen. {versions}."
    )


def captures_words(all_months: Row) -> str:
    """Return the captures in words, with the published reference beside them."""
    failed = int(all_months["failed_count"] or 0)
    parts = [
        f"{percent_words(all_months[name], n=failed)} were among the riskiest {share * 100:.0f} %"
        for share, name, _ in CAPTURES
        if clean_number(all_months[name]) is not None
    ]
    if not parts:
        return "No failure fell into a month that could be judged."
    return f"Of {count_words(failed, 'failure')}, {', '.join(parts)}. {META_WORDS}."


def brier_words(row: Row) -> str:
    """Return whether the probabilities beat the plain failure rate, and the calibration slope."""
    own, base = clean_number(row["brier"]), clean_number(row["base_brier"])
    slope = clean_number(row["calibration_slope"])
    said = []
    if own is not None and base is not None:
        word = "closer to" if own < base else "no closer to"
        said.append(
            f"Its probabilities came {word} the outcomes than the failure rate of the months "
            f"before (Brier score {own:.4f} against {base:.4f}; smaller is better)."
        )
    if slope is not None:
        word = "overconfident" if slope < 0.8 else "too cautious" if slope > 1.25 else "about right"
        said.append(f"Calibration slope {slope:.2f}: {word} (1 is exact).")
    return " ".join(said) or "Its probabilities could not be judged."


def drift_words(psi: float | None, *, n: int) -> str:
    """Return how far the scores of a month moved from those before."""
    known = clean_number(psi)
    if known is None:
        return "not known"
    if n < _DRIFT_LEAST:
        return f"too few to say ({known:.2f})"
    level = "none" if known < _LITTLE_DRIFT else "some" if known < _STRONG_DRIFT else "strong"
    return f"{level} ({known:.2f})"
