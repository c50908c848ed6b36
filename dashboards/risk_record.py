"""How good the risk model was, what it looks at, and what it is for; and the rules beside it."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from dashboards import risk_charts
from dashboards import risk_words as words
from dashboards.charts import CONFIG
from dashboards.risk_words import Row
from dashboards.safe_text import plain_text, safe_text
from dashboards.theme import palette
from dashboards.words import DASH, count_words, names_words, percent_words

_FOR = (
    "Choosing which changes get a second look, a slower roll-out or a quieter hour.",
    "Choosing which planned change requests need more than the standard path.",
)
_NOT_FOR = (
    "Judging people: no person is a feature, and a score says nothing of who wrote a change.",
    "Proof: what goes with failures need not cause them. Association, not cause.",
    "Skipping tests or review: a change of low risk can fail.",
    "Size in lines and files: it knows neither, because the sources do not carry them.",
    "Failures nobody recorded: an outcome counts as it was known 72 hours after the end.",
)


def draw_record(evaluations: Sequence[Row], bins: Sequence[Row]) -> None:
    """Draw how good the model was in months that it had not seen."""
    st.subheader("How good it was in months it had not seen", anchor=False)
    whole = next((one for one in evaluations if one["month_start_date"] is None), None)
    if whole is None:
        st.caption("No month could be judged yet; the numbers appear with more failures.")
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**What gating the riskiest would have held back** (bar: likely range at 10 %)")
        said = words.captures_words(whole)
        st.plotly_chart(
            risk_charts.capture_curve(whole, colours=palette()), theme=None, config=CONFIG,
            key="risk_capture", alt=said,
        )  # fmt: skip
        st.caption(said)
    with right:
        st.markdown("**Probability said, and share that failed** (bars: likely range)")
        said = words.brier_words(whole)
        if bins:
            st.plotly_chart(
                risk_charts.calibration(bins, colours=palette()), theme=None, config=CONFIG,
                key="risk_calibration", alt=said,
            )  # fmt: skip
        st.caption(said)
    months = [one for one in evaluations if one["month_start_date"] is not None]
    with st.expander(f"{count_words(len(months), 'month')}, one by one"):
        st.dataframe(
            months_frame(months), hide_index=True, height="content",
            alt="Each judged month: deployments, failures, captures, Brier score and drift",
        )  # fmt: skip


def months_frame(months: Sequence[Row]) -> pl.DataFrame:
    """Return the judged months as words, newest first."""
    ordered = sorted(months, key=lambda one: one["month_start_date"], reverse=True)
    return pl.DataFrame(
        [
            {
                "Month": f"{one['month_start_date']:%b %Y}",
                "Deployments": f"{one['n']:,}",
                "Failed": f"{one['failed_count']:,}",
                "In the riskiest tenth": percent_words(
                    one["capture_10"], n=int(one["failed_count"] or 0)
                ),
                "Brier score": _score(one["brier"]),
                "Of the plain rate": _score(one["base_brier"]),
                "Drift of scores": words.drift_words(one["psi"], n=int(one["n"] or 0)),
            }
            for one in ordered
        ]
    )


def _score(value: float | None) -> str:
    return DASH if value is None else f"{value:.3f}"


def draw_features(card: Row, coefficients: Sequence[Row]) -> None:
    """Draw the features: what each does to the odds, and why others were left out."""
    kept = [one for one in coefficients if one["is_kept"] and one["odds_ratio"] is not None]
    st.subheader("What it looks at", anchor=False)
    st.markdown(safe_text(words.trained_words(card), limit=600))
    left, right = st.columns((4, 5), gap="large")
    with left:
        if kept:
            st.markdown("**Odds of failure by feature** (bars: likely range; 1: no difference)")
            told = "; ".join(f"{one['title']} {one['odds_ratio']:.2f}" for one in kept)
            st.plotly_chart(
                risk_charts.odds_ratios(kept, colours=palette()), theme=None, config=CONFIG,
                key="risk_odds", alt=f"Odds ratios for one standard deviation more: {told}",
            )  # fmt: skip
            st.caption(
                "For one standard deviation (sd) more of the feature, shrunk towards 1 until "
                "failures say otherwise. Association, not cause: a "
                "feature can stand for something that is not measured."
            )
        else:
            st.caption("There is no model, so no feature has a weight yet.")
    with right:
        st.dataframe(
            features_frame(coefficients), hide_index=True, height="content",
            alt="Registered features in order of importance, and whether each is in the model",
        )  # fmt: skip
        for sentence in dropped_sentences(coefficients):
            st.caption(safe_text(sentence, limit=600))


def dropped_sentences(coefficients: Sequence[Row]) -> list[str]:
    """Return which features were left out, one sentence a reason."""
    named: dict[str, list[str]] = {}
    for one in coefficients:
        if not one["is_kept"]:
            named.setdefault(str(one["dropped_reason"]), []).append(str(one["title"]))
    return [
        f"Left out because {reason}: {names_words(titles, most=12)}."
        for reason, titles in named.items()
    ]


def features_frame(coefficients: Sequence[Row]) -> pl.DataFrame:
    """Return the registered features in their order, and whether each is in the model."""
    ordered = sorted(coefficients, key=lambda one: one["importance_order"])
    return pl.DataFrame(
        [
            {
                "Feature": plain_text(one["title"]),
                "In the model": "yes" if one["is_kept"] else "no",
                "What it is": plain_text(one["plain_words"]),
            }
            for one in ordered
        ]
    )


def draw_use() -> None:
    """Draw what the model is for, and what never."""
    left, right = st.columns(2, gap="large")
    for column, title, lines in ((left, "What it is for", _FOR), (right, "Not for", _NOT_FOR)):
        with column:
            st.subheader(title, anchor=False)
            st.markdown("\n".join(f"- {line}" for line in lines))


def draw_rules(rules: Sequence[Row]) -> None:
    """Draw the rules: what raises likelihood or impact, and the lookup of both."""
    st.subheader("The rules", anchor=False)
    st.caption(
        "The highest rule wins; without one the level is low. Likelihood and impact together "
        "give the risk by the lookup."
    )
    if not rules:
        return
    st.dataframe(
        rules_frame(rules), hide_index=True, height="content",
        alt="Rules that raise likelihood or impact, with where each comes from",
    )  # fmt: skip
    lookup = [one for one in rules if one["kind"] == "lookup"]
    st.dataframe(
        lookup_frame(lookup), hide_index=True, height="content", width=560,
        alt="Risk by likelihood and impact",
    )  # fmt: skip
    for origin in dict.fromkeys(one["origin"] for one in lookup):
        st.caption(safe_text(origin))


def rules_frame(rules: Sequence[Row]) -> pl.DataFrame:
    """Return the rules by what they raise and how far, the highest first."""
    order = {level: place for place, level in enumerate(words.LEVELS)}
    raising = [one for one in rules if one["kind"] != "lookup"]
    raising.sort(key=lambda one: (one["kind"] != "likelihood", order[one["level"]], one["rule"]))
    return pl.DataFrame(
        [
            {
                "When": plain_text(one["words"]),
                "Raises": f"{one['kind']} to {one['level']}",
                "Where it comes from": plain_text(one["origin"]),
            }
            for one in raising
        ]
    )


def lookup_frame(lookup: Sequence[Row]) -> pl.DataFrame:
    """Return the nine cells: a row a likelihood, a column an impact."""
    cells = {(one["likelihood"], one["impact"]): one["level"] for one in lookup}
    return pl.DataFrame(
        [
            {"Likelihood": likelihood}
            | {
                f"Impact {impact}": words.RISKS.get(cells.get((likelihood, impact), ""), DASH)
                for impact in reversed(words.LEVELS)
            }
            for likelihood in words.LEVELS
        ]
    )
