"""An evidence package: the same inputs give the same bytes, and what is in it is what was found."""

import base64
import csv
import hashlib
import io
import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from orchestration.evidence.attest import RELEASE, TEST_RESULT
from orchestration.evidence.oscal import objective
from orchestration.evidence.package import Predecessor
from orchestration.evidence.verify import SUMMARY, canonical, pae, unpack, verify
from tests.orchestration.evidence_inputs import (
    DIGEST,
    KEY,
    RESULTS,
    SHA,
    inputs,
    package,
    results,
    with_secret,
)

MADE = package()
MEMBERS = unpack(MADE.content)
MANIFEST: dict[str, Any] = json.loads(MEMBERS["manifest.json"])


def document() -> dict[str, Any]:
    """Return the one result of the OSCAL document."""
    whole = json.loads(MEMBERS["assessment-results.json"])["assessment-results"]
    (result,) = whole["results"]
    return dict(result)


def statements(kind: str) -> list[dict[str, Any]]:
    """Return the statements of one type of predicate, as their envelopes hold them."""
    lines = MEMBERS["attestations.intoto.jsonl"].splitlines()
    found = [json.loads(base64.b64decode(json.loads(line)["payload"])) for line in lines]
    return [one for one in found if one["predicateType"] == kind]


def finding(control: str) -> dict[str, Any]:
    """Return the finding on a control."""
    (one,) = (one for one in document()["findings"] if one["props"][0]["value"] == control)
    return dict(one)


@pytest.mark.parametrize("write", [rfc8785.dumps, canonical])
def test_m83_json_has_the_one_form_of_rfc_8785(write: Any) -> None:
    """M8.3: {"b":2,"a":1} is written {"a":1,"b":2}."""
    written = write({"b": 2, "a": 1})
    assert written == b'{"a":1,"b":2}'
    digest = hashlib.sha256(written).hexdigest()
    assert (digest[:8], digest[-4:]) == ("43258cff", "2777")


def test_m83_what_dsse_signs_states_type_and_lengths() -> None:
    """M8.3: the vector of the DSSE protocol."""
    signed = pae("http://example.com/HelloWorld", b"hello world")
    assert signed == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_the_verifiers_own_json_is_that_of_the_library_for_odd_names_and_texts() -> None:
    odd: dict[str, Any] = {
        "\U0001f600": 1,
        "\ufb33": 2,
        "é": '\x1f"\\/\u2028',
        "a": [None, True, -1],
        "": {},
    }
    assert canonical(odd) == rfc8785.dumps(odd)


def test_m83_two_builds_of_the_same_inputs_are_the_same_bytes() -> None:
    """M8.3: two builds have the same digest."""
    assert package().content == MADE.content


def test_another_row_gives_another_package() -> None:
    frame = inputs().results.head(4)
    assert package(inputs(results=frame)).sha256 != MADE.sha256


def test_the_archive_opens_with_ordinary_tools_and_has_no_time_or_owner_in_it() -> None:
    with zipfile.ZipFile(io.BytesIO(MADE.content)) as archive:
        assert archive.testzip() is None
        entries = archive.infolist()
    assert [one.filename for one in entries] == sorted(one.filename for one in entries)
    assert {(one.date_time, one.external_attr >> 16) for one in entries} == {
        ((1980, 1, 1, 0, 0, 0), 0o100644)
    }


def test_the_manifest_states_every_file_with_its_digest_and_the_policy() -> None:
    listed = {one["path"]: one for one in MANIFEST["files"]}
    assert set(listed) == set(MEMBERS) - {"manifest.json", "manifest.dsse.json"}
    for name, one in listed.items():
        assert one["sha256"] == hashlib.sha256(MEMBERS[name]).hexdigest()
        assert one["size"] == len(MEMBERS[name])
        assert one["media_type"] and one["source"] and one["as_of"] == "2026-11-22T08:00:00Z"
        assert one["policy_sha256"] == hashlib.sha256(MEMBERS["policy.json"]).hexdigest()


