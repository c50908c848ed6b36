"""The pages in a real browser: looks, requests, console, address, hostile text, live publish."""

import os
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from tests.dashboards.browsing import (
    AXE,
    DESK,
    PAGES,
    PHONE,
    ZOOMED,
    open_page,
    violations,
)
from tests.dashboards.estate import AS_OF, make_estate, publish

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_fits_describes_its_charts_asks_nobody_and_complains_of_nothing(
    browser: Browser, address: str, path: str, theme: str, tmp_path: Path
) -> None:
    page, watched = open_page(browser, address, path, theme=theme)
    assert page.locator("h1:visible").count() == 1
    text = page.inner_text("body")
    for missing in ("nan", "None", "NaT", "Traceback"):
        assert missing not in text.split()
    charts = page.locator("[data-testid='stPlotlyChart']")
    assert page.locator("[role='figure'][aria-label]").count() >= charts.count()
    if AXE.exists():
        assert violations(page) == []
    folder = Path(os.environ.get("LEADLINE_SCREENSHOTS", tmp_path))
    for size in (DESK, ZOOMED, PHONE):
        page.set_viewport_size(size)
        page.wait_for_function("() => document.documentElement.scrollWidth <= window.innerWidth")
        page.screenshot(path=folder / f"{path or 'summary'}-{size['width']}-{theme}.png")
    assert watched.foreign == []
    assert watched.complaints == []
    page.context.close()


def test_the_cards_are_above_the_fold(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address, "")
    cards = page.locator("[class*='st-key-card_']")
    assert cards.count() == 6
    for index in range(6):
        box = cards.nth(index).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= DESK["height"]
    page.context.close()


def test_filters_live_in_the_address_and_survive_the_change_of_page(
    browser: Browser, address: str
) -> None:
    page, _ = open_page(browser, address, "delivery?team=Payments&period=30+days")
    section = page.locator("[data-testid='stTopNavSection']", has_text="Overview")
    section.click()
    page.locator("a", has_text="Executive summary").last.click()
    page.wait_for_selector("[class*='st-key-card_']")
    assert "team=Payments" in page.url
    assert "period=30" in page.url
    expect(page.locator(".st-key-filters input").first).to_have_value("Payments")
    page.context.close()


def test_a_bad_address_shows_the_defaults_and_a_notice(browser: Browser, address: str) -> None:
    page, watched = open_page(browser, address, "?team=<script>&from=notadate&env=nope")
    notice = page.locator("[data-testid='stAlert']").first.inner_text()
    assert "the defaults are shown instead" in notice
    assert page.locator("[data-testid='stException']").count() == 0
    assert watched.complaints == []
    page.context.close()


def test_names_from_the_address_are_shown_literally(browser: Browser, address: str) -> None:
    names = ("http://evil.example", "**bold**", ":red[x]", "www.evil.example", "# title", "$a$")
    query = "&".join(f"{quote(name)}=1" for name in names)
    page, watched = open_page(browser, address, f"?{query}")
    notice = page.locator("[data-testid='stAlert']").first
    shown = notice.inner_text().replace("\u2060", "")
    for name in names:
        assert name in shown
    for drawn in ("a", "strong", "h1", ".katex", "img", "[class*='stMarkdownColored']"):
        assert notice.locator(drawn).count() == 0
    assert watched.foreign == []
    page.context.close()


def test_hostile_titles_are_shown_and_do_nothing(browser: Browser, address: str) -> None:
    page, watched = open_page(browser, address, "?period=365+days")
    page.locator(".st-key-explain_time_to_restore button").click()
    dialog = page.locator("[data-testid='stDialog']")
    dialog.locator("[data-testid='stDataFrame']").wait_for()
    page.wait_for_timeout(1000)
    assert "Counted." in dialog.inner_text()
    assert page.evaluate("window.__x") is None
    assert watched.foreign == []
    assert watched.complaints == []
    page.context.close()


def test_a_bar_or_a_row_picks_the_incident_and_the_address_says_which(
    browser: Browser, address: str
) -> None:
    page, watched = open_page(browser, address, "incidents?period=365+days&service=basket")
    told = page.locator("[class*='st-key-suspect_none']")
    told.wait_for()
    # plotly's own layer takes the clicks, so the bar is hit by its place
    page.locator(".js-plotly-plot").first.scroll_into_view_if_needed()
    bar = page.locator(".js-plotly-plot .barlayer path").nth(3).bounding_box()
    assert bar is not None
    page.mouse.click(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2)
    page.wait_for_function("() => location.search.includes('incident=')")
    first = page.url
    assert "service=basket" in first
    table = page.locator("[data-testid='stDataFrame']").first
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 20, box["y"] + 35 * 3 + 17)
    page.wait_for_function("before => location.href !== before", arg=first)
    assert "period=365" in page.url
    assert watched.foreign == []
    assert watched.complaints == []
    page.context.close()


def test_a_judgement_is_asked_for_its_reason_and_shown_as_pending(
    browser: Browser, address: str, live_home: Path
) -> None:
    page, watched = open_page(browser, address, "incidents?period=365+days&service=ledger")
    page.locator(".st-key-confirm_none button").first.click()
    reason = page.locator(".st-key-judgement_reason input")
    reason.fill("![](http://127.0.0.1:9/x.png) the provider failed")
    page.locator(".st-key-judge input").fill("Ada")
    page.locator("[data-testid='stFormSubmitButton'] button", has_text="Keep it").click()
    pending = page.locator(".st-key-suspect_none", has_text="pending until the next build")
    pending.wait_for()
    assert pending.locator("img").count() == 0
    assert page.locator(".st-key-confirm_none button").first.is_disabled()
    assert (live_home / "lake" / "decisions" / "decisions.jsonl").exists()
    assert watched.foreign == []
    assert watched.complaints == []
    page.context.close()


def test_hostile_names_on_the_pages_of_causes_do_nothing(browser: Browser, address: str) -> None:
    for path in ("incidents?period=365+days", "deployment?deployment=github:basket-9"):
        page, watched = open_page(browser, address, path)
        page.wait_for_timeout(1000)
        main = page.locator("[data-testid='stMain']")
        assert main.locator("img, script").count() == 0
        links = main.locator("a[href]").evaluate_all("all => all.map(one => one.href)")
        assert links
        assert all(link.startswith(("https://", address)) for link in links)
        assert page.evaluate("window.__x") is None
        assert watched.foreign == []
        assert watched.complaints == []
        page.context.close()


def test_an_open_page_says_that_newer_data_is_there_and_keeps_its_own(
    browser: Browser, address: str, live_home: Path
) -> None:
    page, watched = open_page(browser, address, "")
    page.locator(".st-key-explain_rework_rate button").wait_for()
    before = page.locator(".st-key-cards").inner_text()
    newer = make_estate(as_of=AS_OF, seed=11)
    publish(live_home, newer, build_id="20261123T090000Z-0000bbbb")
    news = page.locator(".st-key-news")
    news.wait_for(timeout=60_000)
    assert "Newer data is available" in news.inner_text()
    assert page.locator(".st-key-cards").inner_text() == before
    old = live_home / "published" / "builds" / "20261122T090000Z-0000aaaa"
    shutil.rmtree(old)
    page.locator(".st-key-explain_rework_rate button").click()
    page.locator("[data-testid='stDialog']").wait_for()
    page.keyboard.press("Escape")
    news.locator("button").click()
    page.wait_for_function(
        "before => document.querySelector('.st-key-cards').innerText !== before", arg=before
    )
    news.wait_for(state="detached")
    assert watched.complaints == []
    page.context.close()
