"""Goals: what is to be reached, how far it is, and how it went month by month."""

from typing import Any

import polars as pl
import streamlit as st

from dashboards.bases import Asked, draw_basis
from dashboards.goal_words import GOAL_WORDS, goal_mark
from dashboards.goals import target_words
from dashboards.safe_text import plain_text, safe_text
from dashboards.view import View
from dashboards.words import between_words, count_words, date_words, names_words, value_words

TITLE, SECTION, ORDER, URL_PATH = "Goals", "Improvement", 2, "goals"
USES_FILTERS = False
EXAMPLE = """goals:
  - metric: lead_time_for_changes
    target: 2 d
    owner: Release management"""


def render(view: View) -> None:
    """Draw the page: one sentence, then a goal after the other with its months."""
    states = view.known_rows("goal_states", filters={}, order="period_start_date")
    goals = view.known_rows("goals", filters={}, order="goal_id")
    if goals.is_empty():
        _say_none()
        return
    now = {
        row["goal_id"]: row
        for row in states.filter(pl.col("grain") == "last_90_days").iter_rows(named=True)
    }
    st.markdown(f"#### {safe_text(headline([row['verdict'] for row in now.values()]))}")
    st.caption(
        "On target or off target is said only when the whole 95 % interval lies on that side "
        "of the goal; on both sides, it is to be watched."
    )
    names = _names(view)
    for goal in goals.iter_rows(named=True):
        _draw_goal(view, goal, now.get(goal["goal_id"]), states, names)


def headline(verdicts: list[str]) -> str:
    """Return how many of the goals of today are reached in the last 90 days."""
    if not verdicts:
        return "No goal holds today."
    counted = [(verdicts.count(key), word) for key, word in GOAL_WORDS.items()]
    said = [f"{count} {word.lower()}" for count, word in counted if count]
    listed = names_words(said, most=5)
    return f"Of {count_words(len(verdicts), 'goal')}, in the last 90 days: {listed}."


def _say_none() -> None:
    st.markdown("#### No goals are set")
    st.markdown("A goal stands in `leadline.yml`, and the next `leadline run` shows it here:")
    st.code(EXAMPLE, language="yaml")


def _draw_goal(
    view: View,
    goal: dict[str, Any],
    now: dict[str, Any] | None,
    states: pl.DataFrame,
    names: dict[tuple[str, str], str],
) -> None:
    definition = view.definitions()[goal["metric"]]
    who = safe_text(names.get((goal["scope"], goal["scope_id"]), goal["scope_id"]))
    most = "at most" if definition["direction"] == "lower" else "at least"
    with st.container(border=True, key=f"goal_{goal['goal_id']}", gap="xsmall"):
        st.markdown(f"**{safe_text(definition['title'])}** · {who} · {most} {target_words(goal)}")
        if now is None:
            st.markdown(f"It does not hold today ({_days(goal)}).")
        else:
            st.markdown(f"{goal_mark(now['verdict'])} in the last 90 days: {_number(now)}.")
        about = [f"Owner: {safe_text(goal['owner'])}"] if goal["owner"] else []
        about += [safe_text(goal["reason"])] if goal["reason"] else []
        about += [_days(goal)] if goal["effective_from_date"] or goal["effective_to_date"] else []
        if about:
            st.caption(" · ".join(about))
        asked = Asked({"goal_id": goal["goal_id"]}, is_filtered=False)
        draw_basis(view, "goal_states", asked, key=f"goal_{goal['goal_id']}")
        months = states.filter(
            (pl.col("goal_id") == goal["goal_id"]) & (pl.col("grain") == "month")
        )
        table = months_table(months.tail(13))
        if not table.is_empty():
            title = plain_text(definition["title"])
            with st.expander("Month by month"):
                st.dataframe(
                    table, hide_index=True, height="content", alt=f"{title} month by month"
                )


def months_table(months: pl.DataFrame) -> pl.DataFrame:
    """Return a goal's months in words, newest first."""
    return pl.DataFrame(
        [
            {
                "Month": f"{row['period_start_date']:%b %Y}"
                + ("" if row["is_complete"] else " (not over)"),
                "Goal": GOAL_WORDS[row["verdict"]],
                "Number": value_words(row["value"], unit=row["unit"], n=row["n"]),
                "Likely": between_words(
                    row["ci_low"], row["ci_high"], unit=row["unit"], n=row["n"]
                ),
                "n": row["n"],
            }
            for row in months.reverse().iter_rows(named=True)
        ]
    )


def _number(row: dict[str, Any]) -> str:
    value = value_words(row["value"], unit=row["unit"], n=row["n"])
    likely = between_words(row["ci_low"], row["ci_high"], unit=row["unit"], n=row["n"])
    return f"{value} (n {row['n']:,}, likely {likely})"


def _days(goal: dict[str, Any]) -> str:
    since, until = goal["effective_from_date"], goal["effective_to_date"]
    first = f"from {date_words(since)}" if since else "from the beginning"
    return f"{first} to {date_words(until)}" if until else first


def _names(view: View) -> dict[tuple[str, str], str]:
    found = {("organisation", "all"): "Organisation"}
    for kind, key in (("team", "team_id"), ("service", "service_id")):
        for row in view.table(f"{kind}s").iter_rows(named=True):
            found[(kind, row[key])] = f"{kind.capitalize()} {row['name']}"
    return found