def test_the_manifest_is_signed_by_the_key_it_names() -> None:
    envelope = json.loads(MEMBERS["manifest.dsse.json"])
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(MANIFEST["public_key"]))
    kind = envelope["payloadType"].encode()
    body = base64.b64decode(envelope["payload"])
    public.verify(signature, b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body))
    assert body == MEMBERS["manifest.json"]
    assert public == KEY.public_key()


def test_completeness_counts_verdict_evidence_and_row_of_every_subject_that_is_judged() -> None:
    counted = {one["control_id"]: (one["filled"], one["required"]) for one in MANIFEST["controls"]}
    # Two subjects with verdict, evidence and row; one with none of two; one whose row is gone.
    assert counted == {"approval_evidence": (6, 6), "test_evidence": (0, 2), "no_freeze": (2, 3)}
    assert MANIFEST["completeness"] == {"filled": 8, "required": 11, "is_complete": False}


def test_all_slots_filled_is_called_complete() -> None:
    made = package(inputs(results=inputs().results.head(2)))
    assert made.manifest["completeness"] == {"filled": 6, "required": 6, "is_complete": True}


@pytest.mark.parametrize(
    ("control", "state", "reason"),
    [
        ("approval_evidence", "not-satisfied", "fail"),
        ("test_evidence", "not-satisfied", "other"),
        ("no_freeze", "not-satisfied", "other"),
    ],
)
def test_m83_no_data_and_exemptions_satisfy_nothing(control: str, state: str, reason: str) -> None:
    """M8.3: NO_DATA controls appear as not-satisfied with reason other."""
    assert finding(control)["target"]["status"] == {"state": state, "reason": reason}


def test_what_passes_everywhere_is_satisfied() -> None:
    frame = inputs().results.head(1)
    made = unpack(package(inputs(results=frame)).content)
    (result,) = json.loads(made["assessment-results.json"])["assessment-results"]["results"]
    (one,) = result["findings"]
    assert one["target"]["status"] == {"state": "satisfied", "reason": "pass"}


def test_a_control_that_bound_nothing_is_not_called_satisfied() -> None:
    rows = [RESULTS[0], ("no_freeze", "github:2", "not_applicable", "No freeze binds it.", None)]
    made = unpack(package(inputs(results=results(rows))).content)
    (result,) = json.loads(made["assessment-results.json"])["assessment-results"]["results"]
    assert [one["props"][0]["value"] for one in result["findings"]] == ["approval_evidence"]
    (selected,) = result["reviewed-controls"]["control-selections"]
    assert selected["include-controls"] == [{"control-id": "cm-3.2"}]
    assert "<td>Nothing to judge</td>" in made["report.html"].decode()


def test_what_fails_is_an_open_risk_and_an_exemption_a_deviation_that_was_approved() -> None:
    risks = {one["title"].split(" does")[0]: one["status"] for one in document()["risks"]}
    assert risks == {
        "Every change is approved": "open",
        "Nobody deploys in a freeze": "deviation-approved",
    }


def test_observations_say_method_instant_end_subjects_and_evidence() -> None:
    found = {one["title"]: one for one in document()["observations"]}
    one = found["approval_evidence: pass"]
    assert one["methods"] == ["TEST"]
    assert (one["collected"], one["expires"]) == ("2026-11-22T08:00:00Z", "2027-02-20T08:00:00Z")
    assert one["relevant-evidence"][0]["href"] == "./extracts/approvals.csv"
    items = {item["uuid"] for item in document()["local-definitions"]["inventory-items"]}
    assert {subject["subject-uuid"] for subject in one["subjects"]} <= items


