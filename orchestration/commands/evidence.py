"""The commands evidence build, verify and list: what auditors take away, and whether it holds."""

import hashlib
import time
from datetime import UTC, date, datetime
from pathlib import Path

from dashboards.spreadsheets import csv_bytes
from orchestration.builds import read_builds, sync_directory
from orchestration.commands.chosen import open_chosen, writing
from orchestration.commands.deciding import readable_decisions
from orchestration.commands.exemption_checks import known_build
from orchestration.commands.terminal import open_context, printable, say, show_table
from orchestration.commands.who import decider
from orchestration.decision_heads import LogAltered
from orchestration.errors import ConfigurationError, LeadlineError, NothingToRead
from orchestration.evidence.attest import public_key
from orchestration.evidence.chain import keep, predecessor, read_kept, signing_key
from orchestration.evidence.inputs import Scope, read_inputs
from orchestration.evidence.package import Package, build_package
from orchestration.evidence.vault import item_names, p95_seconds, restore
from orchestration.evidence.verify import (
    Refused,
    fingerprint,
    read_key,
    read_package,
    summary,
    verify,
)
from orchestration.lake import Lake
from orchestration.locks import turn
from transforms.decisions import EVIDENCE, DecisionsAltered, append_details
from transforms.home import Home
from transforms.published import NothingPublished, read_build
from transforms.statistics.samples import audit_sample, clopper_pearson_upper


class NotAsSigned(LeadlineError):
    """A package is not what was signed; the message names the item that is not."""


def build(scope: Scope, *, at: datetime | None, out: Path) -> None:
    """Make the evidence package of a scope and write it into a folder.

    Errors: ConfigurationError for a scope, an instant or a folder that does not fit; NothingToRead
    when nothing is published; LogAltered.
    """
    _refuse_half(scope)
    context = open_context()
    home = context.home
    published = open_chosen(home, None if at is None else _build_at(home, at))
    inputs = read_inputs(published, scope)
    try:
        # Two that are made at once would follow the same one, and the chain would fork.
        with turn(home.work / ".evidence.lock"):
            kept = read_kept(home)
            package = build_package(
                inputs,
                key=signing_key(home),
                follows=lambda contents: predecessor(kept, inputs, contents=contents),
                as_csv=csv_bytes,
            )
            file = out / file_name(scope, package)
            with writing(file):
                _write(file, package)
            keep(home, package, inputs=inputs, who=decider(None), made_at=context.clock())
    except DecisionsAltered as error:
        raise LogAltered(f"The audit log is not what was written: {error}.") from error
    done = package.manifest["completeness"]
    word = "complete" if done["is_complete"] else "not complete"
    say(f"{file}: evidence {done['filled']} of {done['required']}, {word}.")
    say(f"Its digest is {package.sha256}; `leadline evidence verify {file}` checks it.")


def check(file: Path, *, previous: Path | None, key: str) -> None:
    """Check a package against its signature and the package before it.

    Errors: NotAsSigned, which names the item; ConfigurationError for a file that cannot be read.
    """
    try:
        wanted = read_key(key) if key else ""
        raw = read_package(file)
        before = None if previous is None else read_package(previous)
        manifest = verify(raw, previous=before, key=wanted)
    except Refused as error:
        raise NotAsSigned(f"NOT what was signed: {error}.") from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{error}.") from None
    for line in summary(raw, manifest, has_previous=before is not None):
        say(line)


