"""What reports say of a finding: its score, why it was dismissed, how old the data is."""

from typing import Any

from connectors._attestation import decode_attestations
from connectors._cyclonedx import decode_cyclonedx
from connectors._scans import decode_trivy


def trivy(**result: Any) -> list[dict[str, Any]]:
    """Return the findings of a Trivy report with one result."""
    return decode_trivy({"SchemaVersion": 2, "Results": [{"Target": "image", **result}]}).rows[
        "findings"
    ]


def vulnerability(**stated: Any) -> dict[str, Any]:
    """Return a vulnerability as Trivy writes it."""
    return {"VulnerabilityID": "CVE-2026-1", "PkgName": "openssl", "Severity": "HIGH", **stated}


def test_trivy_states_the_highest_score_of_the_newest_version_of_each_vendor() -> None:
    scores = {"nvd": {"V2Score": 10.0, "V3Score": 7.5}, "redhat": {"V3Score": 8.1}}
    (found,) = trivy(Vulnerabilities=[vulnerability(CVSS=scores)])
    assert found["cvss_score"] == 8.1


def test_a_finding_without_score_has_none() -> None:
    (found,) = trivy(Vulnerabilities=[vulnerability()])
    assert (found["cvss_score"], found["justification"]) == (None, None)


def test_trivy_says_why_a_finding_was_taken_out() -> None:
    modified = {
        "Type": "vulnerability", "Status": "not_affected",
        "Statement": "vulnerable_code_not_in_execute_path", "Finding": vulnerability(),
    }  # fmt: skip
    (found,) = trivy(ExperimentalModifiedFindings=[modified])
    assert found["state"] == "dismissed"
    assert found["justification"] == "vulnerable_code_not_in_execute_path"


def test_cyclonedx_states_scores_by_cvss_only_and_the_justification_of_vex() -> None:
    document = {
        "bomFormat": "CycloneDX",
        "vulnerabilities": [
            {
                "id": "CVE-2026-1",
                "ratings": [
                    {"score": 9.9, "method": "other"},
                    {"score": 6.5, "method": "CVSSv31", "severity": "medium"},
                ],
                "analysis": {"state": "not_affected", "justification": "code_not_reachable"},
            }
        ],
    }
    (found,) = decode_cyclonedx(document).rows["findings"]
    assert (found["cvss_score"], found["state"]) == (6.5, "dismissed")
    assert found["justification"] == "code_not_reachable"


def test_a_statement_of_a_scan_has_its_end_and_the_age_of_its_database() -> None:
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "shop", "digest": {"sha256": "aa"}}],
        "predicateType": "https://in-toto.io/attestation/vulns/v0.2",
        "predicate": {
            "scanner": {"uri": "pkg:github/trivy", "db": {"lastUpdate": "2026-11-20T00:00:00Z"}},
            "metadata": {"scanFinishedOn": "2026-11-20T09:00:00Z"},
        },
    }
    (row,) = decode_attestations([statement], keys=()).rows["attestations"]
    assert row["database_updated_at"].startswith("2026-11-20T00:00:00")
    assert row["created_at"].startswith("2026-11-20T09:00:00")


LOWEST, ABOVE = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def image(**stated: Any) -> dict[str, Any]:
    """Return a Trivy report of an image of two layers, with one vulnerability in each."""
    config = {"rootfs": {"type": "layers", "diff_ids": [LOWEST, ABOVE]}, **stated}
    found = [
        vulnerability(PkgName="libc6", Layer={"Digest": "sha256:" + "c" * 64, "DiffID": LOWEST}),
        vulnerability(PkgName="shop", Layer={"DiffID": ABOVE}),
    ]
    return {
        "SchemaVersion": 2, "ArtifactType": "container_image",
        "Metadata": {"ImageConfig": config},
        "Results": [{"Target": "shop (debian 12)", "Vulnerabilities": found}],
    }  # fmt: skip


def test_trivy_states_the_layer_by_both_of_its_digests() -> None:
    below, above = decode_trivy(image()).rows["findings"]
    assert below["layer_digests"] == [LOWEST, "sha256:" + "c" * 64]
    assert (above["layer_digests"], above["base_image"]) == ([ABOVE], None)
    assert trivy(Vulnerabilities=[vulnerability()])[0]["layer_digests"] is None


def test_the_lowest_layer_is_of_the_base_image_that_the_labels_name_and_no_other_is() -> None:
    labels = {"org.opencontainers.image.base.name": "docker.io/library/debian:12"}
    below, above = decode_trivy(image(config={"Labels": labels})).rows["findings"]
    assert (below["base_image"], above["base_image"]) == ("docker.io/library/debian:12", None)
    unnamed, _ = decode_trivy(image(config={"Labels": None})).rows["findings"]
    assert unnamed["base_image"] is None


def test_cyclonedx_of_trivy_states_the_layer_of_the_component_that_is_affected() -> None:
    properties = [
        {"name": "aquasecurity:trivy:LayerDiffID", "value": LOWEST},
        {"name": "aquasecurity:trivy:PkgType", "value": "debian"},
    ]
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.6",
        "components": [{"bom-ref": "c", "name": "libc6", "properties": properties}],
        "vulnerabilities": [{"id": "CVE-2026-1", "affects": [{"ref": "c"}]}, {"id": "CVE-2026-2"}],
    }  # fmt: skip
    known, unknown = decode_cyclonedx(document).rows["findings"]
    assert (known["layer_digests"], unknown["layer_digests"]) == ([LOWEST], None)
