"""The command policy: what policy.yml asks, whether it can be used, and what it changes."""

import json
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.build import newest_read_at
from orchestration.commands.terminal import open_context, printable, say, show_table
from orchestration.errors import ConfigurationError
from orchestration.lake import Lake
from orchestration.policy import POLICY_FILE, Policy, policy_digest, policy_records, records_digest
from orchestration.policy.reading import read_policy
from orchestration.policy.thresholds import threshold_defaults
from orchestration.policy_use import policy_of_lake
from orchestration.run import Context

Record = dict[str, Any]
Row = tuple[str, ...]
THRESHOLDS = "thresholds"


def check(file: Path | None) -> None:
    """Check the policy and say its digest. Errors: ConfigurationError."""
    context = open_context()
    place = _place(context, file)
    policy = _read(place)
    count = len(list(policy_records(policy)))
    say(f"{place} can be used: {count} setting(s), digest sha256:{policy_digest(policy)}.")


def show(file: Path | None, *, is_json: bool) -> None:
    """Show thresholds with their origin, and every other setting. Errors: ConfigurationError."""
    context = open_context()
    place = _place(context, file)
    policy, today = read_policy(place), context.clock().date()
    values = _values(policy, today=today)
    if is_json:
        told = {
            "digest": f"sha256:{policy_digest(policy)}",
            THRESHOLDS: [dict(zip(THRESHOLD_NAMES, row, strict=True)) for row in values],
            "settings": {
                f"{row['name']}.{row['key']}": json.loads(row["value"])
                for row in policy_records(policy)
                if row["name"] != THRESHOLDS
            },
        }
        sys.stdout.write(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
        return
    if not place.exists():
        say(f"There is no {place}; everything is Leadline's default.")
    show_table(THRESHOLD_NAMES, [[printable(value) for value in row] for row in values])
    others = [row for row in policy_records(policy) if row["name"] != THRESHOLDS]
    if others:
        show_table(
            ("section", "key", "says"),
            [[printable(str(row[name])) for name in ("name", "key", "value")] for row in others],
        )
    say(f"Digest sha256:{policy_digest(policy)}.")


def diff(file: Path | None) -> None:
    """Show what the policy changes against the newest one in the lake.

    Errors: ConfigurationError, NothingToRead when nothing was read yet.
    """
    context = open_context()
    policy = read_policy(_place(context, file))
    lake = Lake(context.home.lake)
    former = policy_of_lake(lake, as_of=newest_read_at(lake))
    rows = differences(former, policy_records(policy))
    if not rows:
        say(f"Nothing changes: both are sha256:{records_digest(former)}.")
        return
    columns = ("section", "key", "change", "before", "after")
    show_table(columns, [[printable(value) for value in row] for row in rows])
    say("The next `leadline run` reads it, and the build after it is noted in the audit log.")


def differences(former: Iterable[Record], later: Iterable[Record]) -> list[Row]:
    """Return what a policy adds, removes and changes, by section and key."""
    before, after = _by_key(former), _by_key(later)
    rows: list[Row] = []
    for name, key in sorted(before | after):
        old, new = before.get((name, key)), after.get((name, key))
        if old == new:
            continue
        change = "added" if old is None else "removed" if new is None else "changed"
        rows.append((name, key, change, old or "", new or ""))
    return rows


THRESHOLD_NAMES = ("threshold", "value", "unit", "origin", "reference", "owner", "from")


def _values(policy: Policy, *, today: date) -> list[Row]:
    """Return the thresholds that hold on a day; of those to come the origin tells."""
    rows: list[Row] = []
    for row in threshold_defaults():
        key, own = row["threshold_key"], policy.thresholds.get(row["threshold_key"])
        coming = ""
        if own is not None and own.effective_from is not None and own.effective_from > today:
            coming = f", by policy {own.value:g} from {own.effective_from.isoformat()} on"
            own = None
        rows.append(
            (
                key,
                row["value"] if own is None else f"{own.value:g}",
                row["unit"],
                f"{row['source_tag']}{coming}"
                if own is None
                else f"policy, instead of {row['value']}",
                row["source_ref"] if own is None else own.reason,
                row["owner"] if own is None or own.owner is None else own.owner,
                row["effective_from"]
                if own is None or own.effective_from is None
                else own.effective_from.isoformat(),
            )
        )
    return rows


def _by_key(records: Iterable[Record]) -> dict[tuple[str, str], str]:
    return {(str(row["name"]), str(row["key"])): str(row["value"]) for row in records}


def _place(context: Context, file: Path | None) -> Path:
    environment = context.environment
    return file or environment.policy or environment.config.with_name(POLICY_FILE)


def _read(place: Path) -> Policy:
    if not place.exists():
        raise ConfigurationError(
            f"There is no {place}; without one everything is Leadline's default."
        )
    return read_policy(place)