def sample(*, month: str, size: int | None) -> None:
    """Restore items of the lake that a month draws, or all, and say what that shows.

    Errors: NotAsSigned, which names what is gone, unreadable or altered; NothingToRead.
    """
    context = open_context()
    lake = Lake(context.home.lake)
    known = known_build(context, is_unchecked=True)
    seconds_max = known.threshold("evidence_retrieval_seconds_max")
    names = sorted(item_names(lake))
    if not names:
        raise NothingToRead("The lake holds nothing yet; run `leadline sync`.")
    month = month or f"{context.clock():%Y-%m}"
    drawn = names if size is None else audit_sample(names, size, seed=month)
    found = restore(lake, drawn, timer=time.perf_counter)
    bad = [one for one in found if one.trouble]
    p95 = p95_seconds(found) or 0.0
    with readable_decisions():
        append_details(
            context.home.lake,
            kind=EVIDENCE,
            subject=f"retrieval:{month}",
            verdict="failed" if bad else "passed",
            details={
                "drawn": len(found), "failed": [one.name for one in bad], "of": len(names),
                "p95_seconds": round(p95, 3),
            },
            who=decider(None),
            decided_at=context.clock(),
        )  # fmt: skip
    say(f"{len(found) - len(bad)} of {len(found)} items were restored and are what was received.")
    say(f"95 of 100 took at most {p95:.2f} s; the limit is {seconds_max:g} s.")
    upper = clopper_pearson_upper(len(bad), len(found))
    if size is not None:
        say(f"Of all {len(names)}, at most {upper:.1%} would fail (90 % confidence).")
    if bad:
        named = "; ".join(f"{one.name}: {one.trouble}" for one in bad[:20])
        raise NotAsSigned(f"{len(bad)} of {len(found)} items cannot be shown: {named}.")
    if p95 > seconds_max:
        raise NotAsSigned(f"Restoring took {p95:.0f} s, more than {seconds_max:g} s.")


def show() -> None:
    """Show every package that was made, and the key that they are signed with."""
    home = open_context().home
    try:
        kept = read_kept(home)
    except DecisionsAltered as error:
        raise LogAltered(f"The audit log is not what was written: {error}.") from error
    if not kept:
        say("No evidence package was made yet; `leadline evidence build --release R` makes one.")
        return
    show_table(
        ("made (UTC)", "by", "scope", "as of", "evidence", "digest", "follows"),
        [
            (
                f"{one.made_at:%Y-%m-%d %H:%M}",
                printable(one.who),
                printable(Scope.stated(one.scope).title),
                one.as_of,
                f"{one.filled} of {one.required}",
                one.sha256[:12],
                one.previous[:12] or "none",
            )
            for one in kept
        ],
    )
    key = public_key(signing_key(home))
    say(
        f"Public key: {key}. Its fingerprint is {fingerprint(key)}; publish it where auditors look."
    )


def file_name(scope: Scope, package: Package) -> str:
    """Return a name that says scope, instant and digest in plain characters."""
    parts = [*scope.as_json().values(), package.manifest["as_of"].replace(":", "")]
    plain = "_".join("".join(c if c.isalnum() or c in ".-" else "-" for c in one) for one in parts)
    return f"evidence_{plain}_{package.sha256[:12]}.zip"


def _refuse_half(scope: Scope) -> None:
    has_days = scope.since is not None and scope.until is not None
    if not scope.release and not (scope.service and has_days):
        raise ConfigurationError("Give --release, or --service with --from and --to.")
    if (scope.since is None) != (scope.until is None):
        raise ConfigurationError("Give both --from and --to, or neither.")
    if scope.since is not None and scope.until is not None and scope.since >= scope.until:
        raise ConfigurationError("--to is the day after the last; it must be later than --from.")


def _build_at(home: Home, at: datetime) -> str:
    """Return the newest retained build that knew no more than an instant."""
    try:
        builds = [read_build(path) for path in read_builds(home.builds)]
    except NothingPublished as error:
        raise NothingToRead(f"{error}.") from None
    found = [one for one in builds if one.as_of <= at.astimezone(UTC)]
    if not found:
        raise ConfigurationError(
            f"No retained build is as of {at:%Y-%m-%d %H:%M} or before; `leadline build --as-of`"
            " makes one of what was known then."
        )
    return max(found, key=lambda one: (one.as_of, one.build_id)).build_id


def _write(file: Path, package: Package) -> None:
    """Write a package whole or not at all; one that is there already stays."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists() and hashlib.sha256(file.read_bytes()).hexdigest() == package.sha256:
        return
    aside = file.with_name(f".{file.name}.new")
    aside.write_bytes(package.content)
    aside.replace(file)
    sync_directory(file.parent)


def read_day(text: str, *, option: str) -> date:
    """Return a day. Errors: ConfigurationError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{option} {text!r} is no day; write it as 2026-09-30.") from None
