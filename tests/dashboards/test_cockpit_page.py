"""The cockpit says whether an artifact may go, why, and how a pipeline asks the same."""

from pathlib import Path

import pytest

from dashboards.safe_text import shown_text
from tests.dashboards.conftest import OpenPage
from tests.dashboards.estate import HOSTILE, Estate, publish
from tests.dashboards.estate_gate import BAD, GOOD, SERVICE, add_gate
from tests.dashboards.test_pages import assert_sound, said


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory, estate: Estate) -> Path:
    home = tmp_path_factory.mktemp("cockpit")
    add_gate(publish(home, estate), hostile=HOSTILE[4])
    return home


def test_the_newest_artifact_is_judged_and_the_reason_stands_first(
    look_at: OpenPage, gated: Path
) -> None:
    app = look_at(gated, "cockpit", of=SERVICE)
    assert_sound(app)
    assert f"The gate is shut for {SERVICE} 2.0.0 to production: 1 fail, 1 pass." in shown_text(
        said(app)
    )
    rules = app.dataframe[0].value
    first = rules.iloc[0].to_dict()
    assert first.pop("Record").startswith("controls?")
    assert first == {
        "Verdict": "✗ fail",
        "Rule": "Gate coverage",
        "Why": "4 of 5 required gates passed before the start: sast failed but was allowed to.",
        "Measured": "0.8, limit 1",
        "Asked": "required",
        "Data": "0.1 h old",
        "Limits": "Gates: 100 % (Leadline's default)",
        "Evidence": "pipeline_jobs:github:1",
    }


def test_the_command_that_asks_the_same_is_there_to_copy(look_at: OpenPage, gated: Path) -> None:
    app = look_at(gated, "cockpit", of=SERVICE)
    assert f"leadline gate --service {SERVICE} --digest {BAD} --to production" in [
        one.value for one in app.code
    ]


def test_an_artifact_of_the_address_is_judged(look_at: OpenPage, gated: Path) -> None:
    app = look_at(gated, "cockpit", of=SERVICE, digest=GOOD)
    assert f"The gate is open for {SERVICE} 1.9.0 to production: 2 pass." in shown_text(said(app))
    assert "1 pass, 1 no data" in said(app)


def test_gates_and_sign_offs_of_the_artifact_stand_beside(look_at: OpenPage, gated: Path) -> None:
    text = said(look_at(gated, "cockpit", of=SERVICE))
    assert "failed, allowed to fail" in text
    assert "runbook" in text
    assert "<script>" not in "".join(
        element.value for element in look_at(gated, "cockpit", of=SERVICE).markdown
    )


def test_an_artifact_that_was_never_deployed_says_so(look_at: OpenPage, gated: Path) -> None:
    assert "It was deployed nowhere yet." in said(look_at(gated, "cockpit", of=SERVICE))


def test_a_service_without_artifacts_says_what_to_do(look_at: OpenPage, gated: Path) -> None:
    app = look_at(gated, "cockpit", of="ledger")
    assert_sound(app)
    assert "No artifact of this selection can be judged." in said(app)
    assert "leadline run" in said(app)


def test_a_build_of_before_the_gate_says_what_to_do(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "cockpit")
    assert_sound(app)
    assert "leadline run" in said(app)
