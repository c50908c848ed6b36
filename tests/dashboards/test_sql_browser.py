"""The analyst's pages in a real browser: looks, hostile text, and a runaway query beside others."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.dashboards.browsing import DESK, Watched

pytestmark = pytest.mark.browser
ENDLESS = "select count(*) from range(1000000) a, range(1000000) b, range(1000) c"


def opened(at: Browser, place: str, path: str) -> tuple[Page, Watched]:
    page = at.new_context(viewport=DESK).new_page()
    watched = Watched()
    watched.attach(page, place)
    page.goto(f"{place}/{path}")
    page.wait_for_selector("h1")
    return page, watched


def test_a_query_is_typed_run_and_kept_in_the_address(
    browser: Browser,
    address: str,
) -> None:
    page, watched = opened(browser, address, "sql?team=Payments")
    page.get_by_text("rows in").wait_for(timeout=20_000)
    page.locator(".st-key-query textarea").fill("select 41 + 1 as answer")
    page.locator(".st-key-query textarea").press("Control+Enter")
    page.get_by_text("1 row in").wait_for(timeout=20_000)
    assert "team=Payments" in page.url
    again, _ = opened(browser, address, page.url.removeprefix(f"{address}/"))
    again.get_by_text("1 row in").wait_for(timeout=20_000)
    expect(again.locator(".st-key-query textarea")).to_have_value("select 41 + 1 as answer")
    assert watched.complaints == []
    page.context.close()
    again.context.close()


def test_a_runaway_query_is_stopped_and_other_pages_open_meanwhile(
    browser: Browser,
    address: str,
) -> None:
    runaway, _ = opened(browser, address, f"sql?query={quote(ENDLESS)}")
    runaway.get_by_text("Asking").wait_for(timeout=10_000)
    page, _ = opened(browser, address, "")
    page.wait_for_selector("[class*='st-key-figure_']", timeout=10_000)
    assert runaway.get_by_text("Stopped after 10 s").count() == 0
    runaway.get_by_text("Stopped after 10 s").wait_for(timeout=15_000)
    page.context.close()
    runaway.context.close()


def test_an_example_is_opened_by_a_click(
    browser: Browser,
    address: str,
) -> None:
    page, _ = opened(browser, address, "queries?find=what+a+number+leaves")
    page.locator("[data-testid='stExpander'] summary").click()
    with page.context.expect_page() as told:
        page.get_by_role("link", name="Open in SQL").click()
    told.value.wait_for_function(
        "() => document.querySelector('.st-key-query textarea')?.value.includes('_observations')"
    )
    told.value.get_by_text("rows in").wait_for(timeout=20_000)
    place = told.value.url.removeprefix(f"{address}/")
    again, _ = opened(browser, address, place)
    again.wait_for_function(
        "() => document.querySelector('.st-key-query textarea')?.value.includes('_observations')"
    )
    page.context.close()
    again.context.close()


def test_hostile_rows_and_messages_do_nothing(
    browser: Browser,
    address: str,
) -> None:
    bad = "![](http://127.0.0.1:9/x.png) <img src=x onerror=window.__x=1> :red[x] $a$"
    for sql in (f"select '{bad}' as x", f'select "{bad}"', f"-- {bad}\nselect 1 from nowhere"):
        page, watched = opened(browser, address, f"sql?query={quote(sql)}")
        page.wait_for_selector("[data-testid='stDataFrame'], [data-testid='stAlert']")
        page.wait_for_timeout(500)
        main = page.locator("[data-testid='stMain']")
        assert main.locator("img, script, .katex").count() == 0
        assert page.evaluate("window.__x") is None
        assert watched.foreign == []
        page.context.close()
