"""The commands audit list and audit verify: who decided, took away or looked at what."""

import json
import sys

from orchestration.commands.terminal import open_context, printable, say, show_table
from orchestration.decision_heads import LogAltered, verify_log
from orchestration.sample import read_sample
from transforms.decisions import DecisionsAltered, read_decisions


def show(*, kind: str | None, limit: int, is_json: bool) -> None:
    """Show the newest entries of the audit log, newest first. Errors: LogAltered."""
    try:
        every = read_decisions(open_context().home.lake)
    except DecisionsAltered as exc:
        raise LogAltered(f"The audit log cannot be shown: {exc}.") from exc
    chosen = [one for one in reversed(every) if kind in (None, one.kind)][:limit]
    rows = [
        (one.sequence, f"{one.decided_at:%Y-%m-%d %H:%M}", one.kind, one.who, one.verdict,
         one.subject, one.reason)
        for one in chosen
    ]  # fmt: skip
    columns = ("row", "at (UTC)", "kind", "who", "what", "subject", "reason")
    if is_json:
        names = ("row", "at", "kind", "who", "what", "subject", "reason")
        text = json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=1)
        sys.stdout.write(text + "\n")
    elif not rows:
        say("The audit log has no such entry.")
    else:
        show_table(columns, [[printable(str(value)) for value in row] for row in rows])


def verify() -> None:
    """Check every entry of the audit log and every signed head. Errors: LogAltered."""
    home = open_context().home
    count, last = verify_log(home, follows_clock=read_sample(home) is None)
    if not count:
        say("The audit log is empty.")
        return
    say(f"The audit log is what was written: {count} row(s), the last is {last}.")
