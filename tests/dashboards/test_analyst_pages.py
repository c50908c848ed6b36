"""The analyst's pages: SQL, its answers and refusals, example queries, and the schema."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import duckdb
import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.app_pages import queries
from dashboards.app_pages.sql import links
from dashboards.asking import CHARACTERS, Asked
from dashboards.frame import pages
from dashboards.schema import found_tables
from dashboards.uses import pages_by_table
from tests.dashboards.conftest import OpenPage
from tests.dashboards.estate_schema import HOSTILE
from tests.dashboards.test_pages import assert_sound, said
from transforms.examples import examples
from transforms.home import Home
from transforms.published import Published, open_published
from transforms.sandbox import Answer


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every query that a page sends to the sandbox."""
    from transforms import sandbox

    sent: list[str] = []
    real = sandbox.ask

    def ask(published: Published, sql: str) -> Answer:
        sent.append(sql)
        return real(published, sql)

    monkeypatch.setattr(sandbox, "ask", ask)
    return sent


def run(app: AppTest, sql: str) -> AppTest:
    app.text_area(key="query").set_value(sql)
    return app.button(key="run").click().run()


def test_a_query_of_the_address_is_answered_with_its_rows_and_its_time(
    look_at: OpenPage, published_home: Path
) -> None:
    query = "select service_id, tier from services order by service_id limit 2"
    app = look_at(published_home, "sql", query=query)
    assert_sound(app)
    assert app.text_area(key="query").value == query
    assert app.dataframe[0].value.values.tolist() == [["basket", 1], ["checkout-api", 1]]
    assert "2 rows in " in said(app)


def test_a_query_is_asked_once_and_again_only_when_somebody_says_so(
    open_page: OpenPage, published_home: Path, counted: list[str]
) -> None:
    app = open_page(published_home, "sql", query="select 1 as one")
    app.toggle(key="plan").set_value(True).run()
    assert counted == ["select 1 as one"]
    app.button(key="run").click().run()
    assert counted == ["select 1 as one"] * 2


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("drop table services", "Only SELECT is answered here, and this is DROP"),
        ("from read_text('/etc/passwd')", "no files or other systems"),
        ("select 1; select 2", "Only one SELECT at a time; these are 2 statements."),
        ("", "The query is empty"),
    ],
)
def test_what_is_refused_is_said_in_a_sentence(
    query: str, told: str, open_page: OpenPage, published_home: Path
) -> None:
    app = run(open_page(published_home, "sql"), query)
    assert_sound(app)
    assert told in app.warning[0].value.replace("\\", "")
    assert not app.dataframe


def test_a_mistake_is_told_in_duckdbs_own_words(open_page: OpenPage, published_home: Path) -> None:
    app = run(open_page(published_home, "sql"), "from servces")
    assert 'Did you mean "services"?' in app.code[1].value
    assert str(published_home) not in app.code[1].value


def test_more_rows_than_are_shown_are_told_and_so_is_none(
    open_page: OpenPage, published_home: Path
) -> None:
    app = run(open_page(published_home, "sql"), "select i from range(10001) as t(i)")
    assert "The first 10,000 rows, in " in said(app)
    assert len(app.dataframe[0].value) == 10_000
    run(app, "select service_id from services where false")
    assert "No row matches; answered in " in said(app)
    assert "Columns: service\\_id" in [caption.value for caption in app.caption]


def test_the_plan_is_drawn_on_request(open_page: OpenPage, published_home: Path) -> None:
    app = open_page(published_home, "sql", query="from services", plan="true")
    assert "services" in app.code[1].value
    assert "Scan" in app.code[1].value


def test_the_session_remembers_what_it_asked_and_opens_it_again(
    open_page: OpenPage, published_home: Path
) -> None:
    app = run(open_page(published_home, "sql"), "select 1 as one")
    run(app, "select :red[x] from nowhere -- ![](http://127.0.0.1:9/x.png)")
    labels = [button.label for button in app.button if str(button.key).startswith("before_")]
    assert labels[0] == "select 1 as one"
    run(app, "select 2 as two")
    (hostile,) = [b for b in app.button if b.key == "before_0"]
    assert "\\!\\[\\]" in hostile.label
    app.button(key="before_1").click().run()
    assert app.text_area(key="query").value == "select 1 as one"
    assert app.dataframe[0].value.values.tolist() == [[1]]


def test_an_address_longer_than_the_editor_is_not_run(
    open_page: OpenPage, published_home: Path, counted: list[str]
) -> None:
    app = open_page(published_home, "sql", query="select 1 --" + "x" * CHARACTERS)
    assert not app.exception
    assert all(len(sql) <= CHARACTERS for sql in counted)


def test_only_columns_of_plain_https_addresses_can_be_clicked() -> None:
    frame = pl.DataFrame(
        {
            "good": ["https://a.example/1", None],
            "bad": ["https://a.example/1", "javascript:alert(1)"],
            "empty": pl.Series([None, None], dtype=pl.String),
            "n": [1, 2],
        }
    )
    assert links(frame) == ["good"]


