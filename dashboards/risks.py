"""What is broken now: open incidents, worst first, with what they hit and who owns it."""

from typing import Any

import polars as pl
import streamlit as st

from dashboards.safe_text import plain_text, safe_link
from dashboards.view import View
from dashboards.words import DASH, duration_words, moment_words, names_words

SHOWN, LOOKED_AT, SEVERE = 3, 40, 2
_COLUMNS = ("Source", "Incident", "Severity", "Open for", "Owner", "Service", "Since (UTC)")


def open_now(view: View) -> pl.DataFrame:
    """Return at most three open incidents of severity 1 or 2 of the selected teams or service."""
    frame = view.rows(
        "fct_incidents", filters={"is_open": True}, order="severity", limit=LOOKED_AT
    ).filter(pl.col("exclusion_reason").is_null() & (pl.col("severity") <= SEVERE))
    teams = dict(view.table("teams").select("team_id", "name").iter_rows())
    listed: list[dict[str, str]] = []
    for row in frame.sort("severity", "impact_started_at").iter_rows(named=True):
        hit = view.rows(
            "incident_services", filters={"incident_id": row["incident_id"]}, order="", limit=20
        )
        if _is_selected(view, hit):
            listed.append(_words(row, hit, teams))
    return pl.DataFrame(listed[:SHOWN], schema=dict.fromkeys(_COLUMNS, pl.String))


def draw_risks(view: View) -> None:
    """Draw the open incidents, or say that there is none."""
    frame = open_now(view)
    if frame.is_empty():
        st.markdown("No incident of severity 1 or 2 is open.")
        return
    st.dataframe(
        frame,
        hide_index=True,
        column_config={"Source": st.column_config.LinkColumn(display_text="open", width=55)},
        alt="Open incidents of severity 1 or 2, worst first",
    )


def _is_selected(view: View, hit: pl.DataFrame) -> bool:
    chosen = view.selection
    in_team = not chosen.team_ids or hit["team_id"].is_in(list(chosen.team_ids)).any()
    in_service = not chosen.service_ids or hit["service_id"].is_in(list(chosen.service_ids)).any()
    return bool(in_team and in_service)


def _words(row: dict[str, Any], hit: pl.DataFrame, teams: dict[str, str]) -> dict[str, str]:
    services = [plain_text(name) for name in hit["service_id"].unique().sort() if name]
    owners = sorted({plain_text(teams.get(team, team)) for team in hit["team_id"] if team})
    values = (
        safe_link(row["source_url"]) or "",
        plain_text(row["title"]) or plain_text(row["incident_id"]),
        f"{row['severity']}",
        duration_words(row["restore_seconds"]),
        names_words(owners) or "nobody is named",
        names_words(services) or DASH,
        moment_words(row["impact_started_at"]),
    )
    return dict(zip(_COLUMNS, values, strict=True))
