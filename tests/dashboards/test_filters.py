"""The address of a page: days of one's own, what is wrong with them, and the link to copy."""

from datetime import date
from pathlib import Path

import pytest

from dashboards.filters import asked_days, page_address
from tests.dashboards.conftest import OpenPage
from tests.dashboards.test_pages import assert_sound, said

UNTIL = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("first", "after"),
    [
        ("2026-11-01", "2026-11-01"),
        ("2026-11-02", "2026-11-01"),
        ("2026-11-01", "2026-11-24"),
        ("1989-12-31", "2026-11-01"),
        ("notadate", "2026-11-01"),
        ("2026-02-30", "2026-11-01"),
    ],
    ids=["empty", "backwards", "beyond the build", "too old", "no date", "no such day"],
)
def test_days_that_cannot_be_shown_are_none(first: str, after: str) -> None:
    assert asked_days({"from": first, "to": after}, until=UNTIL) is None
    assert asked_days({"from": first}, until=UNTIL) is None


def test_days_are_half_open_and_may_end_with_the_build() -> None:
    asked = {"from": "2026-11-01", "to": "2026-11-23"}
    assert asked_days(asked, until=UNTIL) == (date(2026, 11, 1), UNTIL)


def test_the_link_names_what_is_selected_and_keeps_what_the_page_reads() -> None:
    link = page_address(
        "http://leadline.example/timeline?team=Old",
        {"team": "A & B", "period": "90 days"},
        {"team": "Old", "mark": "incident:1", "from": "2020-01-01"},
    )
    assert link == (
        "http://leadline.example/timeline?team=A+%26+B&period=90+days&mark=incident%3A1"
    )


def test_days_of_the_address_are_selected_said_and_linked(
    open_page: OpenPage, published_home: Path
) -> None:
    address = {"from": "2026-09-01", "to": "2026-10-01"}
    app = open_page(published_home, "rework", **address)
    assert_sound(app)
    assert "1 Sep 2026 to 30 Sep 2026" in said(app)
    assert "the defaults are shown instead" not in said(app)
    assert "from=2026-09-01&to=2026-10-01" in app.code[0].value
    app.selectbox(key="period").set_value("30 days").run()
    assert "24 Oct 2026 to 22 Nov 2026" in said(app)
    assert "period=30+days" in app.code[0].value
    assert "from=" not in app.code[0].value


def test_days_in_the_wrong_order_are_told_and_the_usual_period_is_shown(
    open_page: OpenPage, published_home: Path
) -> None:
    app = open_page(published_home, "rework", **{"from": "2026-10-01", "to": "2026-09-01"})
    assert_sound(app)
    assert "the defaults are shown instead" in said(app)
    assert app.selectbox(key="period").value == "90 days"
