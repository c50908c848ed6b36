"""Files of quality and supply chain: the content says the format, hostile ones are refused."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import ValidationError

from connectors import reports
from connectors._attestation import PublicKey, pae
from connectors._contract import Page, Refusal
from connectors._document import Document
from connectors._errors import SourceUnreachable
from connectors._report_formats import decode_document
from tests.connectors.fakes import json_reply, next_cursor, pages_of, read, resume_from

Row = dict[str, Any]


def _decode(data: object, *, keys: Sequence[PublicKey] = ()) -> Document:
    text = data if isinstance(data, str) else json.dumps(data)
    return decode_document(text.encode(), keys=keys)


def _rows(data: object, stream: str) -> list[Row]:
    return _decode(data).rows[stream]


def _measures(data: object) -> dict[str, Any]:
    return {row["metric"]: row["value"] for row in _rows(data, "quality_measures")}


# -- coverage ------------------------------------------------------------------------------------


def test_cobertura_counts_before_it_rounds() -> None:
    xml = """<coverage line-rate="0.66" lines-covered="2" lines-valid="3" branch-rate="0"
        branches-covered="0" branches-valid="0" timestamp="1793000000000" version="7"/>"""
    assert _measures(xml) == {"line_coverage": 2 / 3}
    assert _decode(xml).created_at == "2026-10-26T07:33:20.000000Z"


def test_cobertura_without_counts_has_its_rates() -> None:
    assert _measures('<coverage line-rate="0.5" branch-rate="0.25" timestamp="1793000000"/>') == {
        "line_coverage": 0.5,
        "branch_coverage": 0.25,
    }


def test_lcov_unites_a_file_that_several_tests_ran() -> None:
    text = """TN:a
