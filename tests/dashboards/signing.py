"""Pages behind sign-in: a real OpenID Connect provider, the command's server, a browser."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.dashboards.browsing import DESK, ROOT, free_port, wait_until_served

PROVIDER = Path(__file__).with_name("provider.mjs")
PASSWORD = "any will do"
ROLES = """
sign_in:
  metadata_url: {provider}/.well-known/openid-configuration
  public_url: {pages}
  client_id: leadline
  client_secret: ${{TEST_OIDC_SECRET}}
  prompt: login
  confirm_seconds: {seconds}
groups:
  executives: {{role: executive}}
  managers: {{role: release_manager}}
  analysts: {{role: analyst}}
  auditors: {{role: auditor}}
  operators: {{role: operator}}
  team-payments: {{role: analyst, teams: [Payments]}}
  team-search: {{role: analyst, teams: [Search]}}
"""
SECRET = "a-secret-of-the-test"


@dataclass(frozen=True)
class Site:
    """Addresses of the provider and of the pages."""

    provider: str
    pages: str
    home: Path

    def put_in(self, account: str, *groups: str) -> None:
        """Let an account be in exactly these groups."""
        query = {"account": account, "groups": ",".join(groups)}
        httpx.post(f"{self.provider}/test/groups", params=query, trust_env=False).raise_for_status()


@contextlib.contextmanager
def signing_site(home: Path, folder: Path, *, seconds: int = 240) -> Iterator[Site]:
    """Start the provider, and the pages by `leadline dashboard` with a roles.yml."""
    npm = os.environ.get("LEADLINE_NPM", "")
    if not (Path(npm) / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("set LEADLINE_NPM to a folder with oidc-provider to run this")
    site = Site(
        provider=f"http://127.0.0.1:{free_port()}", pages=f"http://127.0.0.1:{free_port()}",
        home=home,
    )  # fmt: skip
    roles = folder / "roles.yml"
    roles.write_text(
        ROLES.format(provider=site.provider, pages=site.pages, seconds=seconds), encoding="utf-8"
    )
    callback = f"{site.pages}/oauth2callback"
    provider = subprocess.Popen(
        ["node", str(PROVIDER), npm, site.provider.rpartition(":")[2], callback],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    environment = os.environ | {
        "LEADLINE_HOME": str(home), "LEADLINE_ROLES": str(roles), "TEST_OIDC_SECRET": SECRET,
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    server = None
    try:
        wait_until_served(f"{site.provider}/.well-known/openid-configuration")
        line = [sys.executable, "-m", "orchestration.cli", "dashboard", "--no-browser"]
        server = subprocess.Popen(
            [*line, "--port", site.pages.rpartition(":")[2]],
            env=environment,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until_served(f"{site.pages}/healthz")
        yield site
    finally:
        for process in filter(None, (server, provider)):
            process.terminate()
            process.wait(timeout=20)


def sign_in(browser: Browser, site: Site, account: str, *, path: str = "") -> Page:
    """Sign in with a browser of its own, as somebody would, and open a page."""
    page = browser.new_context(viewport=DESK).new_page()
    page.goto(f"{site.pages}/")
    page.locator(".st-key-sign_in button").click()
    page.locator("input[name=login]").fill(account)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("button", has_text="Go").click()
    page.wait_for_url(f"{site.pages}/")
    if path:
        page.goto(f"{site.pages}/{path}")
    page.wait_for_selector("h1")
    page.wait_for_function("() => !document.querySelector('[data-testid=stStatusWidget]')")
    return page


def listed_pages(page: Page) -> list[str]:
    """Return the addresses that the navigation offers, by opening each of its sections."""
    found: set[str] = set()
    root = page.url.split("/", 3)[:3]
    sections = page.locator("[data-testid='stTopNavSection']")
    links = page.locator("[data-testid='stTopNavLink'], [data-testid='stTopNavDropdownLink']")
    found.update(links.evaluate_all("all => all.map(one => one.href)"))
    for index in range(sections.count()):
        sections.nth(index).click()
        links.last.wait_for()
        found.update(links.evaluate_all("all => all.map(one => one.href)"))
        page.keyboard.press("Escape")
    return sorted(one.removeprefix("/".join(root)).strip("/").split("?")[0] for one in found)
