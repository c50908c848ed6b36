import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.safe_text import LIMIT, chart_text, plain_text, safe_link, safe_text
from tests.dashboards.estate import HOSTILE

_ACTIVE = "\\`*_[]()#:$!<>~|"


def _shown(escaped: str) -> str:
    """Return what Markdown shows for text in which every sign is escaped."""
    return re.sub(r"\\(.)", r"\1", escaped).replace("\u2060", "")


@given(st.text())
def test_safe_text_shows_exactly_the_plain_text(text: str) -> None:
    assert _shown(safe_text(text)) == plain_text(text)


@given(st.text())
def test_every_sign_that_markdown_could_act_on_is_escaped(text: str) -> None:
    escaped = safe_text(text)
    for match in re.finditer(r"(?<!\\)(?:\\\\)*(.)", re.sub(r"\\.", "", escaped)):
        assert match.group(1) not in _ACTIVE


@given(st.text())
def test_plain_text_is_one_line_without_control_or_direction_signs(text: str) -> None:
    cleaned = plain_text(text)
    assert len(cleaned) <= LIMIT
    assert not [c for c in cleaned if unicodedata.category(c) in ("Cc", "Cf", "Cs")]


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_stay_literal(title: str) -> None:
    escaped = safe_text(title)
    for active in ("![", ":red[", "<script", "http:", "](", "$5"):
        assert not re.search(rf"(?<!\\){re.escape(active)}", escaped)


def test_charts_get_no_html() -> None:
    assert "<" not in chart_text("<b>x</b><extra></extra>")


def test_missing_text_is_empty() -> None:
    assert plain_text(None) == safe_text(None) == ""


@pytest.mark.parametrize(
    "url",
    [
        None, "", "http://a.example/1", "javascript:alert(1)", "data:text/html,x", "//a.example",
        "https://user:word@a.example/", "https:///nohost", "https://a.example/ x", "https://[::1",
        "https://a.example/\u202e", " https://a.example",
    ],
)  # fmt: skip
def test_only_plain_https_addresses_become_links(url: str | None) -> None:
    assert safe_link(url) is None


def test_https_addresses_are_kept_as_they_are() -> None:
    assert safe_link("https://a.example/pull/1?x=2#y") == "https://a.example/pull/1?x=2#y"
