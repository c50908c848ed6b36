"""A report as PDF: WeasyPrint lays the HTML out and is denied every fetch."""

import hashlib
from datetime import datetime
from typing import Any

APT = "apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0"


class PangoMissing(Exception):
    """The libraries that lay out text are not installed; the message has the command."""


class FetchRefused(Exception):
    """A document asked for something outside itself."""


def pdf_of(html: str, *, made_at: datetime) -> bytes:
    """Return HTML as PDF; the same HTML and instant give the same bytes.

    Errors: PangoMissing.
    """
    try:
        from weasyprint import HTML  # type: ignore[import-untyped]
    except OSError as error:
        message = f"PDF needs Pango, which is not installed; run `{APT}`"
        raise PangoMissing(message) from error
    stamped = html.replace(
        "<title>", f'<meta name="dcterms.created" content="{made_at:%Y-%m-%dT%H:%M:%SZ}"><title>', 1
    )
    digest = hashlib.sha256(stamped.encode()).digest()[:16]
    fetcher = _denying()
    document = HTML(string=stamped, url_fetcher=fetcher, media_type="print")
    content: bytes | None = document.write_pdf(pdf_identifier=digest.hex().encode())
    assert content is not None
    return content


def _denying() -> Any:
    """Return a fetcher that gives nothing: a report holds all that it shows."""
    from weasyprint.urls import URLFetcher  # type: ignore[import-untyped]

    class Denying(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: object = None) -> Any:
            raise FetchRefused(url[:80])

    return Denying(allowed_protocols=())
