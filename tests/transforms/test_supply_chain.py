"""What blocks a release in its packages and code, by when it is mended, and who signed it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from orchestration.warehouse import warehouse
from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from transforms.decisions import append_details
from transforms.home import Home

NOW = at("2026-11-22 12:00")
DEPLOYED = at("2026-11-20 10:00")
VULNS = "https://in-toto.io/attestation/vulns/v0.2"
SLSA = "https://slsa.dev/provenance/v1"


def digest(name: str) -> str:
    """Return the digest of the artifact of a case."""
    return "sha256:" + name.encode().hex().ljust(64, "0")[:64]


@dataclass
class World:
    """Services by case: each deployed one artifact."""

    home: Home
    ids: dict[str, str] = field(default_factory=dict)

    def result(self, case: str, control: str = "supply_chain") -> dict[str, Any]:
        """Return what a control says of the deployment of a case."""
        where = f"control_id = '{control}' and subject_id = '{self.ids[case]}'"
        (found,) = rows(self.home, "control_results", where=where)
        return found

    def verdict(self, case: str, control: str = "supply_chain") -> tuple[str, str]:
        """Return verdict and reason code of a case."""
        found = self.result(case, control)
        return found["verdict"], found["reason_code"]

    def asked(self, case: str, control: str, moment: str) -> tuple[Any, ...]:
        """Return what a control says of the artifact of a case at an instant still to come."""
        with warehouse(self.home.warehouse_file) as connection:
            (found,) = connection.execute(
                f"select verdict, reason_code from v1.control_{control}_at(?, ?, 'production', ?)",
                [case, digest(case), datetime.fromisoformat(moment)],
            ).fetchall()
        return tuple(found)


class Making:
    """Adds the cases to an estate."""

    def __init__(self) -> None:
        self.estate = Estate()
        self.ids: dict[str, str] = {}

    def case(self, name: str, *, database_hours: float | None = 1) -> str:
        """Deploy an artifact; unless there is no age, it was scanned before."""
        service = self.estate.service(name, team="shop")
        sha = self.estate.commit(service, DEPLOYED - timedelta(hours=3))
        self.ids[name] = self.estate.deploy(
            service, sha, DEPLOYED + timedelta(minutes=5), minutes=5, artifact_digest=digest(name)
        )
        if database_hours is not None:
            self.estate.row(
                "scans", id=name, kind="dependency", service=service, digest=digest(name),
                finished_at=DEPLOYED - timedelta(minutes=30),
                updated_at=DEPLOYED - timedelta(hours=database_hours), name="trivy",
            )  # fmt: skip
        return service

    def finding(self, name: str, severity: str, **stated: object) -> None:
        """Add what a scanner found in the artifact of a case."""
        key = f"{name}-{self.estate.number()}"
        self.estate.add(
            "reports",
            "findings",
            {
                "document_file": f"{key}.json", "document_digest": key, "document_series": key,
                "finding_key": key, "tool": "trivy", "category": "dependency",
                "severity": severity, "cve_id": "CVE-2026-1", "package_name": "openssl",
                "artifact_digest": digest(name), "service_name": name, "state": "open",
                "first_seen_at": "2026-11-20T08:00:00Z", **stated,
            },
        )  # fmt: skip

    def scan_statement(self, name: str, *, database: str) -> None:
        """Add a signed statement of a scan of the artifact of a case."""
        self.estate.add(
            "reports",
            "attestations",
            {
                "attestation_key": f"scan-{name}", "subject_name": name,
                "subject_digest": digest(name), "artifact_digest": digest(name),
                "predicate_type": VULNS, "key_ids": [], "signature_state": "verified",
                "service_name": name, "created_at": "2026-11-20T09:00:00Z",
                "database_updated_at": database,
            },
        )  # fmt: skip

    def report(self, name: str) -> None:
        """Add a scanner's own report of the artifact of a case, which tells no database's age."""
        self.estate.add(
            "reports",
            "documents",
            {
                "document_file": f"{name}.json", "document_digest": name, "document_series": name,
                "format": "trivy", "tool": "trivy", "is_complete": True,
                "artifact_digest": digest(name), "service_name": name,
                "created_at": "2026-11-20T09:00:00Z",
            },
        )  # fmt: skip

    def signature(self, name: str, *, repository: str, state: str = "verified") -> None:
        """Add an attestation of the artifact of a case."""
        self.estate.add(
            "reports",
            "attestations",
            {
                "attestation_key": f"{name}-{self.estate.number()}", "subject_name": name,
                "subject_digest": digest(name), "artifact_digest": digest(name),
                "predicate_type": SLSA, "builder_id": "https://builder.test",
                "key_ids": ["k1"], "signature_state": state, "repository": repository,
                "created_at": "2026-11-20T09:00:00Z",
            },
        )  # fmt: skip


def _make(making: Making) -> None:
    making.case("clean")
    making.case("nofix")
    making.finding("nofix", "critical")
    making.case("unrated")
    making.finding("unrated", "unknown")
    making.case("withfix")
    making.finding("withfix", "critical", fixed_version="3.0.1")
    making.case("exploited")
    making.finding("exploited", "low", cve_id="CVE-2026-666")
    making.estate.row(
        "vulnerabilities", id="CVE-2026-666", is_exploited=True, epss=0.9,
        due_at=at("2026-12-01 00:00"), created_at=at("2026-11-01 00:00"),
    )  # fmt: skip
    making.case("old", database_hours=25)
    making.case("edge", database_hours=24)
    making.case("unscanned", database_hours=None)
    making.case("aged")
    making.finding("aged", "high", fixed_version="2", first_seen_at="2026-10-20T08:00:00Z")
    making.case("waived")
    making.finding("waived", "critical", fixed_version="3", cve_id="CVE-2026-7")
    making.case("expired")
    making.finding("expired", "critical", fixed_version="3", cve_id="CVE-2026-8")
    making.case("two")
    making.finding("two", "medium", fixed_version="3")
    making.finding("two", "critical", fixed_version="3", tool="grype")
    making.case("vex")
    making.finding("vex", "critical", fixed_version="3")
    making.finding(
        "vex", "critical", tool="vex", state="dismissed", justification="code_not_reachable"
    )
    making.case("weak")
    making.finding(
        "weak", "blocker", category="static_analysis", cve_id=None, rule_id="S1", package_name=None
    )
    making.case("attested", database_hours=None)
    making.scan_statement("attested", database="2026-11-20T07:00:00Z")
    making.case("reported", database_hours=None)
    making.report("reported")
    _make_bases(making)
    making.signature("clean", repository="acme/clean")
    making.signature("withfix", repository="evil/withfix")
    making.signature("nofix", repository="acme/nofix", state="invalid")
    making.signature("old", repository="acme/old", state="not_checked")
    making.signature("two", repository="acme/monorepo")
    making.estate.policy("signing", "two", {"repository": "acme/monorepo", "key_ids": ["k1"]})
    making.signature("vex", repository="acme/vex")
    making.estate.policy("signing", "vex", {"builder": "https://other.test"})


BASE, MIDDLE, OWN = ("sha256:" + one * 64 for one in "123")


def _make_bases(making: Making) -> None:
    """Add what lies in layers of base images: listed ones, named ones, and one of both."""
    fixable = {"fixed_version": "3", "layer_digests": [BASE, "sha256:" + "0" * 64]}
    making.estate.policy("base_images", "debian", {"owner": "Platform", "layers": [BASE]})
    making.estate.policy(
        "base_images", "acme/java", {"owner": "Runtimes", "layers": [BASE, MIDDLE]}
    )
    making.estate.policy("base_images", "docker.io/library/*", {"owner": "Images"})
    making.case("listed")
    making.finding("listed", "critical", **fixable)
    making.case("middle")
    making.finding("middle", "critical", layer_digests=[MIDDLE])
    making.case("named")
    making.finding(
        "named", "critical", fixed_version="3", layer_digests=[OWN],
        base_image="docker.io/library/alpine:3",
    )  # fmt: skip
    making.case("nobodys")
    making.finding(
        "nobodys", "critical", fixed_version="3", layer_digests=[OWN], base_image="ubuntu"
    )
    making.case("both")
    making.finding("both", "critical", **fixable)
    making.finding("both", "critical", fixed_version="3", layer_digests=[OWN])
    making.case("own")
    making.finding("own", "critical", fixed_version="3", layer_digests=[OWN])
    making.case("agreed")
    making.finding("agreed", "critical", **fixable)
    making.finding("agreed", "critical", fixed_version="3", tool="without layers")


def _waive(home: Home, cve: str, *, hours: int) -> None:
    granted = DEPLOYED - timedelta(hours=2)
    exemption = append_details(
        home.lake, kind="exemption", subject="exemption:supply_chain", verdict="granted",
        details={
            "control_ids": ["supply_chain"], "subject_type": "finding", "subject_id": cve,
            "reason": "Not reachable", "expires_at": (granted + timedelta(hours=hours)).isoformat(),
        },
        who="grace", decided_at=granted,
    )  # fmt: skip
    append_details(
        home.lake, kind="exemption_approval", subject=f"exemption:{exemption.decision_id}",
        verdict="approved", details={}, who="linus", decided_at=granted + timedelta(minutes=1),
    )  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    making = Making()
    _make(making)
    home = Home(root=tmp_path_factory.mktemp("supply"))
    making.estate.write(home.lake, read_at=at("2026-11-21 00:00"))
    _waive(home, "CVE-2026-7", hours=4)
    _waive(home, "CVE-2026-8", hours=1)
    build_models(home, "control_results", "supply_chain_figures", now=NOW)
    yield World(home=home, ids=making.ids)


@pytest.mark.parametrize(
    ("case", "verdict", "reason"),
    [
        ("clean", "pass", "nothing_blocking"),
        ("nofix", "warn", "critical_without_fix"),
        ("unrated", "warn", "severity_unknown"),
        ("withfix", "fail", "critical_with_fix"),
        ("exploited", "fail", "exploited"),
        ("old", "no_data", "database_old"),
        ("edge", "pass", "nothing_blocking"),
        ("unscanned", "no_data", "not_scanned"),
        ("aged", "fail", "high_overdue"),
        ("waived", "warn", "waived"),
        ("expired", "fail", "critical_with_fix"),
        ("two", "fail", "critical_with_fix"),
        ("vex", "pass", "nothing_blocking"),
        ("weak", "fail", "new_weakness"),
        ("attested", "pass", "nothing_blocking"),
        ("reported", "no_data", "database_age_unknown"),
    ],
)
def test_m81_what_blocks_a_release(world: World, case: str, verdict: str, reason: str) -> None:
    """M8.1: critical without a fix warns, with one it fails, as does an exploited one."""
    assert world.verdict(case) == (verdict, reason)


def test_what_blocks_is_named_with_its_findings(world: World) -> None:
    found = world.result("exploited")
    assert found["reason"] == "1 open and not waived: CVE-2026-666 (exploited)."
    assert [key.partition(":")[0] for key in found["evidence"]] == ["findings", "scans"]
    assert (found["value"], found["threshold"]) == (1.0, 0.0)


def test_a_deployment_to_come_is_judged_by_what_is_known_then(world: World) -> None:
    assert world.asked("clean", "supply_chain", "2026-11-20T10:30") == ("pass", "nothing_blocking")
    assert world.asked("clean", "supply_chain", "2026-11-21T10:00") == ("no_data", "database_old")
    assert world.asked("aged", "supply_chain", "2026-11-21T10:00") == ("fail", "high_overdue")


def test_m81_a_high_finding_is_due_on_day_30_and_overdue_the_day_after(world: World) -> None:
    """M8.1: found 2026-10-20, due 2026-11-19, overdue 2026-11-20."""
    (found,) = [
        one
        for one in rows(world.home, "vulnerability_sla")
        if one["artifact_digest"] == digest("aged")
    ]
    assert found["due_date"] == date(2026, 11, 19)
    assert found["sla_state"] == "overdue"
    assert world.asked("aged", "supply_chain", "2026-11-19T20:00")[1] == "not_scanned"
    assert world.asked("aged", "supply_chain", "2026-11-20T09:45")[1] == "high_overdue"


def sla(world: World, case: str) -> dict[str, Any]:
    """Return the one vulnerability of a case."""
    where = f"artifact_digest = '{digest(case)}'"
    (found,) = rows(world.home, "vulnerability_sla", where=where)
    return found


def test_tools_that_disagree_are_one_vulnerability_with_the_highest_severity(
    world: World,
) -> None:
    found = sla(world, "two")
    assert found["severity"] == "critical"
    assert found["severities"] == ["grype: critical", "trivy: medium"]
    assert len(found["finding_ids"]) == 2


def test_a_statement_that_it_is_not_affected_closes_it_with_its_reason(world: World) -> None:
    found = sla(world, "vex")
    assert (found["sla_state"], found["justification"]) == ("not_affected", "code_not_reachable")
    assert found["exposure_days"] == 0


def test_an_exploited_vulnerability_has_the_day_of_the_list(world: World) -> None:
    found = sla(world, "exploited")
    assert (found["due_date"], found["epss_ratio"]) == (date(2026, 12, 1), 0.9)


def test_exposure_is_counted_in_days_since_it_was_found_with_a_fix(world: World) -> None:
    begin, end = at("2026-11-20 08:00"), at("2026-11-21 00:00")
    assert sla(world, "withfix")["exposure_days"] == pytest.approx(
        (end - begin).total_seconds() / 86400
    )
    assert sla(world, "nofix")["exposure_days"] == 0


@pytest.mark.parametrize(
    ("case", "verdict", "reason"),
    [
        ("clean", "pass", "signed_as_expected"),
        ("withfix", "fail", "other_identity"),
        ("nofix", "fail", "invalid_signature"),
        ("old", "no_data", "not_checked"),
        ("edge", "no_data", "unsigned"),
        ("attested", "no_data", "unsigned"),
        ("two", "pass", "signed_as_expected"),
        ("vex", "fail", "other_identity"),
    ],
)
def test_m81_signed_by_someone_is_not_enough(
    world: World, case: str, verdict: str, reason: str
) -> None:
    """M8.1: signature valid but identity of another repository fails."""
    assert world.verdict(case, "signed_artifacts") == (verdict, reason)


@pytest.mark.parametrize(
    ("case", "base_image", "owner"),
    [
        ("listed", "debian", "Platform"),
        ("middle", "acme/java", "Runtimes"),
        ("named", "docker.io/library/alpine:3", "Images"),
        ("nobodys", "ubuntu", None),
        ("both", None, None),
        ("own", None, None),
        ("agreed", "debian", "Platform"),
        ("withfix", None, None),
    ],
)
def test_m81_what_lies_in_a_base_image_is_told_to_its_owner(
    world: World, case: str, base_image: str | None, owner: str | None
) -> None:
    """M8.1: base-image findings are attributed to the owner of the base image."""
    found = sla(world, case)
    assert (found["base_image"], found["base_owner"]) == (base_image, owner)


def test_m81_the_gate_names_the_base_image_and_its_owner(world: World) -> None:
    """M8.1: what blocks says whose it is; it blocks all the same."""
    said = {one: world.result(one)["reason"] for one in ("listed", "nobodys", "own", "middle")}
    assert said == {
        "listed": "1 open and not waived: "
        "CVE-2026-1 (critical with fix; base image debian of Platform).",
        "nobodys": "1 open and not waived: CVE-2026-1 (critical with fix; base image ubuntu).",
        "own": "1 open and not waived: CVE-2026-1 (critical with fix).",
        "middle": "1 critical and open, for which there is no fix: "
        "CVE-2026-1 (base image acme/java of Runtimes).",
    }


def test_the_figures_count_what_is_scanned_signed_and_mended_in_time(world: World) -> None:
    (found,) = rows(world.home, "supply_chain_figures", where="scope = 'organisation'")
    # 23 services need two scans each; a scan of packages with a young database is there
    # for all but three, and none of the code.
    assert (found["needed_scan_count"], found["covered_scan_count"]) == (46, 20)
    assert (found["artifact_count"], found["signed_artifact_count"]) == (23, 2)
    assert found["signed_ratio"] == pytest.approx(2 / 23)
    # Fifteen are open or overdue and not dismissed, one of them overdue.
    assert (found["vulnerability_count"], found["in_time_count"]) == (15, 14)
    assert (found["overdue_count"], found["open_exploited_count"]) == (1, 1)
