"""Text that came from a source system, made safe to show inside Markdown and charts.

Titles, branch names and messages are written by strangers. Streamlit's Markdown would fetch
images, colour words and typeset formulas found in them; plotly reads a subset of HTML.
"""

import html
import re
import unicodedata
from urllib.parse import urlsplit

LIMIT = 300
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_SPACES = re.compile(r"\s+")
# A URL or an address would become a link; a word joiner, which has no width, prevents it.
AUTOLINK = re.compile(r"(https?|ftp|mailto|xmpp|www|@)(?=[:.\w])", re.IGNORECASE)


def plain_text(text: str | None, *, limit: int = LIMIT) -> str:
    """Return the text on one line without control and direction characters, capped in length."""
    if text is None:
        return ""
    spaced = _SPACES.sub(" ", text)
    kept = "".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))
    trimmed = kept.strip()
    return trimmed if len(trimmed) <= limit else trimmed[: limit - 1] + "…"


def safe_text(text: str | None, *, limit: int = LIMIT) -> str:
    """Return the text so that Markdown shows it literally."""
    cleaned = AUTOLINK.sub("\\1\u2060", plain_text(text, limit=limit))
    return _PUNCTUATION.sub(r"\\\1", cleaned)


def chart_text(text: str | None, *, limit: int = 80) -> str:
    """Return the text so that plotly shows it literally in labels and hovers."""
    return html.escape(plain_text(text, limit=limit)).replace("$", "&#36;")


def safe_link(url: str | None) -> str | None:
    """Return the address when it is a plain https link, else None."""
    if not url or any(c.isspace() or unicodedata.category(c).startswith("C") for c in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        return None
    return url


def shown_text(markdown: str) -> str:
    """Return what Markdown shows for a sentence that holds parts made by `safe_text`."""
    return _ESCAPED.sub(r"\1", markdown).replace("\u2060", "")
