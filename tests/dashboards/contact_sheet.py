"""Photograph every page of a home: `python -m tests.dashboards.contact_sheet HOME [PAGE...]`.

The sheets go to dashboards/docs, single pictures to $LEADLINE_SCREENSHOTS when it is set.
"""

import io
import os
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from tests.dashboards.browsing import (
    DESK,
    PAGES,
    PHONE,
    chromium,
    open_page,
    serving_pages,
)

DOCS = Path(__file__).resolve().parents[2] / "dashboards" / "docs"
COLUMNS, GAP, SCALE = 3, 16, 0.5


def photograph(browser: Browser, address: str, path: str, *, theme: str) -> Image.Image:
    """Return one page as a desk and a phone show it, beside each other."""
    shots = []
    for size in (DESK, PHONE):
        page, _ = open_page(browser, address, path, size=size, theme=theme)
        page.wait_for_timeout(1500)
        shots.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
        page.context.close()
    both = Image.new("RGB", (sum(shot.width for shot in shots) + GAP, PHONE["height"]), "#98A2B3")
    at = 0
    for shot in shots:
        both.paste(shot, (at, 0))
        at += shot.width + GAP
    return both


def sheet(pictures: list[Image.Image]) -> Image.Image:
    """Return pictures in rows of three, at half their size."""
    small = [one.resize((int(one.width * SCALE), int(one.height * SCALE))) for one in pictures]
    width, height = small[0].width + GAP, small[0].height + GAP
    rows = -(-len(small) // COLUMNS)
    whole = Image.new(
        "RGB", (width * min(COLUMNS, len(small)) + GAP, height * rows + GAP), "#98A2B3"
    )
    for number, one in enumerate(small):
        whole.paste(one, (GAP + number % COLUMNS * width, GAP + number // COLUMNS * height))
    return whole


def main(home: str, *wanted: str) -> None:
    """Write one sheet for the light theme and one for the dark one."""
    folder = os.environ.get("LEADLINE_SCREENSHOTS")
    with serving_pages(Path(home)) as address, chromium() as browser:
        for theme in ("light", "dark"):
            pictures = []
            for path in wanted or PAGES:
                # the first page has the address without a path
                at = "" if path == PAGES[0] else path
                picture = photograph(browser, address, at, theme=theme)
                if folder:
                    picture.save(Path(folder) / f"{path.partition('?')[0]}-{theme}.png")
                pictures.append(picture)
            if not wanted:
                sheet(pictures).quantize(128).save(
                    DOCS / f"contact-sheet-{theme}.png", optimize=True
                )


if __name__ == "__main__":
    main(*sys.argv[1:])
