"""A row that a source counts and does not send is never passed over in silence."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import SecretStr

from connectors import servicenow
from dashboards.sources import error_sentences
from orchestration import run as chain
from orchestration.commands import refresh
from orchestration.errors import SyncIncomplete
from orchestration.run import Context
from orchestration.settings import Environment
from orchestration.sync import SyncReport
from tests.connectors.test_servicenow import FakeInstance
from tests.transforms.models import NOW, build_models, rows
from tests.transforms.synced import sync_into
from transforms.home import Home


def _report(home: Home, fake: FakeInstance, *, now: datetime = NOW) -> SyncReport:
    config = servicenow.Config(
        base_url="https://acme.test",
        token=SecretStr("t"),
        tables=("incident",),
        are_totals_exact=True,
    )
    return sync_into(home, servicenow.connect(config, name="desk"), fake, now=now)


def test_a_row_dropped_on_the_way_ends_in_exit_code_6_and_a_sentence_on_data_health(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(root=tmp_path / "data")
    fake = FakeInstance(
        [
            {"sys_id": f"{n:03d}", "number": f"INC{n}", "sys_updated_on": f"2026-11-20 0{n}:00:00"}
            for n in range(5)
        ]
    )
    fake.hidden = {"003"}

    def read_sources(*_: Any, only: Sequence[str] = (), **__: Any) -> SyncReport:
        return _report(home, fake)

    context = Context(home=home, environment=Environment(), clock=lambda: datetime.now(UTC))
    monkeypatch.setattr(refresh, "open_context", lambda: context)
    monkeypatch.setattr(refresh, "_settings", lambda *_, **__: None)
    monkeypatch.setattr(chain, "sync_sources", read_sources)
    with pytest.raises(SyncIncomplete, match="1 rows more than arrived") as caught:
        refresh.sync(config=None, only=())
    assert caught.value.exit_code == 6
    build_models(home, "source_health")
    found = pl.DataFrame(rows(home, "source_health"))
    (sentence,) = error_sentences(found)
    assert sentence.startswith("desk was not read to its end (incident): ")
    assert "1 rows more than arrived" in sentence
    fake.hidden = set()
    refresh.sync(config=None, only=())
