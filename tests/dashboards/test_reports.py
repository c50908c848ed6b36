"""A report says what the page says, the same every time, and takes nothing from outside."""

import io
import re
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest
from pptx import Presentation

from dashboards import reports
from dashboards.cards import is_listed
from dashboards.catalogue import HEADLINES
from dashboards.exports import export_bytes
from dashboards.reading import Reading
from dashboards.reports import ENDINGS, UnknownChoice, render, view_of
from dashboards.reports.content import Report, report_of
from dashboards.reports.document import markdown_of
from dashboards.reports.page import html_of
from dashboards.reports.slides import slides_of
from dashboards.reports.svg import chart_svg
from dashboards.series import Point
from tests.dashboards.estate import AS_OF, HOSTILE
from transforms.home import Home
from transforms.published import Published, open_published

HOSTILE_TITLES = (
    "<img src=file:///etc/passwd>",
    "<style>@import url(file:///etc/passwd)</style>",
    "@import 'https://evil.example/x.css';",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<script>window.__x=1</script>",
    "![x](https://evil.example/x.png) [y](javascript:alert(1)) https://evil.example",
    "=HYPERLINK(\"https://evil.example\")",
    "</td></table><iframe src=//evil.example>",
    "a | b `c` *d* _e_ $f$ :red[g] # h",
)  # fmt: skip


@pytest.fixture(scope="module")
def published(published_home: Path) -> Published:
    return open_published(Home(root=published_home))


@pytest.fixture(scope="module")
def report(published: Published) -> Report:
    return report_of(view_of(published))


def spaced(text: str) -> str:
    return " ".join(text.split())


def html_text(content: str) -> str:
    """Return what a reader of the HTML sees, read by a parser of XML."""
    body = re.search(r"<body>.*</body>", content, re.DOTALL)
    assert body is not None
    return spaced(" ".join(ElementTree.fromstring(body.group()).itertext()))


def markdown_text(content: str) -> str:
    unescaped = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", content)
    return spaced(unescaped.replace("\u2060", "").replace("|", " "))


