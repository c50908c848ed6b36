"""The command quarantine: what was set aside, one of them in full, and reading it again."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from rich.markup import escape

from orchestration import quarantine
from orchestration import run as chain
from orchestration.commands.refresh import tell_publication
from orchestration.commands.terminal import open_context, out, printable, say, show_table
from orchestration.errors import ConfigurationError, NothingToRead
from orchestration.locks import run_lock
from orchestration.quarantine import PAGE, RECORD, SetAside

SHOWN_CHARACTERS = 20_000
LIST_REMEDY = "`leadline quarantine list` shows what is there"


def show_all(*, source: str | None, reason: str | None, output: str) -> None:
    """Show what was set aside, without its content; `reason` is a part of it in any case.

    Errors: LeadlineError when the staging file cannot be opened.
    """
    wanted = (reason or "").casefold()
    found = [
        one
        for one in quarantine.set_aside(open_context().home, source=source)
        if wanted in one.reason.casefold()
    ]
    if output == "json":
        out.print(
            json.dumps([asdict(one) for one in found], indent=2), markup=False, soft_wrap=True
        )
        return
    if not found:
        say("Nothing is in quarantine for what was asked.")
        return
    columns = ("id", "what", "source", "stream", "reason", "read")
    show_table(
        columns,
        [
            (one.quarantine_id, one.what, one.source, one.stream, one.reason, one.read_at)
            for one in found
        ],
    )
    say(f"{_counted(found)}; `leadline quarantine show ID` shows one as it was received.")


def show(quarantine_id: str) -> None:
    """Show one record or page as it was received, and what to do about it.

    Errors: NothingToRead when nothing is in quarantine, ConfigurationError for an unknown id.
    """
    home = open_context().home
    found = quarantine.set_aside(home)
    if not found:
        raise NothingToRead("Nothing is in quarantine; there is nothing to show.")
    one = next((one for one in found if one.quarantine_id == quarantine_id), None)
    if one is None:
        raise ConfigurationError(
            f"Nothing in quarantine has the id {quarantine_id!r}; {LIST_REMEDY}."
        )
    for name, value in asdict(one).items():
        if value is not None:
            _write(f"{name}: {value}")
    text = quarantine.content(home, one)
    _write(f"to do: {_remedy(one)}")
    _write("received:" if text is not None else "received: nothing that could be kept")
    if text is not None:
        _write(text[:SHOWN_CHARACTERS])
        if len(text) > SHOWN_CHARACTERS:
            say(f"{len(text) - SHOWN_CHARACTERS} more characters are not shown.")


def replay(*, source: str | None) -> None:
    """Stage the models of the quarantined records anew, publish, and say what came through.

    Errors: NothingToRead when `source` has no record in quarantine; LeadlineError when records
    are not accounted for afterwards; those of a build.
    """
    context = open_context()
    with run_lock(context.home.work, now=context.clock()):
        before = _records(quarantine.set_aside(context.home, source=source))
        if not before:
            sentence = "No record is in quarantine; there is nothing to read again."
            if source is None:
                say(sentence)
                return
            raise NothingToRead(f"{source!r}: {sentence} {LIST_REMEDY}.")
        models = sorted({one.model for one in before.values() if one.model})
        quarantine.stage_anew(context.home, models)
        publication = chain.build_and_publish(context)
        quarantine.require_conservation(context.home, models)
        after = _records(quarantine.set_aside(context.home, source=source))
    tell_publication(publication)
    stayed = [after[one] for one in before if one in after]
    say(f"{len(before) - len(stayed)} of {len(before)} records came through, {len(stayed)} stayed.")
    for reason, count in sorted(Counter(one.reason for one in stayed).items()):
        say(f"{count} stayed: {reason}")
    added = len(after.keys() - before.keys())
    if added:
        say(f"{added} other records are set aside now; {LIST_REMEDY}.")


def _records(found: Sequence[SetAside]) -> dict[str, SetAside]:
    return {one.quarantine_id: one for one in found if one.what == RECORD}


def _counted(found: Sequence[SetAside]) -> str:
    counts = Counter(one.what for one in found)
    return ", ".join(
        f"{counts[what]} {what}{'' if counts[what] == 1 else 's'}"
        for what in (RECORD, PAGE)
        if counts[what]
    )


def _remedy(one: SetAside) -> str:
    if one.what == PAGE:
        return (
            "the source did not answer in the form that is documented; see the reason, then "
            "`leadline run` asks it again where it can. This entry stays as a record of it."
        )
    return (
        "mend the record at the source and `leadline run` reads it again; where the models were "
        f"at fault, update and run `leadline quarantine replay --source {one.source}`."
    )


def _write(text: str) -> None:
    out.print(escape(printable(text)), soft_wrap=True)