def test_how_a_query_ended_is_one_sentence() -> None:
    rows = Answer(pl.DataFrame({"a": [1]}), is_cut=False)
    assert Asked("f", "s", 0.44, answer=rows).sentence() == "1 row in 0.4 s."
    stopped = Asked("f", "s", 9.0, refusal="Stopped after 10 s.")
    assert stopped.sentence() == "Stopped after 10 s."
    assert stopped.has_plan
    assert not Asked("f", "s", 0.2, refusal="Only SELECT.").has_plan


def test_every_example_is_listed_by_its_question_and_opens_in_sql(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "queries", topic="Incidents", team="Payments")
    wanted = [one for one in examples() if one.topic == "Incidents"]
    assert [expander.label for expander in app.expander] == [
        one.question.replace("?", "\\?").replace(",", "\\,") for one in wanted
    ]
    assert [code.value for code in app.code[1:]] == [one.sql for one in wanted]
    link = app.expander[0].markdown[0].value.rpartition("](")[2].rstrip(")")
    asked = parse_qs(urlsplit(link).query)
    assert urlsplit(link).path == "sql"
    assert asked["example"] == [wanted[0].name]
    assert asked["team"] == ["Payments"]


def test_an_example_of_the_address_fills_the_editor_and_is_answered(
    open_page: OpenPage, published_home: Path, counted: list[str]
) -> None:
    (wanted,) = [one for one in examples() if one.name == "left_out_and_why"]
    app = open_page(published_home, "sql", example=wanted.name)
    assert_sound(app)
    assert app.text_area(key="query").value == wanted.sql
    assert counted == [wanted.sql]
    run(app, "select 1 as one")
    assert app.text_area(key="query").value == "select 1 as one"
    both = open_page(published_home, "sql", example=wanted.name, query="select 2 as two")
    assert both.text_area(key="query").value == "select 2 as two"
    unknown = open_page(published_home, "sql", example="nosuch")
    assert "the defaults are shown instead" in said(unknown)


def test_examples_are_found_by_words_of_question_or_sql(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "queries", find="FLAKY tests")
    assert [code.value for code in app.code[1:]] == [
        one.sql for one in examples() if one.name == "flaky_tests"
    ]
    assert "No question has these words" in said(look_at(published_home, "queries", find="zzz"))
    by_table = queries.matching(examples(), "quarantined_count")
    assert [one.name for one in by_table] == ["late_sources"]


def test_a_table_is_shown_with_columns_lineage_and_a_query(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "schema", table="fct_deployments")
    assert_sound(app)
    text = "\n".join(str(one.value) for one in app.markdown).replace("\\", "")
    assert "every build checks its names and types" in text
    assert "**Read from:** github and jenkins" in text
    assert "**Metrics made from it:** [change_failure_rate](schema?" in text
    assert "**Tables made from it:** [incident_suspects](schema?" in text
    assert "Deployment detail" in text.split("**Read by pages:**")[1]
    assert "query=from+fct_deployments%0Alimit+100" in text
    wanted = open_published(Home(published_home)).rows("fct_deployments", limit=1).columns
    assert app.dataframe[0].value["Column"].tolist() == wanted


def test_a_table_is_found_by_a_word_of_its_columns(look_at: OpenPage, published_home: Path) -> None:
    app = look_at(published_home, "schema", find="recovery_seconds")
    assert app.selectbox(key="table").options == ["fct_deployments"]
    assert "No table has these words" in said(look_at(published_home, "schema", find="zzz"))


def test_hostile_descriptions_stay_text(look_at: OpenPage, published_home: Path) -> None:
    app = look_at(published_home, "schema", table="services")
    assert HOSTILE in app.dataframe[0].value["What it holds"].tolist()
    assert HOSTILE not in "\n".join(str(one.value) for one in app.markdown)


def test_a_build_from_before_the_schema_was_described_says_what_to_run(
    open_page: OpenPage, tmp_path: Path, published_home: Path
) -> None:
    import shutil

    shutil.copytree(published_home, tmp_path / "home", symlinks=True)
    file = next((tmp_path / "home" / "published" / "builds").glob("*/warehouse.duckdb"))
    with duckdb.connect(str(file)) as connection:
        connection.execute("drop table v1.schema_tables")
    app = open_page(tmp_path / "home", "schema")
    assert_sound(app)
    assert "run `leadline build`" in said(app)


def test_words_find_tables_by_name_before_those_by_description() -> None:
    tables = pl.DataFrame(
        {"table_name": ["alpha", "beta", "gamma"], "description": ["of beta", "x", None]}
    )
    columns = pl.DataFrame(
        {"table_name": ["gamma"], "column_name": ["beta_id"], "description": ["Key."]}
    )
    found = found_tables(tables, columns, "beta")
    assert found["table_name"].to_list() == ["beta", "alpha", "gamma"]
    assert found_tables(tables, columns, "beta key")["table_name"].to_list() == ["gamma"]
    assert found_tables(tables, columns, "b.t").is_empty()


def test_pages_name_the_tables_they_read() -> None:
    known = frozenset({"audit_results", "risk_scores", "no_such_table"})
    uses = pages_by_table(pages(), known)
    assert "Data health" in uses["audit_results"]
    assert "Risk model" in " ".join(uses["risk_scores"])
    assert "no_such_table" not in uses
    assert pages_by_table((), known) == {}
