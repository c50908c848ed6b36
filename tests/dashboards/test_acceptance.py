"""What a viewer does in a browser: shares an address, takes rows and reports away."""

import io
import zipfile
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Browser, Page

from tests.dashboards.browsing import DESK, DRAWN, FINISHED, open_page, serving_pages

pytestmark = pytest.mark.browser
ADDRESS = "?team=Payments&service=ledger&from=2026-07-01&to=2026-11-01"
# Without this Chromium asks where to save in a window of its own, which no test can answer.
NO_PICKER = "delete window.showSaveFilePicker"


def _state(page: Page) -> tuple[list[str], str]:
    """Return what the filters hold and what the cards say."""
    fields = page.locator(".st-key-filters input")
    values = [fields.nth(index).input_value() for index in range(fields.count())]
    return values, page.locator(".st-key-cards").inner_text()


def test_an_address_that_is_sent_on_shows_the_same_filters_and_numbers(
    browser: Browser, address: str
) -> None:
    first, _ = open_page(browser, address, ADDRESS)
    plain, _ = open_page(browser, address, "")
    sent = first.url
    for part in ("team=Payments", "service=ledger", "from=2026-07-01", "to=2026-11-01"):
        assert part in sent
    second, _ = open_page(browser, address, sent.removeprefix(f"{address}/"))
    assert _state(second) == _state(first)
    assert _state(plain) != _state(first)
    for page in (first, plain, second):
        page.context.close()


def _taken(page: Page, button: str) -> tuple[str, bytes]:
    with page.expect_download(timeout=60_000) as waiting:
        page.get_by_role("button", name=button, exact=True).click()
    found = waiting.value
    return found.suggested_filename, Path(found.path()).read_bytes()


def _opened(browser: Browser, url: str) -> Page:
    context = browser.new_context(viewport=DESK, accept_downloads=True)
    context.add_init_script(NO_PICKER)
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("h1")
    page.wait_for_selector(FINISHED, state="attached", timeout=60_000)
    return page


def test_rows_leave_in_every_format_under_a_name_that_says_what_they_are(
    browser: Browser, address: str, live_home: Path
) -> None:
    page = _opened(browser, f"{address}/downloads?table=incident_services")
    page.locator(".st-key-export_incident_services button").first.click()
    name, text = _taken(page, "CSV")
    assert name.startswith("leadline_incident_services_as-of-")
    rows = pl.read_csv(io.BytesIO(text), infer_schema=False)
    _, parquet = _taken(page, "Parquet")
    assert pl.read_parquet(io.BytesIO(parquet)).height == rows.height > 0
    _, arrow = _taken(page, "Arrow IPC")
    assert pl.read_ipc(io.BytesIO(arrow)).height == rows.height
    _, sheet = _taken(page, "Excel (XLSX)")
    assert zipfile.ZipFile(io.BytesIO(sheet)).testzip() is None
    kept = (live_home / "lake" / "decisions" / "decisions.jsonl").read_text("utf-8")
    assert kept.count('"export"') >= 4
    page.context.close()


def test_the_report_says_the_numbers_of_the_cards(browser: Browser, address: str) -> None:
    page = _opened(browser, address)
    cards = page.locator(".st-key-cards").inner_text()
    failures = next(line for line in cards.splitlines() if "deployments failed" in line)
    page.locator(".st-key-report button").first.click()
    name, text = _taken(page, "Markdown")
    assert name.startswith("leadline_report_")
    assert failures.split(" (")[0] in text.decode()
    _, page_text = _taken(page, "HTML")
    assert failures.split(" (")[0] in page_text.decode()
    page.context.close()


def test_back_returns_to_the_page_before_with_its_filters(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address, "?team=Payments")
    before = _state(page)
    page.locator("[data-testid='stTopNavSection']", has_text="Improvement").click()
    page.locator("a", has_text="Lead-time stages").last.click()
    page.wait_for_function("() => location.pathname.includes('delivery')")
    page.wait_for_function(DRAWN)
    assert "team=Payments" in page.url
    page.go_back()
    page.wait_for_selector(".st-key-cards")
    page.wait_for_function(DRAWN)
    assert _state(page) == before
    page.context.close()


@pytest.mark.parametrize(
    ("home", "sentences"),
    [
        ("quiet_home", ("Nothing was deployed and no incident", "Nothing can be compared")),
        (
            "stale_home",
            ("1 of 4 sources is late (pagerduty)", "Run leadline run", "Too little is known"),
        ),
        ("tmp_path", ("Nothing has been published yet", "leadline demo")),
    ],
)
def test_no_data_late_data_and_no_build_are_each_said(
    browser: Browser, request: pytest.FixtureRequest, home: str, sentences: tuple[str, ...]
) -> None:
    with serving_pages(request.getfixturevalue(home)) as url:
        page = browser.new_context(viewport=DESK).new_page()
        page.goto(url)
        page.wait_for_function(DRAWN, timeout=60_000)
        text = page.inner_text("body")
        for sentence in sentences:
            assert sentence in text
        assert page.locator("[data-testid='stException']").count() == 0
        assert not {"nan", "None", "NaT", "Traceback"} & set(text.split())
        page.context.close()


def test_a_deployment_shows_what_went_in_what_followed_and_the_way_back(
    browser: Browser, address: str
) -> None:
    page, _ = open_page(browser, address, "deployment?deployment=github:basket-9&period=365+days")
    text = page.locator("[data-testid='stMain']").inner_text()
    for part in ("basket", "What went in", "What followed"):
        assert part in text
    links = page.locator("[data-testid='stMain'] a[href^='https://']")
    assert links.count() > 0
    assert "period=365" in page.url
    page.context.close()
