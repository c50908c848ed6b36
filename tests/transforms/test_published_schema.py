"""What a published build says of its own tables, and that every example query is answered by it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import yaml

from orchestration.dbt import Outcome, run_dbt
from tests.checkout import ROOT
from tests.transforms.conftest import publish_estate
from tests.transforms.estate import Estate, at
from transforms.examples import FOLDER, TOPICS, Example, examples, read_example
from transforms.home import Home
from transforms.published import Published
from transforms.sandbox import ask

MODELS = ROOT / "transforms" / "models"
LITERAL_REF = re.compile(r"""ref\(\s*["'](\w+)["']\s*\)""")
by_example = pytest.mark.parametrize("example", examples(), ids=lambda one: one.name)


@dataclass(frozen=True)
class World:
    """A build: what was published, and what dbt did for it."""

    root: Path
    published: Published
    outcomes: list[Outcome]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A service with two releases of which the second failed, and an incident that is open."""
    estate = Estate()
    service = estate.service("web")
    first = estate.commit(service, at("2026-04-02 08:00"))
    estate.deploy(service, first, at("2026-04-02 09:00"))
    second = estate.commit(service, at("2026-04-20 08:00"), parents=(first,), title="Second")
    deployment = estate.deploy(service, second, at("2026-04-21 08:00"))
    estate.incident(service, at("2026-04-30 08:00"), None)
    estate.change_request(service, at("2026-04-20 12:00"), deployment)
    root = tmp_path_factory.mktemp("described")
    outcomes: list[Outcome] = []

    def remember(*positional: Any, **named: Any) -> list[Outcome]:
        outcomes.extend(run_dbt(*positional, **named))
        return outcomes

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("orchestration.build.run_dbt", remember)
        published = publish_estate(root, estate)
    return World(root=root, published=published, outcomes=outcomes)


@pytest.fixture(scope="module")
def published(world: World) -> Published:
    return world.published


@pytest.fixture(scope="module")
def answers(published: Published) -> Mapping[str, pl.DataFrame]:
    return {one.name: ask(published, one.sql).frame for one in examples()}


def _contracts() -> dict[str, list[tuple[str, str]]]:
    """Return the columns and types that each model with a contract states, in its YAML's order."""
    folders = ("canonical", "facts", "quality", "insights", "compatibility", "governance")
    files = [file for folder in folders for file in sorted((MODELS / folder).glob("*.yml"))]
    models = [one for file in files for one in yaml.safe_load(file.read_text("utf-8"))["models"]]
    return {
        model["name"]: [(column["name"], column["data_type"]) for column in model["columns"]]
        for model in models
    }


def test_every_model_selects_just_the_columns_and_types_of_its_contract(world: World) -> None:
    """A build makes its tables by their contracts and leaves this question, which costs it a plan
    of each query, to us."""
    contracts = _contracts()
    texts = {one.name: one.sql for one in world.outcomes if one.name in contracts}
    assert len(texts) > 150
    home = Home(root=world.root)
    differing = {}
    with duckdb.connect(str(home.warehouse_file), read_only=True) as connection:
        connection.execute(f"attach '{home.staging_file}' as staged (read_only)")
        for name, text in texts.items():
            selected = connection.execute(f"describe {text}").fetchall()
            types = connection.execute(
                "describe select " + ", ".join(f"null::{type_}" for _, type_ in contracts[name])
            ).fetchall()
            stated = {
                column: type_row[1]
                for (column, _), type_row in zip(contracts[name], types, strict=True)
            }
            if {row[0]: row[1] for row in selected} != stated:
                differing[name] = (selected, stated)
    assert differing == {}


def test_every_table_states_the_key_of_its_rows(world: World) -> None:
    keys = {one.name: one.unique_key for one in world.outcomes if one.unique_key}
    assert len(keys) > 150
    assert keys["fct_deployments"] == ("deployment_id",)


def test_there_is_an_example_for_every_topic() -> None:
    assert len(examples()) >= 24
    assert {one.topic for one in examples()} == set(TOPICS)
    assert len({one.question for one in examples()}) == len(examples())


@by_example
def test_an_example_is_a_question_and_one_bounded_select(example: Example) -> None:
    assert example.question.endswith("?")
    assert example.question[0].isupper()
    assert example.asked_by == example.asked_by.strip().lower()
    assert example.sql.startswith(("select", "with"))
    assert ";" not in example.sql
    assert "order by" in example.sql or "_between(" in example.sql


@by_example
def test_a_real_build_answers_every_example(
    example: Example, answers: Mapping[str, pl.DataFrame]
) -> None:
    frame = answers[example.name]
    assert len(frame.columns) >= 3
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in frame.columns)


def test_examples_say_what_was_put_in(answers: Mapping[str, pl.DataFrame]) -> None:
    (live,) = answers["versions_in_production"].to_dicts()
    assert (live["service_id"], str(live["live_since_at"])) == ("web", "2026-04-21 08:00:00")
    (incident,) = answers["open_incidents"].to_dicts()
    assert (incident["services"], incident["hours_open"]) == ("web", 16.0)
    assert answers["quiet_services"].is_empty()
    (service,) = answers["incidents_by_service"].to_dicts()
    assert (service["service_id"], service["incident_count"]) == ("web", 1)
    counted = {row["reason"]: row["row_count"] for row in answers["left_out_and_why"].to_dicts()}
    assert counted["counted"] == 1
    assert answers["delivery_by_month"].height % 5 == 0


@pytest.mark.parametrize(
    "text",
    [
        "select 1",
        "-- title: A\n-- question: B?\n-- asked by: c\nselect 1",
        "-- title: A\n-- question: B?\n-- asked by: c\n-- topic: Nothing\nselect 1",
    ],
)
def test_an_example_without_its_whole_header_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"name\.sql begins with"):
        read_example("name", text)


