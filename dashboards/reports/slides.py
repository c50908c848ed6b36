"""A report as slides: native charts and tables that can be edited, definitions in the notes."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import polars as pl
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_MARKER_STYLE
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.util import Emu, Inches, Pt

from dashboards.reports.content import CardText, Picture, Report
from dashboards.reports.fixed_zip import fixed
from dashboards.safe_text import plain_text
from dashboards.theme import LIGHT
from dashboards.words import DAY, HOUR, short_unit

_TONES = {"better": LIGHT.good, "worse": LIGHT.bad}
_TITLE_ONLY = 5
_MARGIN = 0.5
_WIDE = 13.333 - 2 * _MARGIN
_ROWS_A_SLIDE = 14
_CELL = 160
_HEAD_INCHES, _LETTERS_AN_INCH = 0.3, 13  # at ten points
Box = tuple[float, float, float, float]


def slides_of(report: Report, *, made_at: datetime) -> bytes:
    """Return the report as a 16:9 presentation; the same report gives the same bytes.

    Units: boxes are left, top, width and height in inches.
    """
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    deck.core_properties.title = report.title
    deck.core_properties.author = "Leadline"
    deck.core_properties.created = deck.core_properties.modified = made_at.replace(tzinfo=None)
    _cards(deck, report)
    _charts(deck, report)
    _changes(deck, report)
    _meanings(deck, report)
    _tables(deck, "Restated since the last publish", report.restated_rows, said=report.restated)
    _tables(deck, "Rows read", report.health, said=report.audit)
    target = io.BytesIO()
    deck.save(target)
    return fixed(target.getvalue(), made_at=made_at)


def _slide(deck: Any, report_title: str, subtitle: str = "") -> Any:
    slide = deck.slides.add_slide(deck.slide_layouts[_TITLE_ONLY])
    title = slide.shapes.title
    title.left, title.top = Inches(_MARGIN), Inches(0.3)
    title.width, title.height = Inches(_WIDE), Inches(0.75)
    _write(title.text_frame, [(report_title, 24, True, LIGHT.ink)])
    if subtitle:
        _text(slide, (_MARGIN, 1.0, _WIDE, 0.35), [(subtitle, 12, False, LIGHT.muted)])
    return slide


Line = tuple[str, int, bool, str]


def _rgb(colour: str) -> Any:
    return RGBColor.from_string(colour.removeprefix("#"))  # type: ignore[no-untyped-call]


def _text(slide: Any, box: Box, lines: Sequence[Line]) -> Any:
    shape = slide.shapes.add_textbox(*(Inches(one) for one in box))
    _write(shape.text_frame, lines)
    return shape


def _write(frame: Any, lines: Sequence[Line]) -> None:
    frame.word_wrap = True
    frame.vertical_anchor = MSO_ANCHOR.TOP
    for at, (text, size, is_bold, colour) in enumerate(lines):
        paragraph = frame.paragraphs[0] if at == 0 else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.LEFT
        run = paragraph.add_run()
        run.text = plain_text(text, limit=1000)
        run.font.size, run.font.bold = Pt(size), is_bold
        run.font.color.rgb = _rgb(colour)


def _cards(deck: Any, report: Report) -> None:
    slide = _slide(deck, report.headline, report.subtitle)
    if report.late:
        _text(slide, (_MARGIN, 1.35, _WIDE, 0.35), [(report.late, 12, True, LIGHT.bad)])
    width = (_WIDE - 2 * 0.2) / 3
    for at, card in enumerate(report.cards):
        left = _MARGIN + at % 3 * (width + 0.2)
        top = 1.8 + at // 3 * 2.65
        shape = _text(slide, (left, top, width, 2.5), _card_lines(card))
        shape.text_frame.auto_size = MSO_AUTO_SIZE.NONE
        shape.line.color.rgb = _rgb(LIGHT.faint)
        shape.line.width = Pt(0.75)
    stamp = "; ".join(f"{name} {value}" for name, value in report.stamp)
    _text(slide, (_MARGIN, 7.05, _WIDE, 0.3), [(stamp, 8, False, LIGHT.muted)])
    _note(slide, report)


def _card_lines(card: CardText) -> list[Line]:
    lines = [
        (card.label, 12, True, LIGHT.ink),
        (card.figure, 26, True, LIGHT.ink),
        (card.change, 12, card.tone in _TONES, _TONES.get(card.tone, LIGHT.ink)),
        (card.sentence, 12, False, LIGHT.ink),
        (card.beside, 11, False, LIGHT.ink),
        (card.evidence, 10, False, LIGHT.muted),
        (card.band, 10, False, LIGHT.muted),
    ]
    return [line for line in lines if line[0]]


def _note(slide: Any, report: Report) -> None:
    said = [f"Selected: {report.selected}"]
    said += [
        f"{one.title}: {one.plain_words} How it is made: {one.formula} "
        f"Definition: {one.source}. {one.counted}"
        for one in report.meanings
    ]
    slide.notes_slide.notes_text_frame.text = plain_text("\n".join(said[:1])) + "\n" + "\n".join(
        plain_text(one, limit=2000) for one in said[1:]
    )  # fmt: skip


def _charts(deck: Any, report: Report) -> None:
    slide = _slide(deck, report.months, report.subtitle)
    width, height = _WIDE / 3, 2.8
    for at, picture in enumerate(report.pictures):
        left, top = _MARGIN + at % 3 * width, 1.45 + at // 3 * (height + 0.1)
        name = f"{picture.title} ({_unit(picture)[0]})"
        _text(slide, (left, top, width, 0.3), [(name, 12, True, LIGHT.ink)])
        if any(point.reading.is_known for point in picture.points):
            _chart(slide, (left, top + 0.3, width - 0.1, height - 0.35), picture)
        else:
            box = (left, top + 1.0, width, 0.3)
            _text(slide, box, [("No data in this time.", 11, False, LIGHT.muted)])
    _note(slide, report)


def _unit(picture: Picture) -> tuple[str, float]:
    """Return the unit of a chart's axis and what a value is divided by to be in it."""
    known = [point.reading for point in picture.points if point.reading.is_known]
    unit = known[-1].unit if known else ""
    if unit == "ratio":
        return "%", 0.01
    if unit != "seconds":
        return short_unit(unit) or "no data", 1.0
    longest = max(one.value or 0.0 for one in known)
    return ("days", DAY) if longest > 2 * DAY else ("hours", HOUR)


