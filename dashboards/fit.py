"""The model behind the causes, explained: what it was fitted on, its parameters, its record."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from dashboards.reasons import model_words
from dashboards.safe_text import plain_text, safe_text
from dashboards.view import View
from dashboards.words import (
    DASH,
    count_words,
    date_words,
    duration_words,
    figure_words,
    percent_words,
)

Row = Mapping[str, Any]
_PARAMETERS = {
    "incidents_per_change_event": "Incidents per change event",
    "shown_in_flight": "Share of caused incidents that show while it is under way",
    "shown_within_seconds": "Share of caused incidents that show within",
    "distance_multiplier": "By distance in hops, against the same service",
    "batch_multiplier": "By batch size, against a usual one",
    "background_per_week": "Incidents a week without any deployment",
    "service_multiplier": "How often changes of a service cause incidents, against usual",
    "hour_multiplier": "Incidents without any deployment, by hour (UTC; from 24 on weekends)",
}
_UNFAIR = {
    "record": " Records name causes and never say that there was none, so this is no fair sample."
}
_LABELS = {"verdict": "what people judged", "record": "what records name"}


def draw_fit(view: View) -> None:
    """Draw the explanation of the model, folded."""
    with st.expander("Explain the model"):
        fits = view.known_rows("attribution_fits", filters={})
        if fits.is_empty():
            st.markdown("This build holds no fit; run `leadline build`.")
            return
        fit = fits.row(0, named=True)
        st.markdown(
            "Each deployment of the incident's services, or of services up to two hops upstream, "
            "that ended in the 72 hours before the impact or was under way is a suspect. "
            "A suspect counts the more the shorter the time between, the nearer the service and "
            "the larger the batch; against all suspects stands what the service has anyway. "
            "The percentages of an incident add up to 100. Association in time, not proof."
        )
        st.markdown(f"**{model_words(fit)}** {fit_words(fit)}")
        parameters = view.known_rows("attribution_parameters", filters={}, order="level_order")
        if not parameters.is_empty():
            st.dataframe(
                parameters_table(parameters), hide_index=True, height=260,
                alt="Parameters of the fitted model",
            )  # fmt: skip
        _draw_record(view)


def fit_words(fit: Row) -> str:
    """Return likelihood, window and versions of a fit."""
    window = f"Incidents from {date_words(fit['window_start_date'])} on"
    versions = (
        f"code {safe_text(fit['code_version'])}, definitions {safe_text(fit['definition_version'])}"
    )
    if fit["model"] != "fitted" or fit["log_likelihood"] is None:
        return f"{window}; {versions}."
    gain = fit["log_likelihood"] - fit["null_log_likelihood"]
    ended = "converged" if fit["has_converged"] else "did not converge"
    return (
        f"{window}; log-likelihood {fit['log_likelihood']:,.1f}, that is {gain:,.1f} more than "
        f"a model in which nothing is caused; {ended} after "
        f"{count_words(fit['round_count'], 'round')}; {versions}."
    )


def parameters_table(parameters: pl.DataFrame) -> pl.DataFrame:
    """Return the parameters in words."""
    return pl.DataFrame(
        [
            {
                "Parameter": _PARAMETERS.get(row["parameter"], plain_text(row["parameter"])),
                "Of": _level(row),
                "Value": _value(row),
            }
            for row in sorted(parameters.iter_rows(named=True), key=_place)
        ],
        schema=dict.fromkeys(("Parameter", "Of", "Value"), pl.String),
    )


def _place(row: Row) -> tuple[int, int]:
    known = list(_PARAMETERS)
    name = row["parameter"]
    return known.index(name) if name in known else len(known), row["level_order"]


def _level(row: Row) -> str:
    if row["parameter"] == "shown_within_seconds":
        return duration_words(float(row["level"]))
    return plain_text(row["level"]) or "all"


def _value(row: Row) -> str:
    if row["parameter"].startswith("shown_"):
        return percent_words(row["value"], n=1)
    return figure_words(row["value"]) if row["value"] >= 1 else f"{row['value']:.3f}"


def _draw_record(view: View) -> None:
    scores = view.known_rows("attribution_scores", filters={})
    if scores.is_empty():
        st.markdown(
            "**Is it right?** No cause is known yet from records or people, so this cannot be "
            "checked: confirm or reject a few suspects."
        )
        return
    for row in scores.iter_rows(named=True):
        st.markdown(f"**Is it right?** {score_words(row)}")
    calibration = view.known_rows("attribution_calibration", filters={}, order="bin_low")
    if not calibration.is_empty():
        st.dataframe(
            calibration_table(calibration), hide_index=True, height="content",
            alt="What was given a probability, and how often it was the cause",
        )  # fmt: skip


def score_words(row: Row) -> str:
    """Return how well the model alone finds causes that are known otherwise."""
    known = count_words(row["incident_count"], "incident")
    label = _LABELS.get(row["label_source"], row["label_source"])
    n = row["incident_count"]
    told = "it links none of them"
    if row["precision_share"] is not None:
        told = f"{_share(row, 'precision', n)} of its links are right"
    if row["recall_share"] is not None:
        told += f", and it finds {_share(row, 'recall', n)} of the causes"
    brier = DASH if row["brier"] is None else f"{row['brier']:.3f}"
    return (
        f"Against {label} ({known}; the model does not see it): {told}; "
        f"Brier score {brier} (0 is perfect, 2 the worst).{_UNFAIR.get(row['label_source'], '')}"
    )


def _share(row: Row, key: str, n: int) -> str:
    share, low, high = (
        percent_words(row[f"{key}_{end}"], n=n if end == "share" else 1)
        for end in ("share", "low", "high")
    )
    return f"{share} (likely {low} to {high})"


def calibration_table(calibration: pl.DataFrame) -> pl.DataFrame:
    """Return what was given each tenth of probability, and how often it was the cause."""
    return pl.DataFrame(
        [
            {
                "Against": _LABELS.get(row["label_source"], plain_text(row["label_source"])),
                "Probability": f"{row['bin_low'] * 100:.0f} to {row['bin_high'] * 100:.0f} %",
                "Given on average": percent_words(row["mean_probability"], n=1),
                "Was the cause": percent_words(row["cause_share"], n=1),
                "Likely": f"{percent_words(row['low'], n=1)} to {percent_words(row['high'], n=1)}",
                "n": f"{row['n']:,}",
            }
            for row in calibration.sort("label_source", "bin_low").iter_rows(named=True)
        ]
    )