def slides_text(content: bytes) -> str:
    said = []
    for slide in Presentation(io.BytesIO(content)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                said += [paragraph.text for paragraph in shape.text_frame.paragraphs]
            if getattr(shape, "has_table", False) and shape.has_table:
                said += [cell.text for row in shape.table.rows for cell in row.cells]
    return spaced(" ".join(said))


@pytest.mark.parametrize("format", [name for name in ENDINGS if name != "pdf"])
def test_the_same_build_gives_the_same_bytes(format: str, published: Published) -> None:
    first, second = (render(published, format) for _ in range(2))
    assert first == second
    assert render(published, format, team="Payments") != first


def test_a_report_is_one_file_without_script_or_reference(report: Report) -> None:
    content = html_of(report)
    assert "<script" not in content
    assert "default-src 'none'" in content
    assert not re.search(r"\b(src|srcset|data|poster|background)\s*=", content)
    assert not re.search(r"url\(|@import|<link|<iframe|<object|<embed", content)
    assert content.count("<svg") == len(report.cards)


def test_every_format_says_every_card_and_the_headline(report: Report) -> None:
    at = AS_OF
    texts = (
        html_text(html_of(report)),
        markdown_text(markdown_of(report)),
        slides_text(slides_of(report, made_at=at)),
    )
    for card in report.cards:
        for part in (card.label, card.figure, card.change, card.sentence, card.evidence):
            for text in texts:
                assert spaced(part) in text
    for text in texts:
        assert report.headline in text
        assert dict(report.stamp)["Build"] in text


def hostile(report: Report) -> Report:
    """Return the report with hostile text in every place that a source writes."""
    risks = pl.DataFrame(
        {
            "Source": ["" for _ in HOSTILE_TITLES],
            "Incident": list(HOSTILE_TITLES),
            "Severity": ["1" for _ in HOSTILE_TITLES],
        }
    )
    return replace(report, risks=risks, headline=HOSTILE_TITLES[0], errors=HOSTILE_TITLES)


def test_hostile_titles_are_shown_as_they_are_written(report: Report) -> None:
    tried = hostile(report)
    content = html_of(tried)
    seen = html_text(content)
    for title in HOSTILE_TITLES:
        assert spaced(title) in seen
    assert not re.search(r"<(img|script|link|iframe)\b", content)
    assert content.count("<style") == 1
    slides = slides_text(slides_of(tried, made_at=AS_OF))
    assert spaced(HOSTILE_TITLES[6]) in slides
    document = markdown_of(tried)
    said = document.split("## Late sources")[1].split("## Restated")[0]
    # A link or picture needs its bracket, a tag its angle: none stands without a backslash.
    assert not re.search(r"(?<!\\)[\[\]<>`*_$#|~]", said)
    for title in HOSTILE_TITLES[:-1]:
        assert spaced(title.replace("|", " ")) in markdown_text(document)


@pytest.mark.system
def test_pdf_says_the_cards_fetches_nothing_and_is_the_same_every_time(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pypdf import PdfReader

    from dashboards.reports import pdf

    asked: list[str] = []
    denying = pdf._denying()

    def watched(url: str, headers: object = None) -> object:
        asked.append(url)
        raise pdf.FetchRefused(url)

    denying.fetch = watched
    monkeypatch.setattr(pdf, "_denying", lambda: denying)
    content = pdf.pdf_of(html_of(hostile(report)), made_at=AS_OF)
    assert content == pdf.pdf_of(html_of(hostile(report)), made_at=AS_OF)
    assert asked == []
    text = spaced(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages))
    for card in report.cards:
        assert card.figure in text
        assert card.evidence in text
    assert "file:///etc/passwd" in text
    assert "root:" not in text


@pytest.mark.system
def test_a_document_that_asks_for_a_file_does_not_get_it() -> None:
    from dashboards.reports.pdf import pdf_of

    page = (
        '<html><head><title>t</title></head><body><img src="file:///etc/hostname">a</body></html>'
    )
    with_image = pdf_of(page, made_at=AS_OF)
    without = pdf_of(page.replace("file:///etc/hostname", ""), made_at=AS_OF)
    assert b"/Image" not in with_image
    assert abs(len(with_image) - len(without)) < 200


GRID = tuple(
    product(("", "Payments", "Search"), ("", "login"), ("30 days", "90 days", "Whole history"))
)


@pytest.mark.parametrize(("team", "service", "period"), GRID)
def test_card_rows_export_report_and_macro_agree(
    team: str, service: str, period: str, published: Published
) -> None:
    view = view_of(published, team=team, service=service, period=period)
    made = report_of(view)
    texts = (html_text(html_of(made)), markdown_text(markdown_of(made)))
    chosen = view.selection
    for spoken, card in zip(HEADLINES, made.cards, strict=True):
        macro = published.window(
            spoken.metric, since=chosen.since, until=chosen.until, team_ids=chosen.team_ids,
            service_ids=chosen.service_ids,
        ).row(0, named=True)  # fmt: skip
        rows = view.all_observations(spoken.metric)
        exported = pl.read_parquet(io.BytesIO(export_bytes(rows, "parquet", title="rows")))
        counted = exported.filter(pl.col("exclusion_reason").is_null())
        now = view.now(spoken.metric)
        assert now.n == (macro["n"] or 0) == counted.height
        assert now.value == macro["value"]
        if now.unit == "ratio" and counted.height:
            assert now.value == pytest.approx(counted["is_numerator"].mean())
        if now.unit == "seconds" and not now.open_count and counted.height:
            assert now.value == pytest.approx(counted["value"].median())
        if is_listed(now):
            assert card.figure.startswith(f"{counted.height} ")
        for text in texts:
            assert spaced(f"{card.label} {card.figure}") in text
            assert spaced(card.evidence) in text


def reading(value: float | None, *, n: int = 20, is_provisional: bool = False) -> Reading:
    return Reading(
        metric="m", unit="seconds", state="ok" if value is not None else "no_data", value=value,
        n=n, numerator=None, denominator=None, low=None, high=None, mean=None, p75=None, p90=None,
        open_count=0, excluded_count=0, coverage=1.0, is_provisional=is_provisional,
    )  # fmt: skip


def series(*values: float | None, last_is_provisional: bool = False) -> list[Point]:
    first = date(2026, 1, 5)
    return [
        Point(
            start=first + timedelta(weeks=at),
            end=first + timedelta(weeks=at + 1),
            reading=reading(value, is_provisional=last_is_provisional and at == len(values) - 1),
        )
        for at, value in enumerate(values)
    ]


def test_a_gap_stays_a_gap() -> None:
    whole = chart_svg(series(1.0, 2.0, 3.0, 4.0), own_range=None, said="x")
    broken = chart_svg(series(1.0, 2.0, None, 3.0, 4.0), own_range=None, said="x")
    alone = chart_svg(series(1.0, None, 3.0), own_range=None, said="x")
    assert [one.count("<polyline") for one in (whole, broken, alone)] == [1, 2, 0]
    assert [one.count("<circle") for one in (whole, broken, alone)] == [4, 4, 2]


def test_a_provisional_period_is_hatched_and_its_mark_hollow() -> None:
    plain = chart_svg(series(1.0, 2.0), own_range=None, said="x")
    young = chart_svg(series(1.0, 2.0, last_is_provisional=True), own_range=None, said="x")
    assert young.count("<line") > plain.count("<line")
    assert (plain.count('fill="#FFFFFF"'), young.count('fill="#FFFFFF"')) == (0, 1)


def test_a_change_point_has_a_line_and_its_date() -> None:
    points = series(1.0, 2.0, 3.0)
    drawn = chart_svg(points, own_range=(0.5, 3.5), changes=[date(2026, 1, 12)], said="x")
    assert "changed 12 Jan 2026" in drawn
    assert "changed" not in chart_svg(points, own_range=None, changes=[date(2020, 1, 1)], said="x")


def test_a_picture_is_sound_xml_and_says_what_it_shows() -> None:
    drawn = chart_svg(series(60.0, 7200.0), own_range=None, said='<img src="x">')
    root = ElementTree.fromstring(drawn)
    assert root.get("aria-label") == '<img src="x">'
    assert "No data in this time." in chart_svg(series(None, None), own_range=None, said="x")


@pytest.mark.parametrize(
    ("asked", "told"),
    [({"team": "Nobody"}, "Payments"), ({"period": "1 day"}, "90 days")],
)
def test_an_unknown_choice_is_told_with_what_there_is(
    asked: dict[str, str], told: str, published: Published
) -> None:
    with pytest.raises(UnknownChoice, match=told):
        render(published, "html", **asked)
    with pytest.raises(UnknownChoice, match="markdown"):
        render(published, "docx")


@pytest.mark.parametrize("home", ["quiet_home", "lone_home", "stale_home"])
def test_a_build_with_little_in_it_has_a_report_without_holes(
    home: str, request: pytest.FixtureRequest
) -> None:
    build = open_published(Home(root=request.getfixturevalue(home)))
    for format in ("html", "markdown", "pptx"):
        assert render(build, format)
    text = html_text(render(build, "html").decode())
    assert not re.search(r"\b(nan|NaN|None|NaT|null)\b", text)


def test_the_risks_of_the_estate_are_in_the_report_literally(report: Report) -> None:
    listed = [title for title in HOSTILE if spaced(title) in html_text(html_of(report))]
    assert report.risks.is_empty() or listed
    assert reports.ENDINGS["markdown"] == "md"
