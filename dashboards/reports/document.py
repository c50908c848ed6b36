"""A report as Markdown, with every word of a source taken literally."""

import re
from collections.abc import Iterator

import polars as pl

from dashboards.definitions import DERIVED_WORDS
from dashboards.pictures import points_table
from dashboards.reports.content import Report
from dashboards.safe_text import AUTOLINK, plain_text, safe_link

LONG = 1000
_ACTIVE = re.compile(r"([\\`*_\[\]<>#|~$&])")
# A list, a numbered list or an underlined heading begins with these.
_BEGINS = re.compile(r"^(\d*)([.)](?= )|(?<!\d)[-+=])")


def markdown_of(report: Report) -> str:
    """Return the report as one Markdown text."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield from (f"# {_said(report.title)}", "", _said(report.subtitle), "")
    yield from (f"**{_said(report.headline)}**", "")
    if report.late:
        yield from (_said(report.late), "")
    yield from _table(
        pl.DataFrame(
            [
                {
                    "Number": card.label, "Value": card.figure, "Change": card.change,
                    "In words": " ".join(part for part in (card.sentence, card.beside) if part),
                    "Rows and interval": card.evidence, "Band": card.band,
                }
                for card in report.cards
            ]
        )
    )  # fmt: skip
    yield from ("## What changed", "", *(f"- {_said(one)}" for one in report.changed), "")
    yield from ("## Risks now", "")
    if report.risks.is_empty():
        yield from ("No incident of severity 1 or 2 is open.", "")
    yield from _table(report.risks)
    yield from (f"## {_said(report.months)}", "")
    for picture in report.pictures:
        yield from (f"### {_said(picture.title)}", "", _said(picture.said), "")
        yield from _table(points_table(picture.points))
    yield from _appendix(report)


def _appendix(report: Report) -> Iterator[str]:
    yield from ("## What the numbers mean", "", f"Selected: {_said(report.selected)}", "")
    for one in report.meanings:
        yield from (f"### {_said(one.title)}", "", _said(one.plain_words), "")
        yield from (f"- How it is made: {_said(one.formula)}", f"- Definition: {_said(one.source)}")
        yield from (f"- Counted: {_said(one.counted)}", "")
    yield from (_said(DERIVED_WORDS), "")
    yield from ("## Late sources", "")
    if report.late_sources.is_empty():
        yield from ("No source is late.", "")
    yield from _table(report.late_sources)
    yield from (_said(one) for one in report.errors)
    yield from ("## Restated since the last publish", "", _said(report.restated), "")
    yield from _table(report.restated_rows)
    yield from ("## Rows read", "")
    yield from _table(report.health)
    yield from (_said(report.audit), "", "## Where this comes from", "")
    yield from (f"- {_said(name)}: {_said(value)}" for name, value in report.stamp)


def _said(text: str) -> str:
    """Return a text so that Markdown shows it as it is, with no more signs than that takes."""
    joined = AUTOLINK.sub("\\1\u2060", plain_text(text, limit=LONG))
    return _BEGINS.sub(r"\1\\\2", _ACTIVE.sub(r"\\\1", joined))


def _table(frame: pl.DataFrame) -> Iterator[str]:
    if frame.is_empty():
        return
    yield "| " + " | ".join(_said(name) for name in frame.columns) + " |"
    yield "|" + "---|" * frame.width
    for row in frame.iter_rows():
        yield "| " + " | ".join(_cell(value) for value in row) + " |"
    yield ""


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    text = plain_text(str(value), limit=LONG)
    url = safe_link(text) if text.startswith("https://") else None
    if url and not set(url) & set("()<>|\\`\"'"):
        return f"[open](<{url}>)"
    return _said(text)
