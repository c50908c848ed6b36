"""A served dashboard and a real browser that watches what pages ask for and complain about."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from dashboards.frame import pages

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
# The first page stands at the root; Streamlit knows it by no other address.
PAGES = ("", *(page.URL_PATH for page in pages()[1:]))
DESK: ViewportSize = {"width": 1280, "height": 720}
PHONE: ViewportSize = {"width": 390, "height": 844}
ZOOMED: ViewportSize = {"width": 640, "height": 360}  # the desk at 200 percent
FINISHED = "[data-testid='stApp'][data-test-script-state='notRunning']"
# The script has ended and not begun again for a while (a first visit runs it twice), nothing on the
# page is of the run before, and every chart is drawn.
DRAWN = f"""() => {{
    const isDrawn = document.querySelector("{FINISHED}")
        && !document.querySelector("[data-stale='true'], [data-testid='stSkeleton']")
        && [...document.querySelectorAll("[data-testid='stPlotlyChart']")]
            .every(one => one.querySelector(".js-plotly-plot"));
    window.drawnSince = isDrawn ? window.drawnSince ?? performance.now() : undefined;
    return isDrawn && performance.now() - window.drawnSince > 700;
}}"""
# Colours that fade in, or fade while a part of the page asks again, are not what a reader sees.
REST = """() => {
    const still = new CSSStyleSheet();
    still.replaceSync("*, *::before, *::after { transition: none !important; }"
        + " [data-stale='true'] { opacity: 1 !important; }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];
    document.getAnimations().forEach(one => {
        if (one.effect.getComputedTiming().endTime !== Infinity) one.finish(); });
}"""
# Streamlit first asks for these below the page's own path when a page is opened by its address.
PROBES = ("/_stcore/health", "/_stcore/host-config")


AXE = Path(os.environ.get("LEADLINE_NPM", ""), "node_modules", "axe-core", "axe.min.js")
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]


@dataclass
class Watched:
    """What a page asked for and complained about."""

    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def attach(self, page: Page, address: str) -> None:
        page.on("request", lambda request: self._request(request.url, address))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "response",
            lambda reply: self._reply(reply.status, reply.url),
        )
        page.on("console", lambda said: self._said(said.type, said.text))

    def _request(self, url: str, address: str) -> None:
        if not url.startswith((address, "data:", "blob:")):
            self.foreign.append(url)

    def _reply(self, status: int, url: str) -> None:
        if status >= 400 and not url.endswith(PROBES):
            self.complaints.append(f"{status} {url}")

    def _said(self, kind: str, text: str) -> None:
        if kind == "error" and "404 (Not Found)" not in text:
            self.complaints.append(text)


@contextlib.contextmanager
def serving_pages(home: Path) -> Iterator[str]:
    """Serve the pages of a home at a free port of this machine and give their address."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboards" / "app.py")]
    environment = os.environ | {"LEADLINE_HOME": str(home), "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(
        [*command, "--server.port", str(port)],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_served(f"{url}/healthz")
        yield url
    finally:
        server.terminate()
        server.wait(timeout=10)


def free_port() -> int:
    """Return a port of this machine at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_served(url: str) -> None:
    """Wait until an address answers."""
    for _ in range(100):
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail("the dashboard did not become ready")


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium."""
    if not CHROMIUM.exists():
        pytest.skip("needs Chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield opened
        opened.close()


def open_page(
    browser: Browser, address: str, path: str, *, size: ViewportSize = DESK, theme: str = "light"
) -> tuple[Page, Watched]:
    """Open a page in a context of its own and wait until it is drawn."""
    is_dark = theme == "dark"
    context = browser.new_context(viewport=size, color_scheme="dark" if is_dark else "light")
    page = context.new_page()
    watched = Watched()
    watched.attach(page, address)
    page.goto(f"{address}/{path}")
    page.wait_for_selector("h1")
    page.wait_for_function(DRAWN, timeout=60_000)
    return page, watched


def violations(page: Page) -> list[str]:
    """Return rule and place of whatever axe finds on a page that has come to rest."""
    page.evaluate(REST)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        "rules => axe.run({runOnly: rules}).then(said => said.violations)", RULES
    )
    return [
        f"{violation['id']} {node['target']}: {node['html'][:160]}"
        for violation in found
        for node in violation["nodes"]
    ]
