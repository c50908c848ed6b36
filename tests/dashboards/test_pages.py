import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.frame import SECTIONS, pages
from tests.dashboards.conftest import OpenPage
from tests.dashboards.estate import HOSTILE

PAGES = pages()
MISSING = re.compile(r"\b(nan|NaN|None|NaT|null|undefined)\b|Traceback|\.py\b")
by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.URL_PATH)


def said(app: AppTest) -> str:
    """Return every text of a page, tables included."""
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error")
    texts = [str(element.value) for kind in kinds for element in getattr(app, kind)]
    tables = [" ".join(map(str, frame.value.to_numpy().ravel())) for frame in app.dataframe]
    return "\n".join([*texts, *tables, *(element.label for element in app.expander)])


def assert_sound(app: AppTest) -> None:
    assert not app.exception
    assert not MISSING.search(said(app)), MISSING.search(said(app))


def test_there_are_pages_and_each_says_where_it_belongs() -> None:
    assert {page.URL_PATH for page in PAGES} >= {"summary", "health", "delivery"}
    for page in PAGES:
        assert page.SECTION in SECTIONS
        assert page.__doc__
        assert callable(page.render)


@by_page
def test_a_page_shows_the_published_build(
    page: ModuleType, look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, page.URL_PATH)
    assert_sound(app)
    assert [title.value for title in app.title] == [page.TITLE]
    assert "Sample data, as of 22 Nov 2026 09:00 UTC" in said(app)


@by_page
@pytest.mark.parametrize("home", ["quiet_home", "lone_home", "stale_home"])
def test_a_page_survives_no_rows_one_row_and_late_sources(
    page: ModuleType, home: str, look_at: OpenPage, request: pytest.FixtureRequest
) -> None:
    assert_sound(look_at(request.getfixturevalue(home), page.URL_PATH))


@by_page
@pytest.mark.parametrize(
    "query",
    [
        {"team": "<script>", "from": "notadate", "env": "nope"},
        {"team": "Payments", "service": "login", "period": "-1 days"},
    ],
    ids=["unknown", "contradictory"],
)
def test_a_bad_address_falls_back_to_the_defaults(
    page: ModuleType, query: dict[str, str], look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, page.URL_PATH, **query)
    assert_sound(app)
    assert "the defaults are shown instead" in said(app)


@by_page
@pytest.mark.parametrize("period", ["30 days", "Whole history"])
def test_a_page_follows_the_period(
    page: ModuleType, period: str, look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, page.URL_PATH, period=period)
    assert_sound(app)
    assert app.selectbox(key="period").value == period


@by_page
def test_a_page_without_any_build_says_what_to_run(
    page: ModuleType, look_at: OpenPage, tmp_path: Path
) -> None:
    app = look_at(tmp_path, page.URL_PATH)
    assert_sound(app)
    assert "Nothing has been published yet" in said(app)
    assert "leadline run --git PATH" in app.code[0].value


@by_page
def test_a_late_source_and_an_old_build_are_said(
    page: ModuleType, look_at: OpenPage, stale_home: Path
) -> None:
    app = look_at(stale_home, page.URL_PATH)
    assert "Sample data" not in said(app)
    assert "old. Run `leadline run`" in said(app)


def test_data_health_names_the_late_source_and_the_remedy(
    look_at: OpenPage, stale_home: Path
) -> None:
    text = said(look_at(stale_home, "health"))
    assert "1 of 4 sources is late (pagerduty): numbers after 18 Nov 2026" in text
    assert "token refused" in text
    assert "leadline doctor" in text


def test_data_health_says_that_the_counts_add_up(look_at: OpenPage, published_home: Path) -> None:
    app = look_at(published_home, "health")
    assert "the counts add up" in said(app)
    assert "5 checks: 4 passed, 1 warned, 0 blocked." in said(app)
    assert any("select count(*) from v1.fct_changes" in code.value for code in app.code)


