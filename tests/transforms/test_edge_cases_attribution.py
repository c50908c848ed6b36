"""Edge cases 16 and 17 and their kin: suspects, verdicts and rates, from raw pages to rows."""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.transforms.conftest import build_estate
from tests.transforms.estate import Estate, at
from transforms.decisions import append_decision
from transforms.home import Home
from transforms.published import Published

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ONSET = at("2026-02-10 12:00")
Row = dict[str, Any]


def _service(estate: Estate, name: str) -> str:
    """Declare a service with a baseline that is too old to be a suspect."""
    service = estate.service(name)
    _deploy(estate, service, ONSET - timedelta(days=20))
    return service


def _deploy(estate: Estate, service: str, finished: datetime, minutes: int = 0) -> str:
    sha = estate.commit(service, finished - HOUR - minutes * MINUTE)
    return estate.deploy(service, sha, finished, minutes=minutes)


def _depends(estate: Estate, service: str, upstream: str) -> None:
    estate.catalogue.append(
        {"record_type": "dependency", "service_id": service, "depends_on": upstream}
    )


class Company:
    """An estate of small cases; ids by name."""

    def __init__(self, root: Path) -> None:
        """Write, judge and build it."""
        self.ids: dict[str, str] = {}
        estate = Estate()
        self._outage(estate)
        self._two_deployments(estate)
        self._upstream(estate)
        self._under_way(estate)
        self._named(estate)
        self._unmapped(estate)
        self._judged(estate, root)
        self.published: Published = build_estate(
            root,
            estate,
            "attributed_change_failure_rate",
            "attribution_scores",
            "incident_attributions",
            "incident_count",
            "incident_suspects",
            "time_to_restore",
            "fct_deployments",
        )

    def _incident(self, estate: Estate, name: str, service: str, **fields: Any) -> str:
        self.ids[name] = estate.incident(service, ONSET, ONSET + HOUR, **fields)
        return self.ids[name]

    def _outage(self, estate: Estate) -> None:
        service = _service(estate, "case-16")
        _deploy(estate, service, ONSET - timedelta(hours=72, seconds=1))
        self._incident(estate, "16", service)

    def _two_deployments(self, estate: Estate) -> None:
        service = _service(estate, "case-17")
        self.ids["B"] = _deploy(estate, service, ONSET - 6 * HOUR)
        self.ids["A"] = _deploy(estate, service, ONSET - 5 * MINUTE)
        self._incident(estate, "17", service)

    def _upstream(self, estate: Estate) -> None:
        names = [_service(estate, f"tier-{number}") for number in range(4)]
        for service, upstream in pairwise(names):
            _depends(estate, service, upstream)
        for number, service in enumerate(names):
            self.ids[f"hop-{number}"] = _deploy(estate, service, ONSET - 30 * MINUTE)
        self._incident(estate, "upstream", names[0])

    def _under_way(self, estate: Estate) -> None:
        service = _service(estate, "case-rollout")
        self.ids["rollout"] = _deploy(estate, service, ONSET + 20 * MINUTE, minutes=40)
        self.ids["mending"] = _deploy(estate, service, ONSET + HOUR, minutes=10)
        self._incident(estate, "rollout-incident", service)

    def _named(self, estate: Estate) -> None:
        service = _service(estate, "case-named")
        named = _deploy(estate, service, ONSET - 8 * HOUR)
        self.ids["nearer"] = _deploy(estate, service, ONSET - 10 * MINUTE)
        self.ids["named"] = named
        self._incident(estate, "named-incident", service, caused_by=named)

    def _unmapped(self, estate: Estate) -> None:
        service = _service(estate, "case-unmapped")
        self.ids["stranger"] = _deploy(estate, "nobody-s-service", ONSET - HOUR)
        self._incident(estate, "unmapped", service, caused_by=self.ids["stranger"])

    def _judged(self, estate: Estate, root: Path) -> None:
        for case in ("confirmed", "rejected", "cleared"):
            service = _service(estate, f"case-{case}")
            self.ids[f"{case}-far"] = _deploy(estate, service, ONSET - 5 * HOUR)
            self.ids[f"{case}-near"] = _deploy(estate, service, ONSET - 5 * MINUTE)
            self._incident(estate, case, service)
        self._say(root, "confirmed", "confirmed", "confirmed-far")
        self._say(root, "rejected", "rejected", "rejected-near")
        self._say(root, "cleared", "no_deployment", None)

    def _say(self, root: Path, incident: str, verdict: str, deployment: str | None) -> None:
        cause = "none" if deployment is None else f"deployment:{self.ids[deployment]}"
        append_decision(
            Home(root=root).lake,
            kind="attribution",
            subject=f"incident:{self.ids[incident]} cause:{cause}",
            verdict=verdict,
            reason="looked at in the review",
            who="reviewer",
            decided_at=at("2026-02-20 10:00"),
        )

    def attribution(self, incident: str) -> Row:
        """Return what is published of one incident's cause."""
        rows = self.published.rows(
            "incident_attributions", filters={"incident_id": self.ids[incident]}
        )
        return rows.row(0, named=True)

    def suspects(self, incident: str) -> dict[str, Row]:
        """Return an incident's suspects by the names that the case gave them."""
        rows = self.published.rows("incident_suspects", filters={"incident_id": self.ids[incident]})
        names = {key: name for name, key in self.ids.items()}
        return {names[row["change_event_id"]]: row for row in rows.iter_rows(named=True)}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    return Company(tmp_path_factory.mktemp("attribution"))