def _chart(slide: Any, box: Box, picture: Picture) -> None:
    _, divisor = _unit(picture)
    data: Any = CategoryChartData()  # type: ignore[no-untyped-call]
    data.categories = [f"{point.start:%b %Y}" for point in picture.points]
    data.add_series(
        picture.title,
        [
            round(point.reading.value / divisor, 4)
            if point.reading.is_known and point.reading.value is not None
            else None
            for point in picture.points
        ],
    )
    places = (Inches(one) for one in box)
    frame = slide.shapes.add_chart(XL_CHART_TYPE.LINE_MARKERS, *places, data)
    frame._element.nvGraphicFramePr.cNvPr.set("descr", picture.said)
    chart = frame.chart
    chart.has_legend = chart.has_title = False
    chart.font.size, chart.font.color.rgb = Pt(9), _rgb(LIGHT.muted)
    chart.value_axis.minimum_scale = 0
    chart.value_axis.has_major_gridlines = False
    chart.value_axis.tick_labels.number_format = "General"
    chart.value_axis.tick_labels.number_format_is_linked = False
    series = chart.plots[0].series[0]
    series.smooth = False
    colour = _rgb(_TONES.get(picture.tone, LIGHT.neutral))
    series.format.line.color.rgb, series.format.line.width = colour, Pt(1.75)
    series.marker.style, series.marker.size = XL_MARKER_STYLE.CIRCLE, 5
    for at, point in enumerate(picture.points):
        if not point.reading.is_known:
            continue
        is_hollow = point.reading.is_provisional or point.reading.is_small
        marker = series.points[at].marker
        marker.style, marker.size = XL_MARKER_STYLE.CIRCLE, 5
        marker.format.fill.solid()
        marker.format.fill.fore_color.rgb = _rgb(LIGHT.paper) if is_hollow else colour
        marker.format.line.color.rgb = colour