def test_a_header_may_go_on_in_the_next_line() -> None:
    header = "-- title: A\n-- question: B and\n-- C?\n-- asked by: d\n-- topic: Delivery\n"
    found = read_example("name", header + "select 1 -- kept\n")
    assert (found.question, found.sql) == ("B and C?", "select 1 -- kept")
    assert {file.stem for file in FOLDER.iterdir()} == {one.name for one in examples()}


def test_every_table_and_column_that_can_be_asked_for_is_described(published: Published) -> None:
    asked = ask(published, "select * from (show all tables) where schema = 'v1'").frame
    tables = {row["table_name"]: row for row in published.rows("schema_tables").to_dicts()}
    assert set(tables) == set(asked["name"])
    assert [name for name, row in tables.items() if not row["description"]] == []
    columns = published.rows("schema_columns", order="place")
    nameless = columns.filter(columns["description"].fill_null("") == "")
    assert nameless.select("table_name", "column_name").rows() == []
    for row in asked.to_dicts():
        found = columns.filter(columns["table_name"] == row["name"])
        assert found["column_name"].to_list() == row["column_names"], row["name"]


def test_counts_and_contracts_are_those_of_the_tables(published: Published) -> None:
    tables = {row["table_name"]: row for row in published.rows("schema_tables").to_dicts()}
    for name in ("fct_deployments", "change_failure_rate", "audit_results", "dora_bands"):
        assert tables[name]["row_count"] == published.rows(name).height
        assert tables[name]["kind"] == "table"
    assert tables["peer_metrics"]["kind"] == "view"
    assert tables["peer_metrics"]["row_count"] is None
    assert tables["fct_deployments"]["is_contract_enforced"]
    assert not tables["audit_results"]["is_contract_enforced"]
    layers = {file.parent.name for file in MODELS.glob("*/*.yml")} | {"reference"}
    assert {row["layer"] for row in tables.values()} <= layers


def test_what_a_table_is_made_from_holds_every_published_table_that_its_model_names(
    published: Published,
) -> None:
    tables = {row["table_name"]: row for row in published.rows("schema_tables").to_dicts()}
    checked = 0
    for layer in ("insights", "facts", "compatibility"):
        for file in (MODELS / layer).glob("*.sql"):
            named = set(LITERAL_REF.findall(file.read_text("utf-8"))) & set(tables)
            assert named <= set(tables[file.stem]["made_from"]), file.stem
            checked += len(named)
            for parent in named:
                assert file.stem in tables[parent]["used_by"]
    assert checked > 50


def test_the_sources_of_a_table_are_the_kinds_whose_models_it_unites(published: Published) -> None:
    (incidents,) = published.rows("schema_tables", filters={"table_name": "incidents"}).to_dicts()
    files = (MODELS / "intermediate" / "incidents").glob("int_incidents__*.sql")
    kinds = {file.stem.removeprefix("int_incidents__") for file in files}
    assert kinds & folders(MODELS / "staging") <= set(incidents["sources"])
    (facts,) = published.rows("schema_tables", filters={"table_name": "periods"}).to_dicts()
    assert not set(facts["sources"]) & (kinds - {"files"})


def folders(place: Path) -> set[str]:
    return {folder.name for folder in place.iterdir() if folder.is_dir()}
