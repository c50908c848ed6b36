"""The filters of every page: team, service and period, kept in the page's address."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import polars as pl
import streamlit as st

from dashboards.reader import Selection, Span
from dashboards.safe_text import safe_text
from dashboards.words import names_words

ALL_TEAMS, ALL_SERVICES = "All teams", "All services"
WHOLE = "Whole history"
PERIODS: Mapping[str, int | None] = {
    "30 days": 30,
    "90 days": 90,
    "180 days": 180,
    "365 days": 365,
    WHOLE: None,
}
DEFAULT_PERIOD = "90 days"
_IGNORED = "leadline_ignored"


def ignored(
    asked: Mapping[str, str], offered: Mapping[str, Sequence[str] | None]
) -> tuple[str, ...]:
    """Return the names of address parameters that are unknown or ask for what is not offered.

    A parameter that takes None is judged by the page itself, as the id of one row is.
    """
    wrong = []
    for key, value in asked.items():
        values = offered.get(key, ())
        if values is not None and value not in values:
            wrong.append(key)
    return tuple(sorted(wrong))


def default_period(as_of: datetime, *, span: Span | None) -> str:
    """Return the period a page opens with: 90 days, or the whole history when they are empty."""
    since, _, _ = period_of(DEFAULT_PERIOD, as_of=as_of, first=None)
    return WHOLE if span is not None and span.last <= since else DEFAULT_PERIOD


def period_of(label: str, *, as_of: datetime, first: date | None) -> tuple[date, date, date | None]:
    """Return start, end (not included) and start of the period before, in local days."""
    until = as_of.date() + timedelta(days=1)
    days = PERIODS[label]
    if days is None:
        return (first or until - timedelta(days=365)), until, None
    since = until - timedelta(days=days)
    return since, until, since - timedelta(days=days)


def _names(frame: pl.DataFrame, key: str) -> dict[str, str]:
    """Return id by shown name; equal names are told apart by their id."""
    named: dict[str, str] = {}
    for row in frame.sort("name").iter_rows(named=True):
        name = row["name"] if row["name"] not in named else f"{row['name']} ({row[key]})"
        named[name] = row[key]
    return named


def draw_filters(
    teams: pl.DataFrame,
    services: pl.DataFrame,
    *,
    as_of: datetime,
    span: Span | None,
    is_used: bool = True,
    of_page: Mapping[str, Sequence[str] | None] | None = None,
) -> Selection:
    """Draw the filters and return what they select; one team or service needs no choice.

    A page that they do not concern shows them disabled, so that they are kept for the next page.
    `of_page` names what the page itself reads from the address, and what it takes there.
    """
    team_ids = _names(teams, "team_id")
    all_services = _names(services, "service_id")
    offered = {
        "team": [ALL_TEAMS, *team_ids],
        "service": [ALL_SERVICES, *all_services],
        "period": list(PERIODS),
    }
    asked = {key: st.query_params[key] for key in st.query_params}
    wrong = ignored(asked, {**offered, **(of_page or {})})
    team = service = ""
    with st.container(horizontal=True, horizontal_alignment="right", key="filters"):
        if len(team_ids) > 1:
            team = _choose("Team", "team", offered["team"], is_used=is_used)
        if len(all_services) > 1:
            owner = team_ids.get(team)
            owned = services.filter(pl.col("team_id") == owner) if owner else services
            names = [ALL_SERVICES, *_names(owned, "service_id")]
            service = _choose("Service", "service", names, is_used=is_used)
        usual = default_period(as_of, span=span)
        periods = offered["period"]
        period = _choose("Period", "period", periods, is_used=is_used, default=usual)
    _remember_ignored(wrong, chosen=(team, service, period))
    first = span.first if span else None
    since, until, before = period_of(period, as_of=as_of, first=first)
    team_id, service_id = team_ids.get(team), all_services.get(service)
    return Selection(
        since=since,
        until=until,
        before=before,
        period=period,
        team_ids=(team_id,) if team_id else None,
        service_ids=(service_id,) if service_id else None,
        team=team if team_id else "",
        service=service if service_id else "",
    )


def _choose(
    label: str, key: str, options: Sequence[str], *, is_used: bool, default: str = ""
) -> str:
    return st.selectbox(
        label,
        options,
        index=options.index(default) if default else 0,
        key=key,
        label_visibility="collapsed",
        bind="query-params",
        filter_mode="contains",
        disabled=not is_used,
        width=150,
    )


def _remember_ignored(wrong: tuple[str, ...], *, chosen: tuple[str, str, str]) -> None:
    held: tuple[tuple[str, ...], tuple[str, str, str]] | None = st.session_state.get(_IGNORED)
    if held is not None and held[1] != chosen:
        held = None
        del st.session_state[_IGNORED]
    if wrong:
        known = held[0] if held else ()
        st.session_state[_IGNORED] = (tuple(sorted({*known, *wrong})), chosen)


def ignored_sentence() -> str:
    """Return which parts of the address were not understood; empty when all were."""
    held: tuple[tuple[str, ...], tuple[str, str, str]] | None = st.session_state.get(_IGNORED)
    if held is None:
        return ""
    names = names_words([safe_text(name, limit=40) for name in held[0]], most=6)
    return f"The address asks for something unknown ({names}); the defaults are shown instead."
