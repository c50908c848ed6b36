"""Roles, sessions and row scopes with a real provider, the command's own server and a browser."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from playwright.sync_api import Browser, Page

from dashboards.frame import pages
from orchestration.access import scope_id
from orchestration.scopes import write_scope
from tests.dashboards.browsing import ROOT, chromium
from tests.dashboards.estate import Estate, publish
from tests.dashboards.signing import SECRET, Site, listed_pages, sign_in, signing_site
from transforms.decisions import read_decisions

pytestmark = [pytest.mark.browser, pytest.mark.npm]
SHIPPED = yaml.safe_load((ROOT / "dashboards" / "roles.yml").read_text("utf-8"))
GROUPS = {
    "executive": "executives", "release_manager": "managers", "analyst": "analysts",
    "auditor": "auditors", "operator": "operators",
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, estate: Estate) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("signed")
    build = publish(home, estate)
    for team in ("Payments", "Search"):
        scoped = build / "scopes" / scope_id((team,)) / "warehouse.duckdb"
        write_scope(build / "warehouse.duckdb", scoped, teams=[team])
    # Asked again after a second, so that what the provider takes away is seen in the test's time.
    with signing_site(home, tmp_path_factory.mktemp("roles"), seconds=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def _expected(role: str) -> tuple[list[str], list[str]]:
    """Return the addresses a role sees by the file, and those it does not."""
    named = SHIPPED[role]["pages"]
    seen = [one.URL_PATH for one in pages() if one.SECTION in named or one.URL_PATH in named]
    hidden = [one.URL_PATH for one in pages() if one.URL_PATH not in seen]
    return seen, hidden


def _ended(page: Page) -> None:
    """Wait until a page that shows numbers asks to sign in, and shows none."""
    page.locator(".st-key-sign_in").wait_for(timeout=60_000)
    assert page.locator("[class*='st-key-card_']").count() == 0


@pytest.mark.parametrize("role", GROUPS)
def test_each_role_is_offered_its_pages_and_finds_no_other(
    browser: Browser, site: Site, role: str
) -> None:
    site.put_in(f"one-{role}", GROUPS[role])
    page = sign_in(browser, site, f"one-{role}")
    seen, hidden = _expected(role)
    # The first page is the default, which Streamlit lists at the root.
    assert listed_pages(page) == sorted(["", *seen[1:]])
    for path in hidden[:2]:
        page.goto(f"{site.pages}/{path}")
        page.get_by_text("Page not found").first.wait_for()
        title = next(one.TITLE for one in pages() if path == one.URL_PATH)
        assert title not in page.locator("h1").all_inner_texts()
    refused = {
        one.subject
        for one in read_decisions(site.home / "lake")
        if (one.verdict, one.who) == ("refused", f"one-{role}@example.com")
    }
    assert refused == {f"page:{path}" for path in hidden[:2]}
    page.context.close()


def test_without_sign_in_no_page_and_no_route_shows_anything(browser: Browser, site: Site) -> None:
    page = browser.new_context().new_page()
    for path in ("", *[one.URL_PATH for one in pages()][1:3], "?team=Payments"):
        page.goto(f"{site.pages}/{path}")
        page.locator(".st-key-sign_in").wait_for()
        text = page.inner_text("body")
        assert "payments" not in text.lower()
        assert page.locator("[data-testid='stTopNav'] a").count() == 0
    page.context.close()
    for route in ("healthz", "readyz", "_stcore/health", "_stcore/host-config", "media/x.csv"):
        body = httpx.get(f"{site.pages}/{route}", trust_env=False).text.lower()
        assert "payments" not in body
        assert "checkout" not in body
    assert httpx.get(f"{site.pages}/_stcore/metrics", trust_env=False).status_code == 404


def test_somebody_without_a_role_is_told_so(browser: Browser, site: Site) -> None:
    site.put_in("nobody", "another-group")
    page = sign_in(browser, site, "nobody")
    page.locator("h1", has_text="You have no role here").wait_for(timeout=60_000)
    assert "nobody@example.com" in page.inner_text("body").replace("\u2060", "")
    page.context.close()


def test_a_group_that_is_taken_away_ends_what_an_open_page_shows(
    browser: Browser, site: Site
) -> None:
    site.put_in("leaver", "analysts")
    page = sign_in(browser, site, "leaver")
    page.locator("[class*='st-key-card_']").first.wait_for()
    site.put_in("leaver")
    page.get_by_text("You have no role here").wait_for(timeout=60_000)
    assert page.locator("[class*='st-key-card_']").count() == 0
    page.context.close()


def test_an_expired_sign_in_ends_what_an_open_page_shows(browser: Browser, site: Site) -> None:
    site.put_in("brief", "analysts")
    page = sign_in(browser, site, "brief")
    _ended(page)
    assert "expired" in page.inner_text("body")
    page.context.close()


def test_signing_out_ends_the_other_windows_and_a_copied_cookie_too(
    browser: Browser, site: Site
) -> None:
    site.put_in("rita", "managers")
    page = sign_in(browser, site, "rita")
    other = page.context.new_page()
    other.goto(site.pages)
    other.locator("[class*='st-key-card_']").first.wait_for()
    cookies = page.context.cookies()
    assert all(one["httpOnly"] for one in cookies if one["name"].startswith("_streamlit_user"))
    page.locator(".st-key-viewer button").click()
    page.locator(".st-key-sign_out button").click()
    page.wait_for_url(f"{site.pages}/")
    _ended(page)
    _ended(other)
    thief = browser.new_context()
    for one in cookies:
        thief.add_cookies([{"name": one["name"], "value": one["value"], "url": site.pages}])
    stolen = thief.new_page()
    stolen.goto(site.pages)
    _ended(stolen)
    thief.close()
    page.context.close()


def test_two_viewers_see_their_own_teams_and_nothing_of_each_other(
    browser: Browser, site: Site
) -> None:
    site.put_in("pat", "team-payments")
    site.put_in("sam", "team-search")
    opened = {name: sign_in(browser, site, name) for name in ("pat", "sam")}
    for name, foreign in (("pat", ("search-index", "suggest")), ("sam", ("ledger", "refunds"))):
        for page in (opened[name], opened[name].context.new_page()):
            for path in ("", "delivery", "incidents?period=365+days", "?team=Checkout"):
                page.goto(f"{site.pages}/{path}")
                page.wait_for_selector("h1")
                page.locator(
                    "[data-testid='stMainBlockContainer'] [data-testid='stCaption'],"
                    " [class*='st-key-card_'], .js-plotly-plot"
                ).first.wait_for()
                text = page.inner_text("body")
                assert not [word for word in (*foreign, "checkout-api") if word in text]
    numbers = [page.locator(".st-key-cards") for page in opened.values()]
    for page in opened.values():
        page.goto(site.pages)
    for cards in numbers:
        cards.wait_for()
    assert numbers[0].inner_text() != numbers[1].inner_text()
    for page in opened.values():
        page.context.close()


def test_the_secret_is_in_one_file_of_the_server_and_nowhere_else(site: Site) -> None:
    holding = [
        path for path in site.home.rglob("*")
        if path.is_file() and SECRET.encode() in path.read_bytes()
    ]  # fmt: skip
    assert [path.parent.name for path in holding] == ["keys"]
    assert holding[0].stat().st_mode & 0o777 == 0o600
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert SECRET.encode() not in line.read_bytes()
        except OSError:
            continue
