"""Edge case 18: incidents that nothing caused, beside many deployments, from raw pages to rows."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from tests.transforms.conftest import READ_AT, build_estate
from tests.transforms.estate import Estate
from transforms.published import Published

WEEKS = 104
START = READ_AT - timedelta(weeks=WEEKS)
SEED = 18


def _independent() -> tuple[Estate, np.ndarray, np.ndarray]:
    """Return two years of 3 deployments and 1 incident a week, drawn apart from each other."""
    rng = np.random.default_rng(SEED)
    seconds = WEEKS * 7 * 86400
    deployed = np.sort(rng.uniform(0, seconds, rng.poisson(3 * WEEKS)))
    broken = np.sort(rng.uniform(0, seconds - 7200, rng.poisson(WEEKS)))
    estate = Estate()
    service = estate.service("case-18")
    for offset in deployed:
        moment = START + timedelta(seconds=int(offset))
        sha = estate.commit(service, moment - timedelta(hours=1))
        estate.deploy(service, sha, moment)
    for offset in broken:
        moment = START + timedelta(seconds=int(offset))
        estate.incident(service, moment, moment + timedelta(hours=1))
    return estate, deployed, broken


@pytest.fixture(scope="module")
def case(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Published, np.ndarray, np.ndarray]:
    estate, deployed, broken = _independent()
    return (
        build_estate(
            tmp_path_factory.mktemp("case-18"),
            estate,
            "attribution_fits",
            "change_failure_rate",
            "incident_attributions",
            "incident_count",
            "service_causation",
        ),
        deployed,
        broken,
    )


def _only(published: Published, table: str, **filters: Any) -> dict[str, Any]:
    return published.rows(table, filters=filters).row(0, named=True)


def test_case_18_there_is_no_evidence_that_deployments_cause_incidents(
    case: tuple[Published, np.ndarray, np.ndarray],
) -> None:
    published, deployed, broken = case
    for scope in ("organisation", "service"):
        said = _only(published, "service_causation", scope=scope)
        assert said["statement"] == "no_evidence"
        assert said["attributable_fraction_low"] == 0.0
        # Only whole weeks are watched, from the first incident on.
        assert 0.95 * len(deployed) <= said["change_event_count"] <= len(deployed)
        watched = said["exposed_incident_count"] + said["other_incident_count"]
        assert 0.95 * len(broken) <= watched <= len(broken)


def test_case_18_the_rule_of_the_last_deployment_would_blame_a_quarter(
    case: tuple[Published, np.ndarray, np.ndarray],
) -> None:
    published, deployed, broken = case
    blamed = np.unique(np.searchsorted(deployed, broken) - 1)
    assert len(blamed) / len(deployed) == pytest.approx(0.25, abs=0.05)
    confirmed = _only(published, "change_failure_rate", grain="year", scope="organisation")
    assert confirmed["value"] == 0.0


def test_case_18_the_model_is_fitted_and_attributes_little(
    case: tuple[Published, np.ndarray, np.ndarray],
) -> None:
    published, _, broken = case
    fit = _only(published, "attribution_fits")
    assert fit["model"] == "fitted"
    assert fit["incident_count"] == len(broken)
    assert fit["expected_caused_count"] < 0.3 * len(broken)
    found = published.rows("incident_attributions")["attribution"].value_counts()
    counts = dict(found.iter_rows())
    assert counts.get("deployment", 0) <= 0.05 * len(broken)