SF:x.c
FNDA:0,main
DA:1,1
DA:2,0
BRDA:1,0,0,-
BRDA:1,0,1,2
end_of_record
TN:b
SF:x.c
FNDA:3,main
DA:2,4
DA:3,0
LF:2
LH:1
end_of_record
"""
    assert _measures(text) == {
        "line_coverage": 2 / 3,
        "branch_coverage": 0.5,
        "function_coverage": 1.0,
    }


def test_lcov_with_sums_only_is_read_by_them() -> None:
    assert _measures("SF:x.c\nLF:4\nLH:1\nend_of_record\n") == {"line_coverage": 0.25}


def test_a_report_of_nothing_has_no_measure() -> None:
    assert _measures("SF:x.c\nLF:0\nLH:0\nend_of_record\n") == {}


def test_coverage_py_and_istanbul_are_known_by_their_keys() -> None:
    totals = {"covered_lines": 3, "num_statements": 4, "num_branches": 2, "covered_branches": 1}
    about = {"timestamp": "2026-11-20T10:00:00", "version": "7.10"}
    report = {"meta": about, "files": {}, "totals": totals}
    assert _measures(report) == {"line_coverage": 0.75, "branch_coverage": 0.5}
    part = {"total": 4, "covered": 1}
    total = {"lines": part, "branches": {"total": 0, "covered": 0}, "functions": part}
    assert _measures({"total": total}) == {"line_coverage": 0.25, "function_coverage": 0.25}


# -- findings ------------------------------------------------------------------------------------


def _sarif(*results: Row, **run: Any) -> Row:
    tool = {"driver": {"name": "lint"}}
    return {"version": "2.1.0", "runs": [{"tool": tool, "results": list(results), **run}]}


def _result(line: int, **more: Any) -> Row:
    place = {"artifactLocation": {"uri": "a%20b.py"}, "region": {"startLine": line}}
    message = {"text": "no"}
    return {"ruleId": "R", "message": message, "locations": [{"physicalLocation": place}], **more}


def test_a_finding_keeps_its_key_when_its_line_moves() -> None:
    (before,) = _rows(_sarif(_result(3)), "findings")
    (after,) = _rows(_sarif(_result(9)), "findings")
    assert before["finding_key"] == after["finding_key"]
    assert (before["line_number"], after["line_number"]) == (3, 9)
    assert before["file_path"] == "a b.py"


def test_fingerprints_say_which_finding_it_is() -> None:
    prints = {"partialFingerprints": {"line": "1f"}}
    one, other, same = _rows(
        _sarif(
            _result(1, **prints),
            _result(1, partialFingerprints={"line": "2f"}),
            _result(7, **prints, message={"text": "said otherwise"}),
        ),
        "findings",
    )
    assert one["finding_key"] != other["finding_key"]
    assert same["finding_key"] == f"{one['finding_key']}-2"


def test_a_rule_that_was_passed_is_no_finding() -> None:
    rows = _rows(_sarif(_result(1, kind="pass"), _result(2, kind="review")), "findings")
    assert [(row["line_number"], row["severity"]) for row in rows] == [(2, "none")]


def _scored(stated: object, **result: Any) -> str:
    """Return the severity of a result whose rule states a score and whose level is a warning."""
    rule = {"id": "R", "properties": {"security-severity": stated}}
    driver = {"driver": {"name": "lint", "rules": [rule]}}
    (row,) = _rows(_sarif(_result(1, level="warning", **result), tool=driver), "findings")
    return str(row["severity"])


@pytest.mark.parametrize(
    ("score", "severity"),
    [
        ("10.0", "critical"), ("9.0", "critical"), ("8.9", "high"), ("7.0", "high"),
        ("6.9", "medium"), ("4.0", "medium"), ("3.9", "low"), ("0.1", "low"), (9.8, "critical"),
    ],
)  # fmt: skip
def test_a_score_of_security_says_the_severity_before_the_level_does(
    score: object, severity: str
) -> None:
    assert _scored(score) == severity


@pytest.mark.parametrize("score", ["0.0", "10.1", "-1", "high", "nan", "", None])
def test_what_is_no_score_leaves_the_level(score: object) -> None:
    assert _scored(score) == "warning"


def test_a_score_of_the_result_itself_counts_before_that_of_its_rule() -> None:
    assert _scored("9.8", properties={"security-severity": "5.0"}) == "medium"


def test_a_score_does_not_make_a_review_a_failure() -> None:
    assert _scored("9.8", kind="review") == "warning"


def test_sarif_states_its_commit() -> None:
    provenance = {
        "repositoryUri": "https://host.test/acme/shop.git",
        "revisionId": "abc",
        "branch": "main",
    }
    document = _decode(_sarif(versionControlProvenance=[provenance]))
    assert document.links == {"repository": "acme/shop", "commit_sha": "abc", "branch": "main"}


@pytest.mark.parametrize(
    ("rule", "category"),
    [
        ({"id": "CVE-2026-1"}, "dependency"),
        ({"id": "aws-key", "properties": {"tags": ["secret"]}}, "secret"),
        ({"id": "E501", "properties": {"tags": ["style"]}}, "static_analysis"),
    ],
)
def test_the_category_is_seen_in_the_rule(rule: Row, category: str) -> None:
    tool = {"driver": {"name": "t", "rules": [rule]}}
    (row,) = _rows(_sarif(_result(1, ruleId=rule["id"]), tool=tool), "findings")
    assert row["category"] == category


TRIVY = {
    "SchemaVersion": 2,
    "CreatedAt": "2026-11-20T10:00:00.5+01:00",
    "ArtifactName": "shop:1",
    "ArtifactType": "container_image",
    "Metadata": {"ImageID": "sha256:1d", "RepoDigests": ["host.test/shop@sha256:aa"]},
    "Results": [
        {
            "Target": "shop:1 (debian 12)",
            "Class": "os-pkgs",
            "Vulnerabilities": [
                {
                    "VulnerabilityID": "CVE-2026-1",
                    "PkgName": "zlib",
                    "InstalledVersion": "1.2",
                    "FixedVersion": "1.3",
                    "Severity": "HIGH",
                    "Title": "overflow",
                    "PrimaryURL": "https://avd.test/1",
                }
            ],
            "ExperimentalModifiedFindings": [
                {
                    "Type": "vulnerability",
                    "Status": "not_affected",
                    "Finding": {"VulnerabilityID": "CVE-2026-2", "PkgName": "curl"},
                }
            ],
        },
        {
            "Target": "Dockerfile",
            "Class": "config",
            "Misconfigurations": [
                {"ID": "DS002", "Status": "FAIL", "CauseMetadata": {"StartLine": 3}},
                {"ID": "DS001", "Status": "PASS"},
            ],
        },
        {
            "Target": ".env",
            "Class": "secret",
            "Secrets": [{"RuleID": "aws", "Title": "key", "StartLine": 1, "Match": "AKIA-CANARY"}],
        },
        {"Target": "a", "Licenses": [{"Name": "GPL-3.0", "Category": "restricted"}]},
    ],
}


def test_trivy_tells_what_was_found_and_what_was_taken_out() -> None:
    rows = _rows(TRIVY, "findings")
    assert [(row["category"], row["rule_id"], row["state"]) for row in rows] == [
        ("dependency", "CVE-2026-1", "open"),
        ("dependency", "CVE-2026-2", "dismissed"),
        ("misconfiguration", "DS002", "open"),
        ("secret", "aws", "open"),
        ("licence", "GPL-3.0", "open"),
    ]
    assert (rows[0]["fixed_version"], rows[0]["severity"]) == ("1.3", "high")
    assert [row["line_number"] for row in rows] == [None, None, 3, 1, None]
    document = _decode(TRIVY)
    assert document.links["artifact_digest"] == "sha256:aa"
    assert document.created_at == "2026-11-20T09:00:00.500000Z"


def test_no_secret_that_a_scanner_matched_is_passed_on() -> None:
    assert "CANARY" not in json.dumps(_rows(TRIVY, "findings"))


def test_each_of_many_rules_is_known_by_its_parts() -> None:
    rules = [
        {"id": f"R{number}", "defaultConfiguration": {"level": ("error", "note")[number % 2]}}
        for number in range(500)
    ]
    tool = {"driver": {"name": "lint", "rules": rules}}
    results = [_result(number, ruleId=f"R{number % 500}/part") for number in range(2_000)]
    rows = _rows(_sarif(*results, tool=tool), "findings")
    assert len({row["finding_key"] for row in rows}) == 2_000
    assert [row["severity"] for row in rows[:3]] == ["error", "note", "error"]


# -- components ----------------------------------------------------------------------------------


def test_a_bill_of_materials_names_the_artifact_it_is_about() -> None:
    subject = {
        "type": "container",
        "name": "shop",
        "purl": "pkg:oci/shop@sha256%3Aabcd?arch=amd64",
        "externalReferences": [{"type": "vcs", "url": "git@host.test:acme/shop.git"}],
    }
    licences = [{"license": {"id": "MIT"}}, {"expression": "Apache-2.0 OR ISC"}]
    inner = {"type": "file", "name": "f"}
    component = {
        "type": "library",
        "group": "g",
        "name": "a",
        "licenses": licences,
        "components": [inner],
    }
    bill = {"bomFormat": "CycloneDX", "metadata": {"component": subject}, "components": [component]}
    document = _decode(bill)
    assert document.links == {"artifact_digest": "sha256:abcd", "repository": "acme/shop"}
    rows = document.rows["components"]
    assert [(row["name"], row["licence"]) for row in rows] == [
        ("g/a", "MIT AND Apache-2.0 OR ISC"),
        ("f", None),
    ]


SPDX = {
    "spdxVersion": "SPDX-2.3",
    "creationInfo": {
        "created": "2026-11-20T10:00:00Z",
        "creators": ["Person: Ada (ada@acme.test)", "Tool: syft-1.0"],
    },
    "relationships": [
        {
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relationshipType": "DESCRIBES",
            "relatedSpdxElement": "SPDXRef-shop",
        }
    ],
    "packages": [
        {
            "SPDXID": "SPDXRef-shop",
            "name": "shop",
            "checksums": [{"algorithm": "SHA256", "checksumValue": "AB"}],
        },
        {
            "SPDXID": "SPDXRef-zlib",
            "name": "zlib",
            "versionInfo": "1.3",
            "licenseConcluded": "NOASSERTION",
            "licenseDeclared": "Zlib",
            "primaryPackagePurpose": "LIBRARY",
            "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:deb/zlib@1.3"}],
        },
    ],
}
SPDX_TAGS = """SPDXVersion: SPDX-2.3
DocumentName: shop
Creator: Person: Ada (ada@acme.test)
Creator: Tool: syft-1.0
Created: 2026-11-20T10:00:00Z
# about the image
PackageName: shop
SPDXID: SPDXRef-shop
PackageChecksum: SHA256: AB
PackageComment: <text>PackageName: not one
PackageVersion: neither</text>
PackageName: zlib
SPDXID: SPDXRef-zlib
PackageVersion: 1.3
PackageLicenseConcluded: NOASSERTION
PackageLicenseDeclared: Zlib
PrimaryPackagePurpose: LIBRARY
ExternalRef: PACKAGE-MANAGER purl pkg:deb/zlib@1.3
FileName: ./a
SPDXID: SPDXRef-file
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-shop
"""


def test_spdx_says_the_same_in_json_and_in_tags() -> None:
    document = _decode(SPDX)
    assert document == _decode(SPDX_TAGS)
    assert document.tool == "syft-1.0"
    assert document.links == {"artifact_digest": "sha256:ab"}
    assert document.rows["components"] == [
        {
            "component_key": "SPDXRef-zlib",
            "component_type": "library",
            "name": "zlib",
            "version": "1.3",
            "purl": "pkg:deb/zlib@1.3",
            "licence": "Zlib",
        },
    ]


# -- load tests and interfaces -------------------------------------------------------------------


def _k6(thresholds: Row, **more: Any) -> Row:
    values = {"p(95)": 480.5, "avg": 200}
    metric = {"type": "trend", "contains": "time", "values": values, "thresholds": thresholds}
    return {"root_group": {}, "metrics": {"http_req_duration": metric}, **more}


def test_k6_judges_the_value_that_its_threshold_is_about() -> None:
    rows = _rows(
        _k6({"p(95)<500": {"ok": True}, "p(95) < 100": {"ok": False}, "p(99)<9": {"ok": True}}),
        "quality_measures",
    )
    assert [(row["metric"], row["value"], row["verdict"], row["threshold"]) for row in rows] == [
        ("http_req_duration.p(95)", 480.5, "fail", "p(95)<500 and p(95) < 100"),
        ("http_req_duration.avg", 200, None, None),
        ("http_req_duration.p(99)", None, "pass", "p(99)<9"),
    ]
    assert {row["unit"] for row in rows} == {"ms"}


def test_the_older_k6_export_says_whether_a_threshold_was_crossed() -> None:
    metrics = {"checks": {"value": 0.5, "passes": 1, "thresholds": {"value>0.9": True}}}
    rows = _rows({"root_group": {}, "metrics": metrics}, "quality_measures")
    assert [(row["metric"], row["verdict"]) for row in rows] == [
        ("checks.value", "fail"),
        ("checks.passes", None),
    ]


OPENAPI = """
openapi: 3.1.0
info: {title: Shop, version: 2026-11-20}
paths:
  /pay:
    parameters: []
    post: {operationId: pay, responses: {200: {}}}
    get: {deprecated: true}
  /shared: {$ref: '#/components/pathItems/shared'}