def test_data_health_lists_what_the_last_publish_restated(
    look_at: OpenPage, stale_home: Path
) -> None:
    app = look_at(stale_home, "health")
    assert (
        "2 numbers of past periods changed (other code and data read since: 1; "
        "data read since: 1). Provisional until then: 1. Earlier publishes restated "
        "1 number;"
    ) in said(app)
    table = next(frame.value for frame in app.dataframe if "Was provisional" in frame.value)
    rows = [list(row) for row in table.itertuples(index=False)]
    assert [row[1:] for row in rows] == [
        ["Organisation", "1 Oct 2026 to 31 Oct 2026", "10 % (n 40)", "20 % (n 41)",
         "data read since", "no"],
        [rows[1][1], "1 Oct 2026 to 31 Oct 2026", "no data (n 0)", "2 h (n 1)",
         "other code and data read since", "yes"],
    ]  # fmt: skip
    assert rows[1][1].startswith("Team ")


def test_data_health_says_in_words_that_nothing_was_restated(
    look_at: OpenPage, published_home: Path
) -> None:
    text = said(look_at(published_home, "health"))
    assert "No number of a past period has changed since the last publish." in text


def test_the_summary_has_six_cards_with_value_evidence_and_explanation(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "summary")
    text = said(app)
    for label in ("Lead time", "Deployments", "Change failures", "Recovery", "Rework"):
        assert f"**{label}**" in text
    assert len(re.findall(r"^n [\d,]+", text, flags=re.MULTILINE)) == 6
    explained = [str(one.key) for one in app.button if one.label == "Explain this number"]
    months = [key for key in explained if key.startswith("explain_months_")]
    assert (len(explained) - len(months), len(months)) == (6, 6)


def test_the_summary_follows_the_team(look_at: OpenPage, published_home: Path) -> None:
    everyone = said(look_at(published_home, "summary"))
    payments = said(look_at(published_home, "summary", team="Payments"))
    assert everyone != payments


def test_few_events_are_listed_instead_of_a_median(look_at: OpenPage, lone_home: Path) -> None:
    text = said(look_at(lone_home, "summary"))
    assert "It took " in text
    assert "too few changes to say (1)" in text or "no earlier period" in text


@pytest.mark.parametrize(
    "metric", ["lead_time_for_changes", "change_failure_rate", "time_to_restore"]
)
def test_a_number_is_explained_with_definition_filters_counts_rows_and_sql(
    metric: str, open_page: OpenPage, published_home: Path
) -> None:
    app = open_page(published_home, "summary")
    app.button(key=f"explain_{metric}").click().run()
    assert_sound(app)
    text = said(app)
    for part in ("**How it is made.**", "**Selected.**", "**Counted.**"):
        assert part in text
    assert any(f"v1.{metric}_observations" in code.value for code in app.code)
    assert "https://" in text


def test_hostile_titles_are_never_in_markdown(open_page: OpenPage, published_home: Path) -> None:
    app = open_page(published_home, "summary")
    app.button(key="explain_time_to_restore").click().run()
    markdown = "\n".join(str(element.value) for element in app.markdown)
    table = said(app)
    assert any(title in table for title in HOSTILE)
    assert not any(title in markdown for title in HOSTILE)


def test_charts_can_be_read_as_tables(open_page: OpenPage, published_home: Path) -> None:
    app = open_page(published_home, "summary")
    assert not app.dataframe
    app.toggle(key="months_as_tables").set_value(True).run()
    assert len(app.dataframe) == 6
    assert_sound(app)


def test_a_broken_build_is_said_in_one_sentence(
    look_at: OpenPage, published_home: Path, tmp_path: Path
) -> None:
    shutil.copytree(published_home, tmp_path / "home", symlinks=True)
    file = next((tmp_path / "home" / "published" / "builds").glob("*/warehouse.duckdb"))
    file.write_bytes(b"not a database")
    app = look_at(tmp_path / "home", "summary")
    text = said(app)
    assert not app.exception
    assert "cannot be opened" in text
    assert not MISSING.search(text)
