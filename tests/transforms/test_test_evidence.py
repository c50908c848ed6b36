"""Whether it is on record how every requirement of a release was tested."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from transforms.home import Home

DIGEST, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def requirement(estate: Estate, number: int, version: str, **changed: object) -> None:
    """Add a requirement whose six things are on record, but for what is changed."""
    stated: dict[str, object] = {
        "id": f"REQ-{number}@{version}", "key": f"REQ-{number}", "version": version,
        "service": "pay", "test": "test_pays_once", "result": "passed",
        "environment": "staging", "dataset": "orders", "disposition": "none open",
        "approver": "grace@example.org", "approved_at": at("2026-03-01 10:00"),
    }  # fmt: skip
    estate.row("evidence_requirements", **(stated | changed))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    estate = Estate()
    pay = estate.service("pay", team="payments")
    sha = estate.commit(pay, at("2026-03-01 09:00"))
    for day, version in (("02", "1.4.0"), ("03", "1.5.0"), ("04", "1.6.0")):
        estate.deploy(
            pay, sha, at(f"2026-03-{day} 10:00"), minutes=10, version=version,
            artifact_digest=DIGEST,
        )  # fmt: skip
    for number in range(20):
        requirement(estate, number, "1.4.0", **({"approver": None} if number < 3 else {}))
    requirement(estate, 1, "1.5.0", digest=DIGEST, result="failed")
    requirement(estate, 1, "1.6.0", digest=OTHER)
    requirement(estate, 2, "1.6.0", digest=DIGEST, dataset="  ")
    home = Home(root=tmp_path_factory.mktemp("evidence"))
    estate.write(home.lake, read_at=at("2026-03-10 00:00"))
    build_models(home, "control_test_evidence")
    yield home


def result(home: Home, release: str) -> dict[str, Any]:
    """Return what the control says of a release."""
    (found,) = rows(home, "control_test_evidence", where=f"subject_id = 'pay@{release}'")
    return found


def test_m56_three_missing_approvers_of_twenty_requirements_fail_and_are_listed(home: Home) -> None:
    """M5.6: 20 requirements x 6 cells, 3 missing approver: 117/120 = 97.5 % FAIL listing 3."""
    found = result(home, "1.4.0")
    assert (found["verdict"], found["value"], found["threshold"]) == ("fail", 0.975, 1.0)
    assert found["reason"] == (
        "117 of 120 things are on record; missing are REQ-0: approver, REQ-1: approver, "
        "REQ-2: approver."
    )
    assert len(found["evidence"]) == 20


def test_a_release_with_all_on_record_passes_whatever_the_results_were(home: Home) -> None:
    found = result(home, "1.5.0")
    assert (found["verdict"], found["reason_code"], found["value"]) == ("pass", "complete", 1.0)
    assert found["team_id"] == "payments"


def test_evidence_of_another_build_fills_nothing(home: Home) -> None:
    found = result(home, "1.6.0")
    assert (found["verdict"], found["reason_code"]) == ("fail", "evidence_of_another_build")
    assert found["reason"].startswith("5 of 12 things are on record")
    assert "REQ-2: dataset" in found["reason"]


def test_a_release_happened_when_it_was_first_deployed(home: Home) -> None:
    assert result(home, "1.5.0")["occurred_at"].isoformat() == "2026-03-03T09:50:00"


def test_the_table_counts_per_release(home: Home) -> None:
    (found,) = rows(home, "evidence_completeness", where="release_key = 'pay@1.6.0'")
    assert (found["requirement_count"], found["cell_count"]) == (2, 12)
    assert (found["filled_cell_count"], found["other_build_count"]) == (5, 1)
