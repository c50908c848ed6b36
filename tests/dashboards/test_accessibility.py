"""Colours of meaning differ for everybody, keys reach every filter, and axe is not blind."""

import numpy as np
import pytest
from playwright.sync_api import Browser

from dashboards.theme import DARK, LIGHT, Palette
from tests.dashboards.browsing import AXE, open_page, violations
from tests.dashboards.sight import SEEN_BY, inks, lab


@pytest.mark.browser
@pytest.mark.npm
def test_axe_finds_a_picture_without_words(browser: Browser, address: str) -> None:
    if not AXE.exists():
        pytest.skip("needs axe-core below $LEADLINE_NPM")
    page, _ = open_page(browser, address, "")
    page.evaluate("document.querySelector('main, section').append(new Image(20, 20))")
    assert any(found.startswith("image-alt") for found in violations(page))
    page.context.close()


@pytest.mark.browser
def test_tab_reaches_every_filter(browser: Browser, address: str) -> None:
    page, _ = open_page(browser, address, "")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.closest('[class*=st-key-]')?.className ?? ''")
        )
    for key in ("team", "service", "period"):
        assert any(f"st-key-{key}" in classes.split() for classes in reached), key
    page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_got_better_and_what_got_worse_differ_in_arrow_word_and_seen_colour(
    browser: Browser, address: str, theme: str
) -> None:
    page, _ = open_page(browser, address, "", theme=theme)
    marks = page.locator("[data-testid='stMain'] [class*='stMarkdownColoredText'] strong")
    said = dict(zip(marks.all_inner_texts(), marks.all(), strict=True))
    faster = next(mark for words, mark in said.items() if words == "↓ faster")
    slower = next(mark for words, mark in said.items() if words == "↑ slower")
    seen = [inks(mark.screenshot()) for mark in (faster, slower)]
    for seen_by in SEEN_BY:
        good, bad = (lab(colour, seen_by) for colour in seen)
        assert float(np.linalg.norm(good - bad)) >= 40, seen_by
    page.context.close()


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("seen_by", SEEN_BY)
def test_good_and_bad_differ_for_whoever_looks(palette: Palette, seen_by: str) -> None:
    good, bad = (lab(colour, seen_by) for colour in (palette.good, palette.bad))
    assert float(np.linalg.norm(good - bad)) >= 40


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_words_and_marks_stand_out_from_the_paper(palette: Palette) -> None:
    def luminance(colour: str) -> float:
        srgb = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
        linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
        return float(np.array([0.2126, 0.7152, 0.0722]) @ linear)

    paper = luminance(palette.paper)
    for colour in (palette.good, palette.bad, palette.neutral, palette.ink, palette.muted):
        lighter, darker = max(paper, luminance(colour)), min(paper, luminance(colour))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, colour


def test_red_and_green_would_not_pass() -> None:
    green, red = (lab(colour, "deutan") for colour in ("#73BF69", "#F2495C"))
    assert float(np.linalg.norm(green - red)) < 40
