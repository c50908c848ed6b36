"""The command bench ingest: how fast raw pages become staged rows, how small they are on disk."""

import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from rich.table import Table

from orchestration.build import Parameters, prepare
from orchestration.commands.terminal import out
from orchestration.dbt import Outcome, require_success, run_dbt
from orchestration.keys import pseudonym_key
from orchestration.lake import Lake
from orchestration.lake_run import BulkPage
from orchestration.settings import Environment, process_environment
from transforms.home import Home

NOW = datetime(2026, 11, 1, tzinfo=UTC)
WORDS = (
    "retry", "order", "payment", "service", "answers", "late", "idempotency", "index", "cache",
    "expired", "token", "remove", "flag", "rename", "column", "empty", "basket", "log", "slow",
)  # fmt: skip
# A code host's record of a repository carries about forty addresses, and a pull request two of it.
LINKS = tuple(f"relation_{number}" for number in range(40))


@dataclass(frozen=True)
class Measured:
    """One kind of rows: how many a second were staged, how many bytes lay on disk.

    Units: bytes of the pages as received and as stored, seconds of the staging model alone,
    megabytes that the process grew by at most.
    """

    name: str
    rows: int
    row_bytes: float
    stored_ratio: float
    write_seconds: float
    stage_seconds: float
    grown_megabytes: float


def ingest(*, full_rows: int, compact_rows: int) -> None:
    """Write both kinds of pages to a lake of their own, stage them, and show the figures."""
    with tempfile.TemporaryDirectory(prefix="leadline-ingest-") as folder:
        root = Path(folder)
        _measure(root / "warm", "warm", "commits", _commits(1000), "stg_github__commits")
        found = [
            _measure(root / "full", "full", "pulls", _pulls(full_rows), "stg_github__pulls"),
            _measure(
                root / "compact", "compact", "commits", _commits(compact_rows),
                "stg_github__commits",
            ),
        ]  # fmt: skip
    table = Table("payload", "rows", "bytes a row", "written rows/s", "staged rows/s",
                  "on disk", "process grew")  # fmt: skip
    for one in found:
        table.add_row(
            one.name,
            f"{one.rows:,}",
            f"{one.row_bytes:,.0f}",
            f"{one.rows / one.write_seconds:,.0f}",
            f"{one.rows / one.stage_seconds:,.0f}",
            f"1/{1 / one.stored_ratio:.0f} of the bytes",
            f"{one.grown_megabytes:,.0f} MB",
        )
    out.print(table)


def _measure(root: Path, name: str, stream: str, pages: Iterator[BulkPage], model: str) -> Measured:
    home = Home(root=root)
    lake = Lake(home.lake)
    held = list(pages)
    began = time.perf_counter()
    lake.append_bulk("github", stream, kind="github", pages=held, read_at=NOW)
    write_seconds = time.perf_counter() - began
    received = sum(len(page.body) for page in held)
    rows = sum(page.row_count for page in held)
    held.clear()
    stored = sum(file.stat().st_size for file in home.lake.rglob("*.zst"))
    before = _peak_megabytes()
    outcome = _stage(home, model)
    return Measured(
        name=name,
        rows=rows,
        row_bytes=received / rows,
        stored_ratio=stored / received,
        write_seconds=write_seconds,
        stage_seconds=outcome.seconds,
        grown_megabytes=_peak_megabytes() - before,
    )


def _stage(home: Home, model: str) -> Outcome:
    key = pseudonym_key(home, environment=Environment(_env_file=None))
    parameters = Parameters(
        as_of=NOW + timedelta(days=1),
        report_timezone="UTC",
        definition_version="",
        code_version="",
        lake_path=home.lake,
        sample_data=False,
    )
    with process_environment(home, lake=home.lake, key=key):
        prepare(home, parameters=parameters)
        outcomes = run_dbt("build", target=home.work / "dbt", arguments=["--select", model])
    require_success(outcomes)
    (outcome,) = [one for one in outcomes if one.name == model]
    return outcome


def _peak_megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / 1024


def _pulls(count: int) -> Iterator[BulkPage]:
    """Yield pull requests as a code host sends them, a hundred on a page."""
    chance = random.Random(7)
    for first in range(0, count, 100):
        records = [_pull(number, chance) for number in range(first, min(first + 100, count))]
        yield BulkPage(
            body=orjson.dumps(records),
            row_count=len(records),
            read_at=NOW,
            format="array",
            context={"repository": "acme/pay"},
        )


def _pull(number: int, chance: random.Random) -> dict[str, Any]:
    at = (NOW - timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = " ".join(chance.choices(WORDS, k=120))
    return {
        "id": 10_000_000 + number,
        "number": number,
        "state": "closed",
        "title": " ".join(chance.choices(WORDS, k=6)),
        "body": text,
        "user": _user(number),
        "created_at": at,
        "updated_at": at,
        "closed_at": at,
        "merged_at": at,
        "merge_commit_sha": f"{chance.getrandbits(160):040x}",
        "draft": False,
        "labels": [],
        "html_url": f"https://code.example/acme/pay/pull/{number}",
        "head": {"ref": f"feature/{number}", "sha": f"{chance.getrandbits(160):040x}",
                 "user": _user(number), "repo": _repository("fork", number)},
        "base": {"ref": "main", "sha": f"{chance.getrandbits(160):040x}",
                 "user": _user(1), "repo": _repository("acme", 1)},
    }  # fmt: skip


def _user(number: int) -> dict[str, Any]:
    login = f"person-{number % 50}"
    links = ("followers", "following", "gists", "starred", "subscriptions", "orgs", "repos")
    return {
        "login": login,
        "id": number % 50,
        "type": "User",
        **{f"{name}_url": f"https://api.code.example/users/{login}/{name}" for name in links},
    }


def _repository(owner: str, number: int) -> dict[str, Any]:
    base = f"https://api.code.example/repos/{owner}/pay"
    return {
        "id": number,
        "full_name": f"{owner}/pay",
        "owner": _user(number),
        **{f"{name}_url": f"{base}/{name}{{/number}}" for name in LINKS},
        "description": "Takes the money of an order and gives it back when it must.",
        "default_branch": "main",
    }


def _commits(count: int) -> Iterator[BulkPage]:
    """Yield commits with nothing that is not read, twenty thousand on a page."""
    chance = random.Random(11)
    for first in range(0, count, 20_000):
        numbers = range(first, min(first + 20_000, count))
        yield BulkPage(
            body=b"".join(orjson.dumps(_commit(number, chance)) + b"\n" for number in numbers),
            row_count=len(numbers),
            read_at=NOW,
            context={"repository": "acme/pay"},
        )


def _commit(number: int, chance: random.Random) -> dict[str, Any]:
    at = (NOW - timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
    who = {"name": "Person", "email": f"person-{number % 50}@acme.example", "date": at}
    return {
        "sha": f"{number:040x}",
        "parents": [{"sha": f"{max(number - 1, 0):040x}"}],
        "commit": {
            "author": who,
            "committer": who,
            "message": " ".join(chance.choices(WORDS, k=5)),
        },
        "author": {"login": f"person-{number % 50}", "type": "User"},
    }
