"""What was received can be had again, whole, and for as long as somebody may ask for it."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.evidence.chain import read_kept
from orchestration.evidence.retention import retention, signature_records
from orchestration.evidence.vault import Restored, item_names, p95_seconds
from orchestration.lake import Lake
from tests.orchestration.evidence_inputs import AT, declared, inputs
from tests.transforms.estate import Estate, at
from transforms.decisions import read_decisions
from transforms.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home whose lake has 70 pages."""
    home = Home(root=tmp_path / "data")
    for number in range(70):
        estate = Estate()
        estate.add("github", "commits", {"sha": f"{number:040x}"}, repository="acme/pay")
        estate.catalogue.clear()
        estate.write(home.lake, read_at=at(f"2026-03-01 {number // 60:02}:{number % 60:02}"))
    return home


@pytest.fixture
def run(home: Home, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a way to call `leadline evidence sample` in the home."""
    monkeypatch.setenv("LEADLINE_HOME", str(home.root))

    def call(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["evidence", "sample", *arguments])
        told = f"{done.output}{done.exception or ''}"
        return getattr(done.exception, "exit_code", done.exit_code), " ".join(told.split())

    return call


@pytest.mark.parametrize(("size", "upper"), [(25, "8.8%"), (60, "3.8%")])
def test_m56_what_a_clean_sample_leaves_possible(run: Any, size: int, upper: str) -> None:
    """M5.6: 25/25 restored, upper bound of failures 8.8 % (90 %); 60/60, 3.8 %."""
    code, told = run("--month", "2026-11", "--size", str(size))
    assert code == 0, told
    assert f"{size} of {size} items were restored" in told
    assert f"at most {upper} would fail (90 % confidence)" in told


def flip(home: Home, name: str) -> None:
    """Change one byte of what a page holds."""
    file = home.lake / name
    content = bytearray(zstandard.ZstdDecompressor().decompress(file.read_bytes()))
    content[len(content) // 2] ^= 1
    file.write_bytes(zstandard.ZstdCompressor().compress(bytes(content)))


def test_m56_one_flipped_byte_is_one_failure_that_names_the_item(run: Any, home: Home) -> None:
    """M5.6: flip one byte, integrity 1 failure naming the item."""
    name = min(one for one in item_names(Lake(home.lake)) if "github" in one)
    flip(home, name)
    code, told = run("--all")
    assert code == 1
    assert f"1 of {len(item_names(Lake(home.lake)))} items cannot be shown: {name}" in told
    assert "its bytes are not those that were received" in told


def test_an_item_that_is_gone_is_named(run: Any, home: Home) -> None:
    name = min(item_names(Lake(home.lake)))
    (home.lake / name).unlink()
    code, told = run("--all")
    assert (code, f"{name}: it is gone" in told) == (1, True)


def test_a_sample_is_kept_in_the_audit_log_and_is_no_package(run: Any, home: Home) -> None:
    run("--month", "2026-11")
    (one,) = read_decisions(home.lake)
    assert (one.kind, one.subject, one.verdict) == ("evidence", "retrieval:2026-11", "passed")
    assert read_kept(home) == []


def test_an_empty_lake_has_nothing_to_restore(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LEADLINE_HOME", str(tmp_path / "empty"))
    assert run()[0] == 3


def test_95_of_100_is_the_nearest_rank() -> None:
    assert p95_seconds([Restored(str(n), float(n)) for n in range(1, 21)]) == 19.0
    assert p95_seconds([]) is None


def limits(*pairs: tuple[str, float]) -> dict[str, pl.DataFrame]:
    """Return what is declared with these limits, for PCI and SOX."""
    frameworks = [
        {"control_id": "no_freeze", "framework": name, "requirement_id": "1"}
        for name in ("PCI DSS", "SOX ITGC", "SOC 2")
    ]
    rows = [{"threshold_key": key, "value": value, "effective_from": AT} for key, value in pairs]
    return declared() | {
        "thresholds": pl.DataFrame(rows), "control_frameworks": pl.DataFrame(frameworks),
    }  # fmt: skip


def test_the_framework_that_keeps_longest_decides() -> None:
    asked = limits(
        ("retention_months_pci_dss", 12),
        ("retention_months_sox", 84),
        ("retention_months_hipaa", 72),
    )
    assert retention(inputs(declared=asked)) == {
        "months": 84, "framework": "SOX ITGC", "until": "2033-11-22",
    }  # fmt: skip


def test_no_framework_with_a_time_asks_for_none() -> None:
    assert retention(inputs())["until"] is None


def test_a_signature_has_name_time_and_meaning() -> None:
    approvals = pl.DataFrame(
        {"approval_id": ["a1"], "approver_id": ["p1"], "decided_at": [AT], "state": ["approved"]}
    )
    made = inputs(extracts={"approvals": approvals})
    assert signature_records(made).to_dicts() == [
        {
            "signed": "approvals:a1", "name": "p1", "signed_at": "2026-11-20T09:00:00Z",
            "meaning": "Decided on the change (approved)",
        }
    ]  # fmt: skip
