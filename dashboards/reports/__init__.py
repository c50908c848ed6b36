"""Reports of a published build: one page and an appendix, in the words and numbers of the pages."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from dashboards.catalogue import HEADLINES
from dashboards.filters import PERIODS, period_of
from dashboards.reader import Selection, history
from dashboards.reports.content import report_of
from dashboards.reports.document import markdown_of
from dashboards.reports.page import html_of
from dashboards.reports.pdf import PangoMissing, pdf_of
from dashboards.view import View
from transforms.published import Published

__all__ = ["ENDINGS", "PangoMissing", "UnknownChoice", "render", "render_view", "view_of"]

ENDINGS: Mapping[str, str] = {"html": "html", "pdf": "pdf", "pptx": "pptx", "markdown": "md"}


class UnknownChoice(Exception):
    """No team, period or format of that name; the message lists what there is."""


def render(published: Published, format: str, *, team: str = "", period: str = "90 days") -> bytes:
    """Return the report of a build as html, pdf, pptx or markdown.

    Shape: an empty `team` means all teams; `period` is one that the pages offer.
    Errors: UnknownChoice, PangoMissing (pdf).
    """
    return render_view(view_of(published, team=team, period=period), format)


def view_of(
    published: Published, *, team: str = "", service: str = "", period: str = "90 days"
) -> View:
    """Return what a page would show for a team, service and period, without a session.

    Errors: UnknownChoice.
    """
    zone = ZoneInfo(published.build.report_timezone)
    team_ids = _id(published.teams().select("name", "team_id").rows(), team, kind="team")
    services = published.services().select("name", "service_id").rows()
    service_ids = _id(services, service, kind="service")
    if period not in PERIODS:
        raise UnknownChoice(f"there is no period {period!r}; choose {', '.join(PERIODS)}")
    span = history(published, published.build.build_id, tuple(one.metric for one in HEADLINES))
    as_of = published.build.as_of.astimezone(zone)
    since, until, before = period_of(period, as_of=as_of, first=span.first if span else None)
    selection = Selection(
        since=since, until=until, before=before, period=period, team_ids=team_ids,
        service_ids=service_ids, team=team, service=service,
    )  # fmt: skip
    return View(published, selection, zone)


def _id(known: list[tuple[str, str]], name: str, *, kind: str) -> tuple[str, ...] | None:
    if not name:
        return None
    found = tuple(key for one, key in known if name in (one, key))
    if not found:
        names = ", ".join(sorted(one for one, _ in known)) or "none"
        raise UnknownChoice(f"there is no {kind} {name!r}; known: {names}")
    return found[:1]


def render_view(view: View, format: str) -> bytes:
    """Return the report of a view in one of ENDINGS; the same view gives the same bytes.

    Errors: UnknownChoice for a format, PangoMissing.
    """
    if format not in ENDINGS:
        raise UnknownChoice(f"there is no format {format!r}; choose {', '.join(ENDINGS)}")
    report = report_of(view)
    if format == "html":
        return html_of(report).encode()
    if format == "markdown":
        return markdown_of(report).encode()
    if format == "pdf":
        return pdf_of(html_of(report), made_at=view.build.as_of)
    from dashboards.reports.slides import slides_of

    return slides_of(report, made_at=view.build.as_of)
