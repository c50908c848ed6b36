"""A real audit log of incidents: one row per update, repeats among them."""

import json
from collections import Counter
from pathlib import Path

from connectors import servicenow
from tests.connectors.fakes import json_reply, pages_of, read


def test_every_row_of_the_audit_log_is_kept_with_its_place(conformance: Path) -> None:
    path = conformance / "data" / "servicenow" / "altformat_198.csv"
    connector = servicenow.connect(servicenow.Config(audit_log=path), name="servicenow")
    stream = "incident_audit_log"
    (page,) = pages_of(read(connector, stream, lambda _: json_reply([])), stream)
    rows = [json.loads(line) for line in (page.decoded or b"").splitlines()]
    assert page.row_count == len(rows) == 198
    assert len({row["number"] for row in rows}) == 32
    repeats = Counter((row["number"], row["sys_updated_at"]) for row in rows)
    assert sum(count - 1 for count in repeats.values()) == 10
    assert len({(row["number"], row["sys_updated_at"], row["row_ordinal"]) for row in rows}) == 198
    assert rows[0]["problem_id"] == "?"
    assert "row_problem" not in {key for row in rows for key in row}
    assert page.body == path.read_bytes()
