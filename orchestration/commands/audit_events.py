"""The commands audit events and audit verify-events: an audit log as a file that proves itself.

Each line of the file holds one event as the published build has it, its number, and a hash over it
and the line before. The last hash stands in Leadline's own audit log, which is chained and signed:
a file that was shortened at its end or chained anew is not one that was made here.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.commands.chosen import writing
from orchestration.commands.deciding import decided_now, readable_decisions
from orchestration.commands.terminal import open_context, printable, say
from orchestration.commands.who import decider
from orchestration.errors import ConfigurationError, LeadlineError, NothingToRead
from orchestration.evidence.event_chain import Event, chain, first_break
from transforms.decisions import EXPORT, Decision, append_details, read_decisions
from transforms.home import Home
from transforms.published import NothingPublished, UnknownTable, open_published

TABLE, SUBJECT, CHAINED = "audit_events", "export:audit_events", "chain"
# What says where a row came from and not what happened.
LINEAGE = ("page_id", "ordinal", "read_at")


class EventsAltered(LeadlineError):
    """A file of audit events is not what was written."""


def export(*, out: Path, source: str | None, who: str | None) -> None:
    """Write the events of an audit log with their chain, and note the last hash.

    Errors: NothingToRead where there is no event; ConfigurationError for the file, LeadlineError
    when the decisions were altered.
    """
    context = open_context()
    build_id, events = _published(context.home, source)
    if not events:
        told = f"of {printable(source)} " if source else ""
        raise NothingToRead(
            f"No event {told}is published; a table audit_events of a source of the kind files "
            "holds them (`leadline template audit_events`)."
        )
    hashes = chain(events)
    filters = {"source": source} if source else {}
    details = {
        "build_id": build_id, "filters": filters, "row_count": len(events), "head": hashes[-1],
    }  # fmt: skip
    with readable_decisions():
        append_details(
            context.home.lake, kind=EXPORT, subject=SUBJECT, verdict=CHAINED, details=details,
            who=decider(who), decided_at=decided_now(context),
        )  # fmt: skip
    with writing(out), out.open("w", encoding="utf-8") as file:
        for number, (event, one) in enumerate(zip(events, hashes, strict=True), start=1):
            line = {"number": number, "event": event, "hash": one}
            file.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")
    say(f"Wrote {len(events):,} event(s) to {out}; the last hash {hashes[-1]} is in the audit log.")


def verify(file: Path) -> None:
    """Check that a file holds the events that were exported, each in its place.

    Errors: EventsAltered naming the first event that does not follow; ConfigurationError when the
    file cannot be read.
    """
    told = _stated(file)
    broken = first_break(told)
    if broken is not None:
        raise EventsAltered(
            f"{file} is not what was written: event {broken} does not follow from those before it; "
            "compare it and the one before with the source."
        )
    head = told[-1][2]
    with readable_decisions():
        noted = [one for one in _exports(open_context().home) if _head(one) == head]
    if not noted:
        raise EventsAltered(
            f"{file} holds together, but its last hash is of no export of this folder: events are "
            "missing at its end, or it was chained anew. `leadline audit list --kind export` shows "
            "what was exported."
        )
    made = noted[-1]
    say(
        f"{file} is what was written: {len(told):,} event(s), exported by {printable(made.who)} "
        f"at {made.decided_at:%Y-%m-%d %H:%M}Z, the last hash is {head}."
    )


def _published(home: Home, source: str | None) -> tuple[str, list[Event]]:
    """Return the events of the published build, oldest first, with the build's id."""
    try:
        published = open_published(home)
        found = published.rows(TABLE, filters={"source": source} if source else None)
    except (NothingPublished, UnknownTable):
        raise NothingToRead("No audit log is published; run `leadline build`.") from None
    rows = found.drop(LINEAGE).sort("occurred_at", "audit_event_id", nulls_last=False).to_dicts()
    return published.build.build_id, [_event(row) for row in rows]


def _event(row: dict[str, Any]) -> Event:
    """Return what happened; what is not known is left out."""
    return {
        key: f"{value:%Y-%m-%dT%H:%M:%S.%fZ}" if isinstance(value, datetime) else value
        for key, value in row.items()
        if value is not None
    }


def _stated(file: Path) -> list[tuple[int, Event, str]]:
    try:
        with file.open(encoding="utf-8") as lines:
            found = list(_lines(lines))
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigurationError(f"{file} cannot be read; give the file of an export.") from exc
    except (ValueError, KeyError, TypeError):
        raise EventsAltered(
            f"{file} is not what was written: a line is no event with its hash."
        ) from None
    if not found:
        raise EventsAltered(f"{file} holds no event; every export holds at least one.")
    return found


def _lines(lines: Iterator[str]) -> Iterator[tuple[int, Event, str]]:
    for line in lines:
        told = json.loads(line)
        yield int(told["number"]), dict(told["event"]), str(told["hash"])


def _exports(home: Home) -> list[Decision]:
    return [
        one
        for one in read_decisions(home.lake)
        if (one.kind, one.subject, one.verdict) == (EXPORT, SUBJECT, CHAINED)
    ]


def _head(one: Decision) -> str:
    return str(json.loads(one.reason)["head"])