components: {pathItems: {shared: {head: {}}}}
"""


def test_operations_of_an_interface_in_yaml() -> None:
    rows = _rows(OPENAPI, "api_operations")
    assert [(row["operation_key"], row["is_deprecated"]) for row in rows] == [
        ("get /pay", True),
        ("post /pay", False),
        ("head /shared", False),
    ]
    assert (rows[1]["operation_name"], rows[1]["api_version"]) == ("pay", "2026-11-20")


def test_operations_of_swagger_2_in_json() -> None:
    data = {"swagger": "2.0", "info": {"title": "Old"}, "paths": {"/x": {"delete": {}}}}
    (row,) = _rows(data, "api_operations")
    assert (row["method"], row["api_title"], row["api_version"]) == ("delete", "Old", None)


# -- attestations --------------------------------------------------------------------------------

STATEMENT = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [
        {"name": "shop", "digest": {"sha256": "aa"}},
        {"name": "shop.sig", "digest": {"sha512": "bb"}},
    ],
    "predicateType": "https://slsa.dev/provenance/v1",
    "predicate": {
        "buildDefinition": {
            "buildType": "https://builder.test/workflow",
            "externalParameters": {"workflow": {"ref": "refs/heads/main", "retries": 2}},
            "resolvedDependencies": [
                {
                    "uri": "git+https://host.test/acme/shop@refs/heads/main",
                    "digest": {"gitCommit": "c0ffee"},
                }
            ],
        },
        "runDetails": {
            "builder": {"id": "https://builder.test"},
            "metadata": {"finishedOn": "2026-11-20T10:00:00Z"},
        },
    },
}
KIND = "application/vnd.in-toto+json"
ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)


def _envelope(signature: bytes, payload: bytes) -> Row:
    return {
        "payloadType": KIND,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": "k1", "sig": base64.b64encode(signature).decode()}],
    }


def _signed(statement: Row = STATEMENT) -> Row:
    payload = json.dumps(statement).encode()
    return _envelope(ED25519.sign(pae(KIND, payload)), payload)


def test_what_is_signed_is_as_dsse_says() -> None:
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae("http://example.com/HelloWorld", b"hello world") == expected


def test_each_subject_of_a_signed_statement_is_a_row() -> None:
    rows = _decode(_signed(), keys=[ED25519.public_key()]).rows["attestations"]
    assert [row["subject_digest"] for row in rows] == ["sha256:aa", "sha512:bb"]
    assert rows[0] | {"attestation_key": ""} == {
        "attestation_key": "",
        "subject_name": "shop",
        "subject_digest": "sha256:aa",
        "artifact_digest": "sha256:aa",
        "predicate_type": "https://slsa.dev/provenance/v1",
        "builder_id": "https://builder.test",
        "key_ids": ["k1"],
        "signature_state": "verified",
        "repository": "acme/shop",
        "commit_sha": "c0ffee",
        "build_type": "https://builder.test/workflow",
        "external_parameters": {"workflow.ref": "refs/heads/main", "workflow.retries": "2"},
        "created_at": "2026-11-20T10:00:00.000000Z",
        "database_updated_at": None,
    }


def _states(data: object, *, keys: Sequence[PublicKey]) -> set[str]:
    return {row["signature_state"] for row in _decode(data, keys=keys).rows["attestations"]}


def test_signatures_are_verified_invalid_or_not_checked() -> None:
    key = ED25519.public_key()
    other = ed25519.Ed25519PrivateKey.from_private_bytes(b"\x02" * 32).public_key()
    changed = STATEMENT | {"predicateType": "changed"}
    tampered = _signed() | {"payload": base64.b64encode(json.dumps(changed).encode()).decode()}
    assert _states(_signed(), keys=[other, key]) == {"verified"}
    assert _states(_signed(), keys=[other]) == {"invalid"}
    assert _states(tampered, keys=[key]) == {"invalid"}
    assert _states(_signed() | {"signatures": []}, keys=[key]) == {"invalid"}
    assert _states(_signed(), keys=[]) == {"not_checked"}
    assert _states(STATEMENT, keys=[key]) == {"not_checked"}


def test_ecdsa_and_rsa_signatures_are_verified_too() -> None:
    payload = json.dumps(STATEMENT).encode()
    signed = pae(KIND, payload)
    curve = ec.generate_private_key(ec.SECP256R1())
    prime = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    by_curve = _envelope(curve.sign(signed, ec.ECDSA(hashes.SHA256())), payload)
    by_prime = _envelope(prime.sign(signed, padding.PKCS1v15(), hashes.SHA256()), payload)
    keys: list[PublicKey] = [curve.public_key(), prime.public_key()]
    assert _states(by_curve, keys=keys) == {"verified"}
    assert _states(by_prime, keys=keys) == {"verified"}


def test_a_sigstore_bundle_and_lines_of_envelopes_are_read() -> None:
    bundle = {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": "h"}},
        "dsseEnvelope": _signed(),
    }
    lines = f"{json.dumps(bundle)}\n{json.dumps(_signed(STATEMENT | {'predicateType': 'sbom'}))}\n"
    rows = _decode(lines).rows["attestations"]
    assert len(rows) == len({row["attestation_key"] for row in rows}) == 4
    assert rows[0]["key_ids"] == ["k1", "h"]


# -- a tool's own report -------------------------------------------------------------------------


def test_the_report_of_a_real_linter_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import os\nimport sys\n")
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--quiet"]
    command = [*ruff, "--select", "F401", "--output-format", "sarif", "a.py"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    rows = _rows(said, "findings")
    assert [(row["tool"], row["rule_id"], row["line_number"]) for row in rows] == [
        ("ruff", "F401", 1),
        ("ruff", "F401", 2),
    ]
    assert rows[0]["title"] == "`os` imported but unused"


# -- what is refused -----------------------------------------------------------------------------

LAUGHS = """<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><coverage line-rate="&b;"/>"""
OUTSIDE = """<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><coverage line-rate="&e;"/>"""
MERGES = "openapi: 3.0.0\na: &a {x: 1}\npaths: {<<: *a}\n"
DEEP_YAML = "openapi: 3.0.0\npaths: " + "[" * 5_000


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LAUGHS, "DTD"),
        (OUTSIDE, "DTD"),
        ("<report/>", "root is 'report'"),
        ("<bom", "no XML"),
        ("", "format"),
        ("hello", "format"),
        ("{}", "format"),
        ("{", "."),
        ("[" * 100_000, "nested too deeply"),
        (MERGES, "merges mappings"),
        (DEEP_YAML, "nested too deeply"),
        ("openapi: [", "no YAML"),
        ("SF:a\nDA:1,1\n", "does not end"),
        ('{"version": "1.0.0", "runs": []}', "only 2.1"),
        ('{"version": "2.1.0", "runs": [{"results": []}]}', "KeyError"),
        ('{"spdxVersion": "SPDX-3.0"}', "only SPDX 2"),
        ('{"openapi": "4.0"}', "only 2 and 3"),
        ('{"payload": "!", "payloadType": "in-toto", "signatures": []}', "base64"),
        ('{"payload": "e30=", "payloadType": "in-toto", "signatures": []}', "no in-toto"),
        ('{"payload": "e30=", "payloadType": "text", "signatures": []}', "no in-toto"),
    ],
)
def test_what_is_unsafe_broken_or_unknown_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        _decode(text)


# -- the folder ----------------------------------------------------------------------------------


def _connector(path: Path, **settings: Any) -> reports.ReportsConnector:
    return reports.connect(reports.Config(path=path, **settings), name="quality")


def _read(connector: reports.ReportsConnector, **more: Any) -> list[Page | Refusal]:
    return read(connector, "documents", lambda _: json_reply([]), **more)


def _lines(page: Page) -> list[Row]:
    return [json.loads(line) for line in (page.decoded or page.body).splitlines()]


def test_a_file_is_its_rows_and_then_itself(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "lint.sarif").write_text(json.dumps(_sarif(_result(1), _result(2))))
    items = _read(_connector(tmp_path, service_name="shop"))
    assert [item.stream for item in items] == ["findings", "documents"]
    (found,) = pages_of(items, "findings")
    assert [(row["document_file"], row["service_name"]) for row in _lines(found)] == [
        ("deep/lint.sarif", "shop")
    ] * 2
    (document,) = pages_of(items, "documents")
    assert json.loads(document.body) == _sarif(_result(1), _result(2))
    assert _lines(document)[0]["findings_count"] == 2


def test_a_file_is_read_again_only_when_it_changed(tmp_path: Path) -> None:
    for name in ("a.info", "b.info"):
        (tmp_path / name).write_text("SF:a\nDA:1,1\nend_of_record\n")
    connector = _connector(tmp_path)
    cursor = next_cursor(connector, "documents", _read(connector))
    assert _read(connector, cursor=cursor) == []
    os.utime(tmp_path / "a.info", (1, 1))
    (tmp_path / "b.info").write_text("SF:a\nDA:1,0\nDA:2,1\nend_of_record\n")
    changed = pages_of(_read(connector, cursor=cursor), "documents")
    assert [page.context["file"] for page in changed] == ["b.info"]


def test_a_run_that_was_cut_short_goes_on_without_what_is_stored(tmp_path: Path) -> None:
    for name in ("a.info", "b.info"):
        (tmp_path / name).write_text("SF:a\nDA:1,1\nend_of_record\n")
    connector = _connector(tmp_path)
    first = _read(connector, stop_after=3)
    rest = _read(connector, resume=resume_from(first))
    assert [(item.stream, item.context["file"]) for item in first + rest] == [
        ("quality_measures", "a.info"),
        ("documents", "a.info"),
        ("quality_measures", "b.info"),
        ("documents", "b.info"),
    ]


def test_an_empty_folder_is_read_to_its_end(tmp_path: Path) -> None:
    assert _read(_connector(tmp_path)) == []


def test_a_hostile_file_is_set_aside_and_the_next_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(LAUGHS)
    (tmp_path / "b.info").write_text("SF:a\nDA:1,1\nend_of_record\n")
    refusal, *rest = _read(_connector(tmp_path))
    assert isinstance(refusal, Refusal)
    assert (refusal.body, refusal.is_final) == (LAUGHS.encode(), True)
    assert "DTD" in refusal.detail
    assert len(rest) == 2


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.json").symlink_to(tmp_path / "secret.json")
    assert _read(_connector(folder)) == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_that_a_windows_shell_wrote_is_read(encoding: str) -> None:
    body = json.dumps(_sarif(_result(1))).encode(encoding)
    assert len(decode_document(body).rows["findings"]) == 1


def test_half_a_letter_does_not_stop_the_other_files(tmp_path: Path) -> None:
    (tmp_path / "a.sarif").write_text(json.dumps(_sarif(_result(1, message={"text": "\ud800!"}))))
    (found, _) = _read(_connector(tmp_path))
    assert isinstance(found, Page)
    assert _lines(found)[0]["title"] == "?!"


def test_a_file_of_100_megabytes_is_not_opened(tmp_path: Path) -> None:
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    (refusal,) = _read(_connector(tmp_path))
    assert isinstance(refusal, Refusal)
    assert "larger than" in refusal.detail
    assert refusal.body == b""


def test_what_a_file_states_comes_before_its_path_and_its_path_before_the_settings(
    tmp_path: Path,
) -> None:
    provenance = [{"repositoryUri": "https://host.test/acme/told", "revisionId": "5"}]
    told = _sarif(_result(1), versionControlProvenance=provenance)
    (tmp_path / "pay-abc.sarif").write_text(json.dumps(told))
    (tmp_path / "x.sarif").write_text(json.dumps(_sarif(_result(1))))
    connector = _connector(
        tmp_path,
        service_name="shop",
        repository="acme/shop",
        path_pattern=r"^(?P<service_name>\w+)-(?P<commit_sha>[0-9a-f]+)\.",
    )
    rows = [_lines(page)[0] for page in pages_of(_read(connector), "documents")]
    links = [(row["service_name"], row["repository"], row["commit_sha"]) for row in rows]
    assert links == [("pay", "acme/told", "5"), ("shop", "acme/shop", None)]
    assert [row["document_series"] for row in rows] == ["pay-*.sarif", "x.sarif"]


@pytest.mark.parametrize("pattern", ["(", "(?P<team>x)"])
def test_a_pattern_that_links_nothing_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ValidationError, match="path_pattern"):
        _connector(tmp_path, path_pattern=pattern)


def test_keys_are_read_from_files_and_a_broken_one_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    key = tmp_path / "key.pem"
    public = ED25519.public_key()
    key.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (folder / "a.intoto.jsonl").write_text(json.dumps(_signed()))
    items = _read(_connector(folder, public_keys=(key,)))
    states = {row["signature_state"] for row in _lines(pages_of(items, "attestations")[0])}
    assert states == {"verified"}
    key.write_text("no key")
    with pytest.raises(SourceUnreachable, match="public_keys"):
        _read(_connector(folder, public_keys=(key,)))
