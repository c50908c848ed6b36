"""How long a reader waits, in a browser: `python -m tests.dashboards.latency HOME [LOADS]`.

First card: a context of its own opens the summary; the very first load also starts the server's
caches. Another team: it is chosen until the cards have its numbers. A page: until it is whole.
Medians and 95th percentiles of the loads, in seconds, as a table in Markdown.
"""

import statistics
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.dashboards.browsing import DESK, PAGES, chromium, serving_pages

CARD = "[class*='st-key-card_']"
DRAWN = "() => !document.querySelector('[data-testid=stStatusWidget]')"


def main(home: Path, loads: int) -> None:
    """Measure and print."""
    rows: list[tuple[str, list[float]]] = []
    with serving_pages(home) as address, chromium() as browser:
        rows.append(("summary, very first", [_cold(browser, address)]))
        rows.append(("summary, first card", [_cold(browser, address) for _ in range(loads)]))
        rows.append(("summary, another team", _changes(browser, address, loads=loads)))
        for path in PAGES[1:]:
            rows.append((path, [_whole(browser, f"{address}/{path}") for _ in range(2)]))
    sys.stdout.write("| what | median s | 95th s | n |\n|---|---|---|---|\n")
    for name, seconds in rows:
        worst = sorted(seconds)[max(0, round(len(seconds) * 0.95) - 1)]
        median = statistics.median(seconds)
        sys.stdout.write(f"| {name} | {median:.2f} | {worst:.2f} | {len(seconds)} |\n")


def _page(browser: Browser) -> Page:
    return browser.new_context(viewport=DESK).new_page()


def _cold(browser: Browser, address: str) -> float:
    page = _page(browser)
    began = time.perf_counter()
    page.goto(address)
    page.wait_for_selector(CARD, timeout=60_000)
    seconds = time.perf_counter() - began
    page.context.close()
    return seconds


def _whole(browser: Browser, url: str) -> float:
    page = _page(browser)
    began = time.perf_counter()
    page.goto(url)
    page.wait_for_selector("h1", timeout=60_000)
    page.wait_for_function(DRAWN)
    seconds = time.perf_counter() - began
    page.context.close()
    return seconds


def _changes(browser: Browser, address: str, *, loads: int) -> list[float]:
    page = _page(browser)
    page.goto(address)
    page.wait_for_selector(CARD, timeout=60_000)
    page.wait_for_function(DRAWN)
    field = page.locator(".st-key-team input")
    field.click()
    teams = page.locator("[role='option']").all_inner_texts()[1:]
    page.keyboard.press("Escape")
    seconds = []
    for number in range(loads):
        before = page.locator(".st-key-cards").inner_text()
        field.click()
        team = teams[number % len(teams)]
        field.fill(team)
        option = page.get_by_role("option", name=team, exact=True)
        option.wait_for()
        began = time.perf_counter()
        option.click()
        page.wait_for_function(
            "before => document.querySelector('.st-key-cards')?.innerText !== before", arg=before
        )
        seconds.append(time.perf_counter() - began)
        page.wait_for_function(DRAWN)
    return seconds


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5)
