"""Colours of meaning differ for everybody, keys reach every filter, and axe is not blind."""

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

from dashboards.theme import DARK, LIGHT, Palette
from tests.dashboards.browsing import AXE, open_page, violations

# Machado, Oliveira and Fernandes (2009): what a complete deuteranope and protanope see, linear RGB.
SEEN_BY = {
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "everybody": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
}  # fmt: skip
SRGB_TO_XYZ = [
    [0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
]  # fmt: skip
WHITE = np.array([0.95047, 1.0, 1.08883])


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


def _lab(colour: str, seen_by: str) -> np.ndarray[Any, Any]:
    """Return CIE L*a*b* (D65) of a hex colour as somebody with that sight sees it."""
    srgb = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(SEEN_BY[seen_by]) @ linear, 0, 1)
    ratio = np.array(SRGB_TO_XYZ) @ seen / WHITE
    cube = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * cube[1] - 16, 500 * (cube[0] - cube[1]), 200 * (cube[1] - cube[2])])


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("seen_by", SEEN_BY)
def test_good_and_bad_differ_for_whoever_looks(palette: Palette, seen_by: str) -> None:
    good, bad = (_lab(colour, seen_by) for colour in (palette.good, palette.bad))
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
    green, red = (_lab(colour, "deutan") for colour in ("#73BF69", "#F2495C"))
    assert float(np.linalg.norm(green - red)) < 40
