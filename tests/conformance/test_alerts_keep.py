"""Label sets of alerts as another project recorded them, through both connectors of alerts."""

import json
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from connectors import alertmanager, prometheus
from tests.connectors.fakes import START, Script, json_reply, pages_of, read
from tests.connectors.test_alertmanager import alert
from tests.connectors.test_prometheus import FakePrometheus

URL = "https://monitoring.test"
Labels = dict[str, str]


@pytest.fixture(scope="module")
def label_sets(conformance: Path) -> list[Labels]:
    path = conformance / "data" / "payloads" / "alerts_keep" / "prometheus_provider_ALERTS.json"
    recorded = TypeAdapter(dict[str, dict[str, Any]]).validate_json(path.read_bytes())
    found: list[Labels] = []
    for name, one in recorded.items():
        values = {
            key.removeprefix("labels."): choices
            for key, choices in one.get("parameters", {}).items()
            if key.startswith("labels.")
        }
        found += [
            {
                "alertname": name,
                **one["payload"]["labels"],
                **dict(zip(values, chosen, strict=True)),
            }
            for chosen in product(*values.values())
        ]
    return found


def test_every_recorded_alert_is_kept_with_a_fingerprint_of_its_own(
    label_sets: list[Labels],
) -> None:
    spans = [(START - timedelta(hours=2), START - timedelta(hours=1))]
    fake = FakePrometheus(*((labels, spans) for labels in label_sets))
    source = prometheus.connect(prometheus.Config(base_url=URL, history_days=1), name="prometheus")
    lines = [
        json.loads(line)
        for page in pages_of(read(source, "alerts", fake), "alerts")
        for line in (page.decoded or b"").splitlines()
    ]
    assert len(label_sets) > 100
    assert [row["labels"] for row in lines] == label_sets
    assert len({row["fingerprint"] for row in lines}) == len(label_sets)


def test_every_recorded_alert_is_on_the_one_page_of_alertmanager(label_sets: list[Labels]) -> None:
    script = Script(json_reply([alert(one, "2026-11-22T09:50:00.000Z") for one in label_sets]))
    source = alertmanager.connect(alertmanager.Config(base_url=URL), name="alertmanager")
    (page,) = pages_of(read(source, "alerts", script), "alerts")
    assert page.row_count == len(label_sets)
    assert len({row["fingerprint"] for row in json.loads(page.body)}) == len(label_sets)
