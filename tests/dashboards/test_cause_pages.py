"""Incident explorer and Deployment detail: what they say, and what people say on them."""

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.incidents import Incident, lanes_of
from dashboards.suspects import parted
from tests.dashboards.conftest import OpenPage
from tests.dashboards.estate import Estate, publish
from tests.dashboards.test_pages import assert_sound, said
from tests.transforms.estate import at
from transforms.decisions import append_decision, decisions_file, read_decisions
from transforms.published import CONNECTION


@pytest.fixture
def own_home(tmp_path: Path, estate: Estate) -> Path:
    """A home of the test's own, because it decides something or breaks a table."""
    publish(tmp_path, estate)
    return tmp_path


def _ask(home: Path, sql: str) -> list[tuple[Any, ...]]:
    file = home / "published" / "current" / "warehouse.duckdb"
    # as the pages open it: one process opens a file in one way only
    with duckdb.connect(str(file.resolve()), read_only=True, config=CONNECTION) as connection:
        return connection.execute(sql).fetchall()


def _incident_with_suspects(home: Path, *, least: int = 2) -> tuple[str, str, str]:
    """Return a recent incident, its first suspect and its second."""
    ((incident, first, second),) = _ask(
        home,
        "select incident_id, arg_min(change_event_id, suspect_rank), "
        "max(case when suspect_rank = 2 then change_event_id end) from v1.incident_suspects "
        "join v1.fct_incidents using (incident_id) where impact_started_at > '2026-09-01' "
        f"group by incident_id having count(*) >= {least} order by incident_id limit 1",
    )
    return str(incident), str(first), str(second)


def _sentence(app: AppTest) -> str:
    return next(str(one.value) for one in app.markdown if str(one.value).startswith("#### "))


def test_the_sentence_counts_the_incidents_that_are_shown(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "incidents", period="365 days")
    counts: dict[str, int] = dict(
        _ask(
            published_home,
            "select attribution, count(distinct incident_id) from v1.incident_explanations "
            "where impact_started_date >= date '2025-11-23' group by 1",
        )
    )
    total = sum(counts.values())
    assert _sentence(app) == (
        f"#### {total} incidents: {counts['deployment']} by a deployment, "
        f"{counts['not_deployment']} not, {counts['unsure']} unsure."
    )
    table = next(frame.value for frame in app.dataframe if "Probable cause" in frame.value)
    assert len(table) == total
    assert next(iter(table.columns)) == "Source"
    assert len(table.columns) <= 7


