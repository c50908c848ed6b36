"""The page of unmapped names: how much leads to nothing, and the command that proposes."""

from pathlib import Path

import polars as pl

from dashboards.app_pages import unmapped
from tests.dashboards.conftest import OpenPage
from tests.dashboards.estate import HOSTILE
from tests.dashboards.test_pages import assert_sound, said


def test_the_page_says_how_many_names_lead_to_nothing_and_what_to_do(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "unmapped")
    assert_sound(app)
    assert "3 names in 1,211 rows lead to nothing yet." in app.markdown[0].value
    assert "leadline map suggest" in [code.value for code in app.code]
    assert "Service: 2 names" in said(app)
    assert "Severity" not in said(app)


def test_names_that_concern_the_most_rows_come_first_and_are_only_ever_cells(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "unmapped")
    services = app.dataframe[0].value
    assert list(services["Rows"]) == [1201, 3]
    assert services["Name"].iloc[0] == "Ledger-SVC"
    assert not any(HOSTILE[0] in element.value for element in app.markdown)


def test_nothing_unmapped_is_said() -> None:
    none = pl.DataFrame(schema={"kind": pl.String, "name": pl.String, "row_count": pl.Int64})
    assert unmapped.answer(none) == "Every name that was read is known."


def test_a_build_without_the_table_is_said_to_be_older() -> None:
    assert "`leadline build` makes a new one" in unmapped.answer(pl.DataFrame())
