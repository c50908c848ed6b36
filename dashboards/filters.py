"""The filters of every page: team, service and period, kept in the page's address."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

import polars as pl
import streamlit as st

from dashboards.reader import Selection, Span
from dashboards.safe_text import safe_text
from dashboards.words import count_words, names_words

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
CUSTOM = "Other days"
FILTERS = ("team", "service", "period", "from", "to")
EARLIEST = date(1990, 1, 1)
_IGNORED, _DAYS = "leadline_ignored", "leadline_days"


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


def page_address(url: str, chosen: Mapping[str, str], asked: Mapping[str, str]) -> str:
    """Return the whole address of a page: what the filters select, defaults too, then the rest.

    What the address asks for and no filter knows is kept, for pages read parameters of their own.
    """
    kept = {key: value for key, value in asked.items() if key not in FILTERS}
    named = urlencode({**chosen, **kept})
    return f"{url.partition('?')[0]}?{named}"


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
    until_last = as_of.date() + timedelta(days=1)
    days = asked_days(asked, until=until_last)
    if days is None and st.session_state.get("period") == CUSTOM:
        days = st.session_state.get(_DAYS)
    offered["period"].append(CUSTOM)
    if asked_days(asked, until=until_last) is not None:
        offered |= {"from": [asked["from"]], "to": [asked["to"]]}
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
        usual = CUSTOM if days is not None else default_period(as_of, span=span)
        periods = offered["period"]
        period = _choose("Period", "period", periods, is_used=is_used, default=usual)
        if period == CUSTOM:
            days = _choose_days(days, until=until_last, is_used=is_used)
    _remember_ignored(wrong, chosen=(team, service, period))
    first = span.first if span else None
    if period == CUSTOM and days is not None:
        since, until = days
        before: date | None = since - (until - since)
        period = count_words((until - since).days, "day")
    else:
        if days is not None:
            _forget_days()
        days = None
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
        is_custom=days is not None,
    )


def asked_days(asked: Mapping[str, str], *, until: date) -> tuple[date, date] | None:
    """Return the days that an address asks for by `from` and `to` (not included), else None.

    Both must be dates in order, from 1990 and up to the day of the build's last instant.
    """
    try:
        first, after = (date.fromisoformat(asked[key]) for key in ("from", "to"))
    except (KeyError, ValueError):
        return None
    return (first, after) if EARLIEST <= first < after <= until else None


def _choose_days(
    days: tuple[date, date] | None, *, until: date, is_used: bool
) -> tuple[date, date]:
    """Draw the first and the last day, keep them in the address, and return them half-open."""
    first, after = days or (until - timedelta(days=90), until)
    last = after - timedelta(days=1)
    chosen = st.date_input(
        "First and last day", (first, last), min_value=EARLIEST,
        max_value=until - timedelta(days=1), key="days", label_visibility="collapsed",
        format="YYYY-MM-DD", disabled=not is_used, width=230,
    )  # fmt: skip
    if isinstance(chosen, tuple) and len(chosen) == 2:
        first, last = chosen
        after = last + timedelta(days=1)
    st.session_state[_DAYS] = (first, after)
    st.query_params["from"] = first.isoformat()
    st.query_params["to"] = after.isoformat()
    return first, after


def _forget_days() -> None:
    """Take chosen days out of the address when another period is chosen."""
    for key in ("from", "to"):
        st.query_params.pop(key, None)


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