def test_only_unexplained_and_severity_narrow_the_list_and_come_from_the_address(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(
        published_home, "incidents", period="365 days", severity="Severity 1", unexplained="true"
    )
    table = next(frame.value for frame in app.dataframe if "Probable cause" in frame.value)
    assert set(table["Severity"]) == {"1"}
    assert "by a deployment" in _sentence(app)
    assert ": 0 by a deployment" in _sentence(app)
    assert "unknown" not in said(app).split("the defaults")[0][-80:]


def test_an_incident_of_the_address_shows_its_ranked_suspects_and_no_deployment(
    look_at: OpenPage, published_home: Path
) -> None:
    incident, first, _ = _incident_with_suspects(published_home)
    app = look_at(published_home, "incidents", period="365 days", incident=incident)
    assert_sound(app)
    text = said(app)
    assert "What probably caused it" in text
    assert f"deployment={first.replace(':', '%3A')}" in text
    assert "no deployment" in text
    assert "this service has 0.4 incidents a week anyway" in text
    shares = [
        str(one.value) for one in app.markdown if str(one.value).startswith("**") and " %**" in
        str(one.value)
    ]  # fmt: skip
    assert len(shares) >= 3
    assert any("no deployment" in one for one in shares)


def test_links_keep_the_filters(look_at: OpenPage, published_home: Path) -> None:
    incident, first, _ = _incident_with_suspects(published_home)
    app = look_at(published_home, "incidents", period="365 days", incident=incident)
    assert f"(deployment?period=365+days&deployment={first.replace(':', '%3A')})" in said(app)
    detail = look_at(published_home, "deployment", period="365 days", deployment=first)
    table = next(frame.value for frame in detail.dataframe if "Caused by this" in frame.value)
    assert any(incident in link and "period=365+days" in link for link in table["Open"])


def test_an_unknown_incident_or_deployment_is_said(look_at: OpenPage, published_home: Path) -> None:
    app = look_at(published_home, "incidents", incident="<script>")
    assert_sound(app)
    assert "names no incident that counts in this build" in said(app)
    detail = look_at(published_home, "deployment", deployment="![](http://127.0.0.1:9/x)")
    assert_sound(detail)
    assert "names no deployment of this build" in said(detail)


def test_the_model_is_explained_with_its_fit_parameters_and_record(
    look_at: OpenPage, published_home: Path
) -> None:
    text = said(look_at(published_home, "incidents"))
    for part in (
        "Fitted on 130 incidents with a candidate and 2,000 change events.",
        "log-likelihood -1,667.9, that is 311.3 more", "converged after 33 rounds",
        "code 0",
        "97 % (likely 89 % to 99 %) of its links are right, and it finds 97 %",
        "Against what records name (63 incidents; the model does not see it)",
        "Brier score 0.028",
    ):  # fmt: skip
        assert part in text.replace("\\", "")


def test_without_evidence_the_page_says_so_and_links_to_the_test(
    open_page: OpenPage, own_home: Path
) -> None:
    file = own_home / "published" / "current" / "warehouse.duckdb"
    with duckdb.connect(str(file.resolve())) as connection:
        connection.execute(
            "update v1.service_causation set statement = "
            "case when scope_id = 'content' then 'no_evidence' else 'evidence' end"
        )
    assert "no evidence that deployments cause" not in said(open_page(own_home, "incidents"))
    text = said(open_page(own_home, "incidents", service="content"))
    assert "There is no evidence that deployments cause incidents here" in text
    assert "(correlations?service=content" in text


def _judge(app: AppTest, button: str, *, reason: str) -> AppTest:
    app.button(key=button).click().run()
    app.text_input(key="judgement_reason").set_value(reason)
    app.text_input(key="judge").set_value("Ada")
    keep = next(one for one in app.button if one.label == "Keep it")
    return keep.click().run()


@pytest.mark.parametrize(
    ("button", "verdict", "cause"),
    [
        ("confirm_1", "confirmed", "first"),
        ("reject_1", "rejected", "first"),
        ("confirm_none", "no_deployment", "none"),
    ],
)
def test_what_a_person_says_is_kept_and_pending_until_the_next_build(
    open_page: OpenPage, own_home: Path, button: str, verdict: str, cause: str
) -> None:
    incident, first, _ = _incident_with_suspects(own_home)
    app = open_page(own_home, "incidents", period="365 days", incident=incident)
    app = _judge(app, button, reason="The log says **so**")
    assert_sound(app)
    (decision,) = read_decisions(own_home / "lake")
    named = {"first": f"deployment:{first}", "none": "none"}[cause]
    assert (decision.kind, decision.verdict) == ("attribution", verdict)
    assert decision.subject == f"incident:{incident} cause:{named}"
    assert (decision.who, decision.reason) == ("Ada", "The log says **so**")
    again = open_page(own_home, "incidents", period="365 days", incident=incident)
    word = "rejected" if verdict == "rejected" else "confirmed"
    assert f"**{word}, pending until the next build**" in said(again)
    assert again.button(key=button).disabled


def test_a_judgement_needs_a_reason(open_page: OpenPage, own_home: Path) -> None:
    incident, _, _ = _incident_with_suspects(own_home)
    app = open_page(own_home, "incidents", period="365 days", incident=incident)
    app = _judge(app, "confirm_1", reason="  ")
    assert "Say in words why" in said(app)
    assert read_decisions(own_home / "lake") == []


def test_a_judgement_that_a_later_one_contradicts_is_not_pending(
    open_page: OpenPage, own_home: Path, estate: Estate
) -> None:
    incident, first, _ = _incident_with_suspects(own_home)
    for subject, verdict in (
        (f"incident:{incident} cause:deployment:{first}", "confirmed"),
        (f"incident:{incident} cause:none", "no_deployment"),
    ):
        append_decision(
            own_home / "lake", kind="attribution", subject=subject, verdict=verdict,
            reason="because", who="Ada", decided_at=estate.as_of,
        )  # fmt: skip
    app = open_page(own_home, "incidents", period="365 days", incident=incident)
    assert said(app).count("pending until the next build") == 1
    assert not app.button(key="confirm_1").disabled
    assert app.button(key="confirm_none").disabled


def test_altered_decisions_are_said_and_the_page_goes_on(
    open_page: OpenPage, own_home: Path
) -> None:
    incident, _, _ = _incident_with_suspects(own_home)
    file = decisions_file(own_home / "lake")
    file.parent.mkdir(parents=True)
    file.write_text("{}\n")
    app = open_page(own_home, "incidents", period="365 days", incident=incident)
    assert_sound(app)
    assert "What people decided cannot be read" in said(app)
    assert "no deployment" in said(app)


@pytest.mark.parametrize("page", ["incidents", "deployment"])
def test_a_build_of_before_these_tables_is_still_shown(
    open_page: OpenPage, own_home: Path, page: str
) -> None:
    file = own_home / "published" / "current" / "warehouse.duckdb"
    _, first, _ = _incident_with_suspects(own_home)
    copy = own_home / "copy.duckdb"
    shutil.move(file.resolve(), copy)
    with duckdb.connect(str(copy)) as connection:
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() where table_name in ('incident_explanations', "
            "'incident_suspects', 'change_events', 'incident_attributions', 'service_reach', "
            "'deployment_details', 'deployment_changes', 'attribution_verdicts', "
            "'service_causation') or table_name like 'attribution%'"
        ).fetchall():
            connection.execute(f"drop table v1.{name}")
    shutil.move(copy, file.resolve())
    app = open_page(own_home, page, deployment=first)
    assert not app.exception


def test_a_deployment_says_what_went_in_what_followed_and_who_depends_on_it(
    look_at: OpenPage, published_home: Path
) -> None:
    ((deployment,),) = _ask(
        published_home,
        "select deployment_id from v1.fct_deployments where service_id = 'basket' "
        "and change_count > 1 and not is_failed order by finished_at desc limit 1",
    )
    app = look_at(published_home, "deployment", deployment=str(deployment))
    assert_sound(app)
    text = said(app)
    assert "#### basket" in text
    assert "What went in" in text
    assert "2 approvers, the last before it began" in text.replace("\\", "")
    assert "40 tests of its commit: 2 failed" in text
    assert "**1 service** directly: web\\-shop" in text
    assert "**1 service** through one other service: mobile\\-bff" in text
    assert "javascript" not in text.replace("\\", "")


def test_the_list_of_deployments_can_hold_failed_ones_only(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "deployment", period="365 days", failed="true")
    assert_sound(app)
    table = app.dataframe[0].value
    assert set(table["State"]) == {"failed"}
    assert all(link.startswith("deployment?period=365+days&deployment=") for link in table["Open"])


def _incident(identity: str, services: tuple[str, ...], **fields: object) -> Incident:
    values = {
        "number": "", "title": "", "severity": 1, "attribution": "deployment", "basis": "model",
        "is_explained": True, "is_open": False, "top": "1.0", "top_service": None,
        "top_event_id": None, "top_probability": 0.9, "none_probability": 0.1,
        "began_at": at("2026-01-01 10:00"), "restored_at": None, "source_url": None,
    }  # fmt: skip
    return Incident(incident_id=identity, services=services, **{**values, **fields})  # type: ignore[arg-type]


def test_lanes_are_for_the_chosen_incident_then_for_the_services_with_most_incidents() -> None:
    rest = [_incident(f"i{number}", ("busy",)) for number in range(3)]
    chosen = _incident("chosen", ("rare",), top_service="upstream")
    incidents = [*rest, _incident("o", ("other",)), chosen]
    assert lanes_of(incidents, chosen, most=3) == (("rare", "upstream", "busy"), 1)
    assert lanes_of(incidents, None, most=12) == (("busy", "other", "rare"), 0)


def test_a_suspect_under_one_percent_stands_behind_a_fold_unless_somebody_says_something() -> None:
    def suspect(name: str, probability: float, judgement: str | None = None) -> dict[str, object]:
        return {
            "change_event_id": name, "probability": probability, "judgement": judgement,
            "evidence": None,
        }  # fmt: skip

    first, second = suspect("a", 0.6), suspect("b", 0.004)
    rejected = suspect("c", 0.0, "rejected")
    shown, rest = parted((first, second, rejected), {})
    assert ([one["change_event_id"] for one in shown], len(rest)) == (["a", "c"], 1)
    assert parted((suspect("a", 0.001),), {})[1] == ()
