"""Published signatures: what fits is believed, what does not fit or is missing is not."""

import json
from datetime import UTC, datetime
from pathlib import Path

from connectors._push_signatures import refusal_of

NOW = datetime(2026, 11, 22, tzinfo=UTC)
VENDORS = {"pagerduty_v3": "pagerduty", "github": "github"}


def test_the_published_signatures_are_judged_as_their_publishers_say(conformance: Path) -> None:
    vectors = json.loads((conformance / "data/webhook_signatures/vectors.json").read_text())
    judged = 0
    for vector in vectors:
        if vector["vendor"] not in VENDORS:
            # SHA-1 signatures are superseded, and not believed.
            continue
        for case in vector["cases"]:
            headers = {vector["header"].lower(): case["signature"] or ""}
            refusal = refusal_of(
                VENDORS[vector["vendor"]],
                headers,
                vector["body"].encode(),
                secret=vector["secret"],
                now=NOW,
            )
            assert (refusal is None) == case["valid"], (vector["vendor"], case)
            judged += 1
    assert judged == 4


def test_a_superseded_signature_is_not_believed(conformance: Path) -> None:
    vectors = json.loads((conformance / "data/webhook_signatures/vectors.json").read_text())
    (old,) = [vector for vector in vectors if vector["vendor"] == "github_sha1_legacy"]
    for case in old["cases"]:
        headers = {old["header"].lower(): case["signature"] or ""}
        body = old["body"].encode()
        assert refusal_of("github", headers, body, secret=old["secret"], now=NOW) is not None
