"""The list under the timeline: deployments, incidents and windows in the order of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from dashboards.incidents import Incident, lasted_words, page_link
from dashboards.lanes import naive
from dashboards.safe_text import plain_text, safe_link
from dashboards.timeline import STATE_WORDS, Shade, Tick
from dashboards.view import View
from dashboards.words import DASH, count_words, moment_words

COLUMNS = ("Open", "Began", "Service", "What", "Name", "Outcome", "Source")
NEAR = timedelta(hours=24)


@dataclass(frozen=True)
class Happening:
    """One row of the list; `began` is in the report zone, without it."""

    mark: str
    began: datetime
    services: tuple[str, ...]
    what: str
    name: str
    outcome: str
    link: str
    source_url: str


def happenings(
    view: View, ticks: Sequence[Tick], incidents: Sequence[Incident], shades: Sequence[Shade]
) -> tuple[Happening, ...]:
    """Return everything of a timeline, the newest first."""
    found = [
        Happening(
            mark=f"deployment:{tick.deployment_id}", began=tick.at, services=(tick.service_id,),
            what="Deployment" if tick.kind in ("", "forward") else tick.kind.capitalize(),
            name=tick.label, outcome=STATE_WORDS[tick.state],
            link=page_link(view, "deployment", deployment=tick.deployment_id),
            source_url=tick.source_url,
        )
        for tick in ticks
    ]  # fmt: skip
    found += [
        Happening(
            mark=f"incident:{one.incident_id}", began=began, services=one.services,
            what="Incident" if one.severity is None else f"Incident, severity {one.severity}",
            name=one.name, outcome=lasted_words(one),
            link=page_link(view, "incidents", incident=one.incident_id),
            source_url=one.source_url or "",
        )
        for one in incidents
        if (began := naive(view, one.began_at)) is not None
    ]  # fmt: skip
    found += [
        Happening(
            mark="", began=one.began, services=(one.service_id,) if one.service_id else (),
            what=one.word, name=one.title, outcome=f"until {moment_words(one.ended)}", link="",
            source_url=one.source_url,
        )
        for one in shades
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.began, one.mark), reverse=True))


def near(found: Sequence[Happening], mark: str) -> tuple[Happening, ...]:
    """Return the marked one and what happened to its services within a day of it; else nothing."""
    chosen = next((one for one in found if mark and one.mark == mark), None)
    if chosen is None:
        return ()
    return tuple(
        one
        for one in found
        if abs(one.began - chosen.began) <= NEAR
        and (not one.services or set(one.services) & set(chosen.services))
    )


def lanes_by_count(found: Sequence[Happening], *, most: int) -> tuple[tuple[str, ...], int]:
    """Return the services with the most incidents, then deployments, and how many are left out."""
    counts: dict[str, tuple[int, int]] = {}
    for one in found:
        for service in one.services:
            severe, all_of_them = counts.get(service, (0, 0))
            counts[service] = (severe + one.mark.startswith("incident:"), all_of_them + 1)
    ranked = sorted(counts, key=lambda service: (*(-count for count in counts[service]), service))
    return tuple(ranked[:most]), max(0, len(ranked) - most)


def counted_sentence(ticks: Sequence[Tick], incidents: Sequence[Incident], *, period: str) -> str:
    """Return how many deployments and incidents the timeline shows, in one sentence."""
    if not ticks and not incidents:
        return "Nothing was deployed and no incident began in this period."
    failed = sum(tick.state != "ok" for tick in ticks)
    still = sum(one.is_open for one in incidents)
    bad = f" ({failed:,} failed or rolled back)" if failed else ""
    is_open = f" ({still:,} still open)" if still else ""
    return (
        f"{count_words(len(ticks), 'deployment')}{bad} and "
        f"{count_words(len(incidents), 'incident')}{is_open} in {period.lower()}."
    )


def happenings_table(found: Sequence[Happening]) -> pl.DataFrame:
    """Return the list as words; text of sources is plain, links are checked."""
    listed = [
        (
            one.link,
            moment_words(one.began),
            plain_text(", ".join(one.services)) or "all services",
            one.what,
            plain_text(one.name, limit=120) or DASH,
            one.outcome,
            safe_link(one.source_url) or "",
        )
        for one in found
    ]
    return pl.DataFrame(listed, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
