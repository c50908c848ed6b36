"""What a viewer does in a browser: shares an address, takes rows and reports away."""

import io
import zipfile
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Browser, Page

from tests.dashboards.browsing import DESK, FINISHED, open_page

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
