"""What was set aside is listed, shown, and comes through once its fault is gone."""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
import zstandard
from typer.testing import CliRunner

from connectors._contract import Refusal
from orchestration import quarantine
from orchestration.cli import app
from orchestration.commands import quarantine as command
from orchestration.errors import ConfigurationError, NothingToRead
from orchestration.lake import BulkPage, Lake
from orchestration.run import Context
from orchestration.settings import Environment
from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models
from transforms.home import Home

READ_AT = datetime(2026, 5, 1, tzinfo=UTC)
MODEL = "stg_pagerduty__services"
HOSTILE = "\u202e[red]\x1b]0;x\x07'; drop table x; --"


@dataclass
class World:
    """A built estate with two broken records and a refused page."""

    context: Context
    page_file: str


def _records(*ids: str | None) -> bytes:
    rows = [{"id": one, "name": f"{HOSTILE} {at}"} for at, one in enumerate(ids)]
    return json.dumps(rows).encode()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return the world, built once; tests that change it work on a copy."""
    home = Home(root=tmp_path_factory.mktemp("world") / "data")
    estate = Estate()
    estate.service("shop")
    estate.deploy("shop", estate.commit("shop", at("2026-02-02 08:00")), at("2026-02-02 10:00"))
    estate.write(home.lake, read_at=READ_AT)
    lake = Lake(home.lake)
    page = BulkPage(body=_records("S1", None, None), row_count=3, read_at=READ_AT, format="array")
    lake.append_bulk("calls", "services", kind="pagerduty", pages=[page], read_at=READ_AT)
    run = lake.start_run("calls", "incidents", kind="pagerduty", read_at=READ_AT)
    refusal = Refusal("incidents", "unexpected_shape", HOSTILE, "https://x.test", READ_AT)
    run.quarantine(refusal)
    lake.seal("calls", "incidents", read_at=READ_AT)
    world = _world(home)
    build_models(home, MODEL, "metric_definitions", now=READ_AT)
    return world


def _world(home: Home) -> World:
    context = Context(
        home=home, environment=Environment(), clock=lambda: READ_AT + timedelta(hours=1)
    )
    journal = Lake(home.lake).journal("calls", "services")
    line = next(one for one in journal if one["event"] == "page")
    return World(context=context, page_file=line["records_file"])


@pytest.fixture
def world(built: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return the world for reading; commands see its context."""
    monkeypatch.setattr(command, "open_context", lambda: built.context)
    return built


@pytest.fixture
def own_world(built: World, home: Home, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a copy of the world to change; commands see its context."""
    shutil.copytree(built.context.home.root, home.root, symlinks=True)
    own = _world(home)
    monkeypatch.setattr(command, "open_context", lambda: own.context)
    return own


def _account(home: Home) -> tuple[int, ...]:
    with duckdb.connect(str(home.staging_file), read_only=True) as connection:
        row = connection.execute(
            "select fetched_count, loaded_count, duplicate_count, quarantined_count "
            "from staging.staging.page_accounts where model = ? and source = 'calls'",
            [MODEL],
        ).fetchone()
    assert row is not None
    return row


def test_what_was_set_aside_is_listed_and_shown(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    command.show_all(source=None, reason=None, output="json")
    listed = json.loads(capsys.readouterr().out)
    assert [(one["what"], one["source"]) for one in listed] == [
        ("page", "calls"),
        ("record", "calls"),
        ("record", "calls"),
    ]
    assert all("name" not in one and "record" not in one for one in listed)
    command.show_all(source="calls", reason="WITHOUT ID", output="table")
    table = capsys.readouterr()
    assert table.out.count("q-") == 2
    assert "2 records;" in table.err
    for one in listed:
        command.show(one["quarantine_id"])
        shown = capsys.readouterr().out
        assert one["reason"][:10] in shown
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "[red]" in shown
        assert "to do: " in shown
    command.show_all(source="other", reason=None, output="table")
    assert "Nothing is in quarantine" in capsys.readouterr().err


def test_a_replay_loads_what_can_be_read_now_and_no_record_is_lost(
    own_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    home = own_world.context.home
    assert _account(home) == (3, 1, 0, 2)
    mended = zstandard.ZstdCompressor().compress(_records("S1", "S2", None))
    (home.lake / own_world.page_file).write_bytes(mended)
    command.replay(source=None)
    told = capsys.readouterr().err
    assert "1 of 2 records came through, 1 stayed." in told
    assert "1 stayed: a service without id" in told
    assert _account(home) == (3, 2, 0, 1)
    quarantine.require_conservation(home, [MODEL])
    with pytest.raises(NothingToRead) as nothing:
        command.replay(source="other")
    assert nothing.value.exit_code == 3


def test_an_unknown_id_is_refused_with_a_remedy(world: World) -> None:
    with pytest.raises(ConfigurationError, match="quarantine list") as refused:
        command.show("q-000000000000")
    assert refused.value.exit_code == 2
    listed = CliRunner().invoke(app, ["quarantine", "list", "--format", "json"])
    assert listed.exit_code == 0
    shown = CliRunner().invoke(app, ["quarantine", "show", "q-0"])
    assert isinstance(shown.exception, ConfigurationError)


def test_an_empty_quarantine_has_nothing_to_show_or_replay(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    context = Context(home=home, environment=Environment(), clock=lambda: READ_AT)
    monkeypatch.setattr(command, "open_context", lambda: context)
    with pytest.raises(NothingToRead):
        command.show("q-0")
    command.replay(source=None)
    assert "nothing to read again" in capsys.readouterr().err
