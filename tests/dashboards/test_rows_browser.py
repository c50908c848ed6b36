"""From a number to its rows, from a mark to the list under it, and pages of very many rows."""

import io
import re
import statistics
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dashboards.words import duration_words
from tests.dashboards.browsing import DRAWN, open_page, serving_pages
from tests.dashboards.estate import AS_OF, HOSTILE, Estate, make_estate, publish

pytestmark = pytest.mark.browser
NO_PICKER = "delete window.showSaveFilePicker"


def _row_count(place: Page | Locator) -> int:
    """Return how many rows the first table of a place holds, as it tells a screen reader."""
    grid = place.locator("[data-testid='stDataFrame'] [role='grid']").first
    grid.wait_for(state="attached")
    return int(grid.get_attribute("aria-rowcount") or 0) - 1


def _wait_for_rows(page: Page, n: int) -> None:
    """Wait until the first table holds so many rows: it follows the page a little later."""
    grid = page.locator("[data-testid='stDataFrame'] [role='grid']").first
    expect(grid).to_have_attribute("aria-rowcount", str(n + 1), timeout=30_000)


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    assert found is not None, text
    return int(found.group(1).replace(",", ""))


def test_the_number_of_a_card_is_made_of_the_rows_behind_it(browser: Browser, address: str) -> None:
    page, watched = open_page(browser, address, "?team=Payments&period=365+days")
    page.evaluate(NO_PICKER)
    card = page.locator(".st-key-card_time_to_restore").inner_text()
    whole, middle = _number(r"\bn ([\d,]+)", card), re.search(r"within (.*)\.", card)
    assert middle is not None
    page.locator(".st-key-explain_time_to_restore button").click()
    dialog = page.locator("[data-testid='stDialog']")
    dialog.get_by_text("Counted.").wait_for()
    told = dialog.inner_text()
    counted = _number(r"([\d,]+) rows counted", told)
    left_out = _number(r"counted; ([\d,]+) left out", told)
    reasons = re.search(r"left out: ([^.]*)\.", told)
    assert reasons is not None
    assert sum(_number(r"^([\d,]+) ", part) for part in reasons[1].split("; ")) == left_out
    assert counted == whole
    assert _row_count(dialog) == counted + left_out
    dialog.locator(".st-key-export_time_to_restore_rows button").first.click()
    with page.expect_download(timeout=60_000) as waiting:
        page.get_by_role("button", name="CSV", exact=True).click()
    rows = pl.read_csv(io.BytesIO(Path(waiting.value.path()).read_bytes()), infer_schema=False)
    made_of = rows.filter(pl.col("exclusion_reason").fill_null("") == "")
    assert (rows.height, made_of.height) == (counted + left_out, whole)
    over = made_of.filter(pl.col("is_open").str.to_lowercase() == "false")
    assert duration_words(statistics.median(over["value"].cast(float))) == middle[1]
    assert all(link.startswith("https://pagerduty.example/") for link in rows["source_url"])
    assert watched.complaints == []
    page.context.close()


def test_a_mark_of_the_timeline_says_its_instant_in_utc_and_filters_the_list(
    browser: Browser, address: str, estate: Estate
) -> None:
    page, watched = open_page(browser, address, "timeline?period=30+days&service=ledger")
    every = _row_count(page)
    mark = page.locator(".js-plotly-plot .scatterlayer .points path").nth(1)
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    hover = page.locator(".js-plotly-plot .hoverlayer text").first
    hover.wait_for()
    assert re.search(r"deployed \d+ \w+ 2026 \d\d:\d\d UTC", hover.text_content() or "")
    page.mouse.click(*middle)
    page.wait_for_function("() => location.search.includes('mark=deployment')")
    page.get_by_text("Within a day of the selected mark").wait_for()
    page.wait_for_function(DRAWN)
    chosen = page.evaluate("new URLSearchParams(location.search).get('mark')")
    expected = _within_a_day(estate, chosen.removeprefix("deployment:"))
    assert len(expected) < every
    _wait_for_rows(page, len(expected))
    page.locator(".st-key-show_all button").click()
    page.get_by_text("All of them, newest first").wait_for()
    page.wait_for_function(DRAWN)
    _wait_for_rows(page, every)
    assert watched.complaints == []
    page.context.close()


def _within_a_day(estate: Estate, deployment_id: str) -> list[datetime]:
    """Return when the service of a deployment had anything happen within a day of it."""
    one = next(row for row in estate.deployments if row["deployment_id"] == deployment_id)
    moments = [
        *((row["service_id"], row["finished_at"]) for row in estate.deployments),
        *((row["service_id"], row["impact_started_at"]) for row in estate.incidents),
    ]
    return [
        moment
        for service, moment in moments
        if service == one["service_id"] and abs(moment - one["finished_at"]) <= timedelta(days=1)
    ]


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a build of more than ten thousand deployments whose every title is a stranger's."""
    home = tmp_path_factory.mktemp("crowded")
    whole = make_estate(as_of=AS_OF, days=360, seed=7)
    for seed in range(1, 5):
        more = make_estate(as_of=AS_OF, days=360, seed=seed)
        for rows, mine in (
            (more.deployments, whole.deployments), (more.changes, whole.changes),
            (more.incidents, whole.incidents), (more.incident_services, whole.incident_services),
        ):  # fmt: skip
            names = ("deployment_id", "change_id", "incident_id", "root_incident_id")
            mine += [
                row | {name: f"{row[name]}-{seed}" for name in names if name in row} for row in rows
            ]
    for number, row in enumerate([*whole.changes, *whole.incidents]):
        row["title"] = HOSTILE[number % len(HOSTILE)]
    assert len(whole.deployments) >= 10_000
    publish(home, whole)
    with serving_pages(home) as url:
        yield url


@pytest.mark.parametrize("path", ["", "timeline", "incidents", "delivery", "rework", "recovery"])
def test_ten_thousand_rows_of_hostile_titles_are_drawn_and_do_nothing(
    browser: Browser, crowded: str, path: str
) -> None:
    page, watched = open_page(browser, crowded, f"{path}?period=365+days")
    main = page.locator("[data-testid='stMain']")
    assert page.locator("[data-testid='stException']").count() == 0
    assert not {"nan", "None", "NaT", "Traceback"} & set(main.inner_text().split())
    assert main.locator("img, script, .katex").count() == 0
    assert page.evaluate("window.__x") is None
    assert watched.foreign == []
    assert watched.complaints == []
    page.context.close()


@pytest.mark.parametrize("home", ["quiet_home", "lone_home"])
def test_pages_of_nothing_and_of_one_row_are_whole_in_a_browser(
    browser: Browser, request: pytest.FixtureRequest, home: str
) -> None:
    with serving_pages(request.getfixturevalue(home)) as url:
        for path in ("", "timeline", "incidents", "delivery"):
            page, watched = open_page(browser, url, path)
            main = page.locator("[data-testid='stMain']")
            assert page.locator("[data-testid='stException']").count() == 0
            assert not {"nan", "None", "NaT", "Traceback"} & set(main.inner_text().split())
            assert not re.search(r"\b1 (deployments|incidents|changes|rows)\b", main.inner_text())
            assert watched.complaints == []
            page.context.close()