def test_case_16_an_outage_without_a_deployment_in_72_hours_has_none_as_cause(
    company: Company,
) -> None:
    found = company.attribution("16")
    assert (found["attribution"], found["basis"]) == ("not_deployment", "no_candidate")
    assert (found["none_probability"], found["suspect_count"]) == (1.0, 0)
    failed = company.published.rows("fct_deployments", filters={"service_id": "case-16"})
    assert not failed["is_failed"].any()
    restored = company.published.observations("time_to_restore", service_ids=["case-16"])
    assert restored.filter(restored["exclusion_reason"].is_null()).height == 1


def test_case_17_the_nearer_deployment_is_likelier_and_shares_sum_to_one(
    company: Company,
) -> None:
    found, suspects = company.attribution("17"), company.suspects("17")
    a, b = suspects["A"]["probability"], suspects["B"]["probability"]
    # Fixed weights: 0.40 exp(-dt / 1 h) + 0.25 for the own service; 0.25 for no deployment.
    scores = np.array([0.4 * np.exp(-5 / 60) + 0.25, 0.4 * np.exp(-6.0) + 0.25, 0.25])
    assert [a, b, found["none_probability"]] == pytest.approx(scores / scores.sum())
    assert a > b > 0
    assert a + b + found["none_probability"] == pytest.approx(1.0)
    assert (found["attribution"], found["basis"]) == ("deployment", "fixed_weights")
    assert suspects["A"]["likelihood"] == "linked"
    facts = company.published.rows("fct_deployments", filters={"service_id": "case-17"})
    assert not facts["is_failed"].any(), "a probability confirms nothing"


def test_services_upstream_are_suspect_to_two_hops(company: Company) -> None:
    suspects = company.suspects("upstream")
    assert {name: row["hop_count"] for name, row in suspects.items()} == {
        "hop-0": 0,
        "hop-1": 1,
        "hop-2": 2,
    }
    shares = [suspects[f"hop-{hops}"]["probability"] for hops in range(3)]
    assert shares[0] > shares[1] > shares[2] > 0


def test_a_roll_out_under_way_is_suspect_and_what_mends_it_is_not(company: Company) -> None:
    suspects = company.suspects("rollout-incident")
    assert set(suspects) == {"rollout"}
    assert suspects["rollout"]["is_in_flight"]
    assert suspects["rollout"]["seconds_before"] == 0


def test_what_a_record_names_is_certain_and_what_the_model_says_stays_beside_it(
    company: Company,
) -> None:
    found, suspects = company.attribution("named-incident"), company.suspects("named-incident")
    assert (found["attribution"], found["basis"]) == ("deployment", "record")
    assert suspects["named"]["probability"] == 1.0
    assert suspects["nearer"]["probability"] == 0.0
    assert suspects["nearer"]["model_probability"] > suspects["named"]["model_probability"] > 0
    assert found["none_probability"] == 0.0
    assert 0 < found["model_none_probability"] < 1


