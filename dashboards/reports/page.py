"""A report as one HTML file: no script, nothing that is fetched, text as it was written."""

from collections.abc import Sequence
from html import escape

import polars as pl

from dashboards.definitions import DERIVED_WORDS
from dashboards.reports.content import CardText, Picture, Report
from dashboards.reports.svg import chart_svg
from dashboards.safe_text import safe_link
from dashboards.theme import ASSETS, LIGHT

_TONES = {"better": LIGHT.good, "worse": LIGHT.bad}
STYLE = (ASSETS / "report.css").read_text("utf-8")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def html_of(report: Report) -> str:
    """Return the report as one self-contained HTML file."""
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(report.title)}, {escape(report.subtitle)}</title>",
            f"<style>{STYLE}</style></head><body>",
            *_first_page(report),
            '<section class="appendix">',
            *_appendix(report),
            "</section></body></html>\n",
        ]
    )


def _first_page(report: Report) -> list[str]:
    subtitle = f"{report.subtitle} · build {dict(report.stamp)['Build']}"
    changed = "".join(f"<p>{escape(one)}</p>" for one in report.changed)
    return [
        f'<h1>{escape(report.title)}</h1><p class="muted subtitle">{escape(subtitle)}</p>',
        f'<p class="headline">{escape(report.headline)}</p>',
        f'<p class="late">{escape(report.late)}</p>' if report.late else "",
        f'<div class="cards">{"".join(_card(card) for card in report.cards)}</div>',
        f"<h2>{escape(report.months)}</h2>",
        '<p class="muted">Grey band: its own range so far. Hatched: period not complete. '
        "Hollow: fewer than ten rows. Thin line: the level changed.</p>",
        f'<div class="charts">{"".join(_chart(one) for one in report.pictures)}</div>',
        f'<div class="two"><div><h2>What changed</h2>{changed}</div>',
        f"<div><h2>Risks now</h2>{_risks(report)}</div></div>",
    ]


def _card(card: CardText) -> str:
    mark = f' class="{card.tone}"' if card.tone in _TONES else ""
    lines = [card.sentence, card.beside]
    figure = " ".join(
        f"{escape(large)} <small>{escape(small)}</small>" for large, small in card.parts
    )
    return (
        f'<div class="card"><b>{escape(card.label)}</b><p class="figure">{figure}</p>'
        + (f"<p{mark}>{escape(card.change)}</p>" if card.change else "")
        + "".join(f"<p>{escape(line)}</p>" for line in lines if line)
        + "".join(f'<p class="muted">{escape(line)}</p>' for line in (card.evidence, card.band)
                  if line)
        + "</div>"
    )  # fmt: skip


def _chart(picture: Picture) -> str:
    drawn = chart_svg(
        picture.points, own_range=picture.own_range, changes=picture.changes,
        accent=_TONES.get(picture.tone, ""), said=picture.said,
    )  # fmt: skip
    return f'<div class="chart"><b>{escape(picture.title)}</b>{drawn}</div>'


def _risks(report: Report) -> str:
    if report.risks.is_empty():
        return "<p>No incident of severity 1 or 2 is open.</p>"
    return _table(report.risks)


def _appendix(report: Report) -> list[str]:
    meanings = "".join(
        f'<div class="meaning"><h3>{escape(one.title)}</h3><p>{escape(one.plain_words)}</p>'
        f"<p><b>How it is made.</b> {escape(one.formula)}</p>"
        f"<p><b>Definition.</b> {escape(one.source)}</p>"
        f"<p><b>Counted.</b> {escape(one.counted)}</p></div>"
        for one in report.meanings
    )
    late = _table(report.late_sources) if report.late_sources.height else (
        "<p>No source is late.</p>"
    )  # fmt: skip
    restated = _table(report.restated_rows) if report.restated_rows.height else ""
    stamp = " · ".join(f"{name} {value}" for name, value in report.stamp)
    return [
        f"<h2>What the numbers mean</h2><p><b>Selected.</b> {escape(report.selected)}</p>",
        meanings,
        f'<p class="muted">{escape(DERIVED_WORDS)}</p>',
        f"<h2>Late sources</h2>{late}",
        "".join(f"<p>{escape(one)}</p>" for one in report.errors),
        f"<h2>Restated since the last publish</h2><p>{escape(report.restated)}</p>{restated}",
        f"<h2>Rows read</h2>{_table(report.health)}<p>{escape(report.audit)}</p>",
        f'<h2>Where this comes from</h2><p class="stamp">{escape(stamp)}</p>',
    ]


def _table(frame: pl.DataFrame) -> str:
    if frame.is_empty():
        return "<p>Nothing was read.</p>"
    numbers = [kind.is_numeric() for kind in frame.dtypes]
    heads = "".join(_cell("th", frame.columns[at], is_n) for at, is_n in enumerate(numbers))
    rows = "".join(
        f"<tr>{''.join(_value(row, at, numbers[at]) for at in range(frame.width))}</tr>"
        for row in frame.iter_rows()
    )
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<div class="rows">{table}</div>'


def _value(row: Sequence[object], at: int, is_number: bool) -> str:
    value = row[at]
    if isinstance(value, int):
        return _cell("td", f"{value:,}", is_number)
    url = safe_link(str(value)) if str(value).startswith("https://") else None
    if url is None:
        return _cell("td", str(value), is_number)
    return f'<td><a href="{escape(url)}" rel="noreferrer">open</a></td>'


def _cell(tag: str, text: str, is_number: bool) -> str:
    mark = ' class="number"' if is_number else ""
    return f"<{tag}{mark}>{escape(text)}</{tag}>"
