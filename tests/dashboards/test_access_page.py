"""Access: rights with findings first, pairs, deployments that broke duties, and audit logs."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards import rights_words as words
from tests.dashboards.conftest import OpenPage
from tests.dashboards.estate import HOSTILE
from tests.dashboards.test_pages import assert_sound, said
from transforms.home import Home
from transforms.published import open_published

GOVERNANCE = Path(__file__).resolve().parents[2] / "transforms" / "models" / "governance"


def right(verdict: str, code: str = "in_order") -> dict[str, Any]:
    return {"verdict": verdict, "reason_code": code}


@pytest.mark.parametrize("table", ["held_rights", "toxic_holders", "duty_violations"])
def test_the_made_up_tables_have_the_columns_of_the_contract(
    table: str, published_home: Path
) -> None:
    model = yaml.safe_load((GOVERNANCE / f"{table}.yml").read_text())["models"][0]
    found = open_published(Home(root=published_home)).rows(table, limit=1)
    assert set(found.columns) == {column["name"] for column in model["columns"]}


def test_the_page_says_first_how_many_rights_have_a_finding(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "access")
    assert_sound(app)
    assert app.markdown[0].value == (
        "#### 3 of 5 rights have a finding; 1 person holds a pair of rights that two should hold."
    )
    told = said(app)
    assert "1 right privileged and not used for too long" in told
    assert "1 right held by an auditor and may write" in told


def test_rights_with_findings_come_first_and_hostile_names_are_only_cells(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "access")
    rights = app.dataframe[0].value
    assert list(rights["Verdict"]) == ["✕ Fail", "✕ Fail", "? No data", "✓ Pass", "✓ Pass"]
    assert not any(HOSTILE[0] in element.value for element in app.markdown)


def test_violations_open_their_deployment_and_name_people_and_exemption(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "access")
    found = next(frame.value for frame in app.dataframe if "Violation" in frame.value)
    assert found["Open"].iloc[0].startswith("deployment?")
    assert found["Exemption"].iloc[0] == "exemption-9, lifts fail"
    assert set(found["Violation"]) == {"a change that nobody but its authors approved"}
    assert f"in {found.shape[0]} deployments, the newest first" in said(app)


def test_each_log_is_told_by_its_newest_month(look_at: OpenPage, published_home: Path) -> None:
    app = look_at(published_home, "access")
    (log,) = next(frame.value for frame in app.dataframe if "Log" in frame.value).to_dict("records")
    assert log["Log"] == "host"
    assert log["All six facts"].startswith("✕ 986 of 1000 events")
    assert log["Reach"].startswith("✓ ")


def test_a_page_without_rights_and_logs_says_what_would_bring_them(
    look_at: OpenPage, quiet_home: Path
) -> None:
    app = look_at(quiet_home, "access")
    assert_sound(app)
    told = said(app)
    assert "No right of anybody is known, so it is not known who holds too much." in told
    assert "nobody holds" not in told.lower()
    assert app.code[-1].value == "leadline template access_grants --out access_grants.csv"
    assert "audit_events" in told
    assert "No deployment to production began in this period." in told


def test_a_selection_without_rights_is_told_from_an_organisation_of_which_none_are_known(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "access", service="ledger")
    assert_sound(app)
    assert app.markdown[0].value.startswith("#### No right in this selection; 1 person holds")
    assert "widen the selection" in said(app)


def test_sentences_of_findings_are_in_rows_high_enough_to_wrap(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "access")
    rights = app.dataframe[0]
    # Streamlit wraps text in rows of more than 4 rem
    assert rights.proto.row_height > 64
    assert rights.value["What was found"].iloc[0].endswith(", which may change things.")


def test_three_of_two_hundred_are_told_with_their_interval() -> None:
    verdicts = ["fail"] * 3 + ["pass"] * 197
    assert words.duty_sentence(verdicts) == (
        "3 of 200 deployments broke a separation of duties (1.5 %, likely 0.5 % to 4.3 %)."
    )


def test_an_exempt_deployment_still_broke_a_duty_and_what_is_unknown_is_no_pass() -> None:
    verdicts = ["fail"] * 2 + ["exempt"] + ["inconclusive"] * 4 + ["pass"] * 93
    told = words.duty_sentence(verdicts, exempt=1)
    assert told.startswith("3 of 100 deployments broke a separation of duties")
    assert told.endswith("; 1 of them with an exemption; of 4 it cannot be told.")


def test_coverage_counts_what_began_before_the_log_apart() -> None:
    verdicts = ["pass"] * 49 + ["fail"] + ["no_data"] * 5
    assert words.coverage_sentence(verdicts) == (
        "An audit log tells of 49 of 50 deployments (98 %); 5 began before it."
    )
    assert words.coverage_sentence(["no_data"]).startswith("No audit log that was read")


def test_findings_are_counted_the_most_frequent_first() -> None:
    rights = [right("fail", "dormant")] * 2 + [right("fail", "review_overdue"), right("pass")]
    assert words.finding_sentences(rights) == [
        "2 rights privileged and not used for too long", "1 right not confirmed in time",
    ]  # fmt: skip


def test_every_finding_and_violation_has_words() -> None:
    control = (GOVERNANCE.parent / "controls" / "control_entitlements.sql").read_text()
    assert all(f"'{code}'" in control for code in words.FINDINGS)
    duty = (GOVERNANCE.parents[1] / "macros" / "duty.sql").read_text()
    assert all(f"'{code}'" in duty for code in words.VIOLATIONS)


def test_a_pair_whose_grants_say_no_day_has_no_day() -> None:
    row = {"person_id": "p", "pair_words": "w", "access_grant_ids": ["g"]}
    old = words.holders_table([{**row, "held_from_at": datetime(1970, 1, 1)}])  # noqa: DTZ001
    assert old["Since"][0] == "–"