def test_a_record_may_name_a_deployment_that_no_graph_leads_to(
    company: Company,
) -> None:
    found, suspects = company.attribution("unmapped"), company.suspects("unmapped")
    assert (found["attribution"], found["basis"]) == ("deployment", "record")
    assert set(suspects) == {"stranger"}
    assert suspects["stranger"]["probability"] == 1.0
    assert not suspects["stranger"]["is_candidate"]


def test_a_person_who_confirms_makes_it_certain_and_the_deployment_failed(
    company: Company,
) -> None:
    found, suspects = company.attribution("confirmed"), company.suspects("confirmed")
    assert (found["attribution"], found["basis"]) == ("deployment", "verdict")
    assert suspects["confirmed-far"]["probability"] == 1.0
    assert suspects["confirmed-far"]["judgement"] == "confirmed"
    assert suspects["confirmed-far"]["suspect_rank"] == 1
    facts = company.published.rows("fct_deployments", filters={"service_id": "case-confirmed"})
    failed = facts.filter(facts["is_failed"])["deployment_id"].to_list()
    assert failed == [company.ids["confirmed-far"]]


def test_what_a_person_rejects_has_nothing_and_the_rest_keep_their_proportions(
    company: Company,
) -> None:
    found, suspects = company.attribution("rejected"), company.suspects("rejected")
    near, far = suspects["rejected-near"], suspects["rejected-far"]
    assert (near["probability"], near["judgement"]) == (0.0, "rejected")
    assert near["model_probability"] > 0.5
    left = 1 - near["model_probability"]
    assert far["probability"] == pytest.approx(far["model_probability"] / left)
    assert found["none_probability"] == pytest.approx(found["model_none_probability"] / left)


def test_a_person_who_says_that_no_deployment_caused_it_ends_the_matter(
    company: Company,
) -> None:
    found, suspects = company.attribution("cleared"), company.suspects("cleared")
    assert (found["attribution"], found["basis"]) == ("not_deployment", "verdict")
    assert found["none_probability"] == 1.0
    assert {row["probability"] for row in suspects.values()} == {0.0}
    assert suspects["cleared-near"]["model_probability"] > 0.5


def test_probabilities_of_every_incident_sum_to_one(company: Company) -> None:
    suspects = company.published.rows("incident_suspects")
    attributions = company.published.rows("incident_attributions")
    for part, none in (
        ("probability", "none_probability"),
        ("model_probability", "model_none_probability"),
    ):
        total = suspects.group_by("incident_id").agg(pl.col(part).sum().alias("total"))
        joined = attributions.join(total, on="incident_id", how="left").fill_null(0.0)
        assert (joined["total"] + joined[none]).to_list() == pytest.approx([1.0] * joined.height)


def test_the_attributed_rate_adds_up_the_probabilities_of_its_deployments(
    company: Company,
) -> None:
    a, b = (company.suspects("17")[name]["probability"] for name in ("A", "B"))
    rate = company.published.window(
        "attributed_change_failure_rate",
        since=at("2026-01-01").date(),
        until=at("2026-03-01").date(),
        service_ids=["case-17"],
    ).row(0, named=True)
    assert rate["n"] == 3
    assert rate["numerator"] == pytest.approx(a + b)
    assert rate["value"] == pytest.approx((a + b) / 3)


def test_calibration_is_from_what_people_and_records_know(company: Company) -> None:
    scores = {
        row["label_source"]: row
        for row in company.published.rows("attribution_scores").iter_rows(named=True)
    }
    assert scores["record"]["incident_count"] == 2
    verdicts = scores["verdict"]
    assert (verdicts["incident_count"], verdicts["caused_count"]) == (2, 1)
    # The model links the nearer deployment in both: wrong in one, and there was none in the other.
    assert (verdicts["linked_count"], verdicts["right_count"]) == (2, 0)