@pytest.mark.parametrize(
    ("framework", "identifier", "expected"),
    [
        ("NIST 800-53", "CM-3(2)", "cm-3.2"),
        ("PCI DSS", "6.5.1", "pci-dss-6.5.1"),
        ("ISO 27001", "A.8.32", "iso-27001-a.8.32"),
        ("SOC 2", "CC8.1", "soc-2-cc8.1"),
    ],
)
def test_controls_of_frameworks_get_ids_that_oscal_admits(
    framework: str, identifier: str, expected: str
) -> None:
    assert objective(framework, identifier) == expected


def test_each_run_of_a_suite_is_a_test_result_bound_to_commit_and_artifact() -> None:
    api, domain = statements(TEST_RESULT)
    assert api["predicate"]["result"] == "FAILED"
    assert api["predicate"]["failedTests"] == ["checkout.test_refuses"]
    assert api["predicate"]["passedTests"] == ["checkout.test_accepts"]
    assert api["predicate"]["configuration"]
    assert domain["predicate"]["result"] == "PASSED"
    digests = [one["digest"] for one in api["subject"]]
    assert digests == [{"gitCommit": SHA}, {"sha256": DIGEST.removeprefix("sha256:")}]


def test_a_released_artifact_has_its_package_address() -> None:
    (one,) = statements(RELEASE)
    assert one["predicate"] == {"purl": "pkg:generic/checkout@1.4.0", "releaseId": "checkout@1.4.0"}


def test_a_deployment_whose_controls_do_not_all_pass_has_a_failed_summary() -> None:
    (one,) = statements(SUMMARY)
    assert one["predicate"]["verificationResult"] == "FAILED"
    assert one["predicate"]["policy"]["digest"]["sha256"] == MANIFEST["policy"]["sha256"]


def test_the_manifest_counts_the_attestations_of_each_type() -> None:
    assert MANIFEST["attestations"] == {
        "count": 4, "by_type": {TEST_RESULT: 2, RELEASE: 1, SUMMARY: 1},
    }  # fmt: skip


def test_rows_are_written_so_that_no_spreadsheet_runs_them() -> None:
    rows = list(csv.DictReader(io.StringIO(MEMBERS["results.csv"].decode())))
    assert "'=cmd() it was let through" in [row["reason"] for row in rows]


def test_secrets_are_taken_out_before_hashing_and_counted() -> None:
    made = package(with_secret())
    assert b"hunter2" not in made.content
    assert made.manifest["redactions"] == [
        {"item": "results.csv", "column": "reason", "reason": "password", "cell_count": 1}
    ]


def test_a_package_names_the_one_before_and_the_one_it_replaces() -> None:
    made = package(previous=Predecessor("1" * 64, "2" * 64))
    assert made.manifest["previous"] == {"sha256": "1" * 64}
    assert made.manifest["supersedes"] == "2" * 64


def test_the_report_needs_nothing_else_and_says_what_is_missing() -> None:
    text = MEMBERS["report.html"].decode()
    assert "8 of 11 places for evidence are filled (72.7%)" in text
    assert "the row approvals:gone" in text
    assert "No test is known." in text
    assert "src=" not in text and "<script" not in text and "http" not in text


def test_a_whole_package_verifies() -> None:
    assert verify(MADE.content)["completeness"]["required"] == 11


@pytest.mark.system
def test_m83_the_document_is_oscal(tmp_path: Path) -> None:
    """M8.3: JSON validates against the OSCAL assessment-results schema (compliance-trestle)."""
    place = os.environ.get("LEADLINE_PEERS", "")
    trestle = Path(place, "trestle", "bin", "trestle")
    if not trestle.exists():
        pytest.skip("compliance-trestle is not in LEADLINE_PEERS")
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (tmp_path / "in.json").write_bytes(MEMBERS["assessment-results.json"])

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [str(trestle), *arguments], cwd=workspace, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    run("init", "--local")
    run("import", "-f", "../in.json", "-o", "release")
    assert "VALID" in run("validate", "-t", "assessment-results", "-n", "release")
