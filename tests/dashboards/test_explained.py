"""Every number that a page says can be asked what it is made of."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from streamlit.testing.v1 import AppTest

from dashboards.basis_words import BASES
from dashboards.frame import pages
from dashboards.safe_text import shown_text
from tests.checkout import ROOT
from tests.dashboards.conftest import OpenPage
from tests.dashboards.estate import Estate, publish
from tests.dashboards.estate_changes import add_changes
from tests.dashboards.estate_gate import add_gate
from tests.dashboards.test_calendar_page import STATEMENTS
from tests.dashboards.test_evidence_page import add as add_evidence
from tests.dashboards.test_pages import assert_sound, said

# Pages that measure nothing: they list what there is, tell of one thing that happened, or answer
# what somebody asks them. The catalogue explains each metric on itself.
LISTS = {"catalogue", "deployment", "downloads", "queries", "schema", "sources", "sql", "unmapped"}
WALKED = [page.URL_PATH for page in pages() if page.URL_PATH not in LISTS]
MEASURED = re.compile(r"\d[\d,]* of (all )?[\d,]*\d|\d ?%|\blikely\b|[Hh]alf of|\bn \d|\bmedian\b")
CHART = "plotly_chart"


@pytest.fixture(scope="module")
def home_of(
    tmp_path_factory: pytest.TempPathFactory, estate: Estate, published_home: Path
) -> Callable[[str], Path]:
    """A build for each page in which it has something to say."""
    made: dict[str, Path] = {}

    def find(path: str) -> Path:
        add = ADDED.get(path)
        if add is None:
            return published_home
        if path not in made:
            made[path] = tmp_path_factory.mktemp(path)
            add(publish(made[path], estate), estate)
        return made[path]

    return find


def _add_calendar(folder: Path, _estate: Estate) -> None:
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        for sql in STATEMENTS:
            connection.execute(sql, {"hostile": "Hello"} if "$hostile" in sql else None)


ADDED: Mapping[str, Callable[[Path, Estate], None]] = {
    "calendar": _add_calendar,
    "changes": lambda folder, _: add_changes(folder, hostile="Hello"),
    "cockpit": lambda folder, _: add_gate(folder, hostile="Hello"),
    "evidence": add_evidence,
    "population": lambda folder, _: add_changes(folder, hostile="Hello"),
}


def walk(block: Any) -> Iterator[Any]:
    """Yield a block and all that is in it, in the order of the page."""
    yield block
    for child in getattr(block, "children", {}).values():
        yield from walk(child)


def explains(parts: list[Any]) -> bool:
    """Whether among these stands what explains a number."""
    labels = [str(getattr(part, "label", "")) for part in parts]
    return any(label.startswith("Explain") for label in labels)


def sections(app: AppTest) -> Iterator[tuple[str, list[Any]]]:
    """Yield what stands below each heading of a page, with the heading."""
    heading = "the first sentence"
    parts: list[Any] = []
    for part in walk(app.main):
        if part.type == "subheader":
            yield heading, parts
            heading, parts = str(part.value), []
        parts.append(part)
    yield heading, parts


def measures(parts: list[Any]) -> list[str]:
    """Return the sentences in which something is measured, and how many charts there are."""
    texts = [shown_text(str(part.value)) for part in parts if part.type in ("markdown", "caption")]
    charts = [CHART for part in parts if part.type == CHART]
    return [text for text in texts if MEASURED.search(text)] + charts


def cards(app: AppTest) -> list[Any]:
    """Return the boxes of a page in which a figure stands."""
    return [
        part for part in walk(app.main)
        if part.type == "flex_container"
        and part.proto.flex_container.border
        and any(child.type == "markdown" for child in part.children.values())
    ]  # fmt: skip


@pytest.mark.parametrize("path", WALKED)
def test_every_number_of_a_page_can_be_explained(
    path: str, look_at: OpenPage, home_of: Callable[[str], Path]
) -> None:
    app = look_at(home_of(path), path)
    assert not app.exception
    every = list(walk(app.main))
    assert explains(every), "the page says nothing that could be explained"
    silent = {
        heading: measures(parts)
        for heading, parts in sections(app)
        if measures(parts) and not explains(parts)
    }
    assert silent == {}
    # The shares of suspects are all the model's, which the page explains once.
    has_model = any(getattr(part, "label", "") == "Explain the model" for part in every)
    mute = [
        [str(child.value) for child in walk(card) if child.type == "markdown"]
        for card in cards(app)
        if not explains(list(walk(card))) and not has_model
    ]
    assert mute == []


def test_a_card_that_nothing_explains_is_found() -> None:
    def page() -> None:
        import streamlit as st

        with st.container(border=True):
            st.markdown("**Lead time**")
            st.markdown("#### 3 of 4 (75 %)")
        st.subheader("Below")
        st.button("Explain this number")

    app = AppTest.from_function(page).run()
    (card,) = cards(app)
    assert not explains(list(walk(card)))
    (first, parts), (second, below) = sections(app)
    assert (first, second) == ("the first sentence", "Below")
    assert measures(parts)
    assert not explains(parts)
    assert explains(below)


def test_an_explanation_names_columns_of_the_contract() -> None:
    known = {
        model["name"]: {column["name"] for column in model["columns"]}
        for file in (ROOT / "transforms" / "models").glob("*/*.yml")
        for model in yaml.safe_load(file.read_text(encoding="utf-8")).get("models", [])
        if "columns" in model
    }
    named = {
        name: {*words.columns, *(column for reason in words.left_out.values() for column in reason)}
        for name, words in BASES.items()
    }
    wrong = {name: columns - known[BASES[name].table] for name, columns in named.items()}
    assert {name: columns for name, columns in wrong.items() if columns} == {}


@pytest.mark.parametrize(
    ("path", "key", "parts"),
    [
        ("controls", "instances", ("v1.control_results",)),
        ("reviews", "reviews", ("not due yet",)),
        ("changes", "change_authorised", ("v1.control_results",)),
        ("goals", "goal_", ()),
    ],
)
def test_an_explanation_says_formula_selection_counts_rows_and_sql(
    path: str, key: str, parts: tuple[str, ...], open_page: OpenPage,
    home_of: Callable[[str], Path],
) -> None:  # fmt: skip
    app = open_page(home_of(path), path)
    keys = [str(button.key) for button in app.button]
    app.button(key=next(one for one in keys if one.startswith(f"explain_{key}"))).click().run()
    assert_sound(app)
    told = said(app)
    for part in ("**How it is made.**", "**Selected.**", "**Counted.**", *parts):
        assert part in told or any(part in code.value for code in app.code)
    assert any("from v1." in code.value for code in app.code)