def _changes(deck: Any, report: Report) -> None:
    slide = _slide(deck, "What changed, and risks now", report.subtitle)
    lines: list[Line] = [(one, 14, False, LIGHT.ink) for one in report.changed]
    _text(slide, (_MARGIN, 1.4, _WIDE, 1.4), lines)
    risks = report.risks.drop("Source") if "Source" in report.risks.columns else report.risks
    head: Line = ("Risks now", 16, True, LIGHT.ink)
    said = [head]
    if risks.is_empty():
        said.append(("No incident of severity 1 or 2 is open.", 14, False, LIGHT.ink))
    _text(slide, (_MARGIN, 2.9, _WIDE, 0.8), said)
    if risks.height:
        _table(slide, (_MARGIN, 3.4, _WIDE, 0.35 * (risks.height + 1)), risks)
    late: list[Line] = [("Late sources", 16, True, LIGHT.ink)]
    late.append((report.late or "No source is late.", 14, False, LIGHT.ink))
    late += [(one, 12, False, LIGHT.ink) for one in report.errors[:3]]
    _text(slide, (_MARGIN, 5.2, _WIDE, 1.6), late)
    _note(slide, report)


def _meanings(deck: Any, report: Report) -> None:
    frame = pl.DataFrame(
        [
            {"Number": one.title, "Meaning": one.plain_words, "How it is made": one.formula,
             "Definition": one.source, "Rows": one.counted}
            for one in report.meanings
        ]
    )  # fmt: skip
    _tables(deck, "What the numbers mean", frame, said=report.selected, at_once=3, cell=400)


def _tables(
    deck: Any, title: str, frame: pl.DataFrame, *, said: str, at_once: int = _ROWS_A_SLIDE,
    cell: int = _CELL,
) -> None:  # fmt: skip
    for start in range(0, max(frame.height, 1), at_once):
        slide = _slide(deck, title if start == 0 else f"{title}, continued", said)
        part = frame.slice(start, at_once)
        if part.height:
            _table(slide, (_MARGIN, 1.6, _WIDE, 0.33 * (part.height + 1)), part, cell=cell)


def _table(slide: Any, box: Box, frame: pl.DataFrame, *, cell: int = _CELL) -> None:
    left, top, wide, _ = box
    texts = [
        [plain_text(f"{one:,}" if isinstance(one, int) else str(one), limit=cell) for one in row]
        for row in frame.iter_rows()
    ]
    widths = _widths([list(frame.columns), *texts], wide)
    heights = [_HEAD_INCHES, *(_height(row, widths) for row in texts)]
    places = (Inches(one) for one in (left, top, wide, sum(heights)))
    table = slide.shapes.add_table(len(heights), frame.width, *places).table
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Inches(width)
    for row, height in zip(table.rows, heights, strict=True):
        row.height = Inches(height)
    for at, name in enumerate(frame.columns):
        _fill(table.cell(0, at), (name, 10, True, LIGHT.paper))
        table.cell(0, at).fill.solid()
        table.cell(0, at).fill.fore_color.rgb = _rgb(LIGHT.neutral)
    for line, row in enumerate(texts, start=1):
        for at, text in enumerate(row):
            _fill(table.cell(line, at), (text, 10, False, LIGHT.ink))


def _widths(rows: Sequence[Sequence[str]], wide: float) -> list[float]:
    """Return the inches of each column: by its longest text and word, within bounds."""
    shares = []
    for texts in zip(*rows, strict=True):
        word = max(len(one) for text in texts for one in text.split() or [""])
        shares.append(min(60, max(10, round(1.7 * word), *(len(text) for text in texts))))
    return [wide * one / sum(shares) for one in shares]


def _height(row: Sequence[str], widths: Sequence[float]) -> float:
    """Return the inches that the longest text of a row needs at ten points."""
    lines = [
        -(-len(text) // max(1, int((width - 0.2) * _LETTERS_AN_INCH)))
        for text, width in zip(row, widths, strict=True)
    ]
    return 0.12 + 0.18 * max(1, *lines)


def _fill(cell: Any, line: Line) -> None:
    cell.margin_top = cell.margin_bottom = Emu(20_000)
    _write(cell.text_frame, [line])
