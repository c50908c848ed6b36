"""The command privacy: take a person out of the lake, and change the key of the pseudonyms.

Neither command says on the terminal or in a file whom it is about.
"""

import shutil
from collections import Counter
from collections.abc import Collection

from orchestration import run as chain
from orchestration.builds import read_builds, read_manifest, read_pointer
from orchestration.commands.receive import LOCK_FOLDER
from orchestration.commands.refresh import tell_publication
from orchestration.commands.terminal import open_context, say
from orchestration.erasure import Eraser, builds_that_hold
from orchestration.errors import LeadlineError, NothingToRead, PublishFailed
from orchestration.keys import key_id, pseudonym_key
from orchestration.keys import rotate_key as new_key
from orchestration.locks import run_lock
from orchestration.publish import Publication
from orchestration.redaction import Person
from orchestration.run import Context
from transforms.home import Home

# Published tables that say who decided; those of verdicts have it in their name.
DECIDED_TABLES = (
    "exemptions", "gate_overrides", "override_approvals", "sign_offs", "vendor_acknowledgements",
)  # fmt: skip
OUT_OF_REACH = (
    "Out of reach: the source systems (what they still say comes back with the next "
    "`leadline run`), leadline.yml, copies of this folder and files that were exported from it."
)


def erase(given: str, *, is_dry: bool, removes_builds: bool) -> None:
    """Take a person out of the lake, build and publish again; a dry run only counts.

    Errors: NothingToRead when nothing names the person; LeadlineError when a table still does;
    those of a build: then the next `leadline build` reads the changed pages.
    """
    context = open_context()
    work, now = context.home.work, context.clock()
    # The receiver of pushed events writes to the lake as well, under a lock of its own.
    with run_lock(work, now=now), run_lock(work / LOCK_FOLDER, now=now):
        key = pseudonym_key(context.home, environment=context.environment)
        eraser = Eraser(context.home, key)
        begun = eraser.unfinished()
        if begun is not None:
            say("An erasure that was interrupted is finished first.")
            _finish(context, eraser, begun, removes_builds=removes_builds, is_dry=is_dry)
            if given.strip().lower() in begun.identifiers:
                return
        person = eraser.person(given)
        _finish(context, eraser, person, removes_builds=removes_builds, is_dry=is_dry)


def rotate_key(*, removes_builds: bool) -> None:
    """Make a new key, build and publish; every pseudonym changes and no number does.

    Errors: ConfigurationError when the key comes from the environment; those of a build: then the
    next `leadline build` goes on with the new key.
    """
    context = open_context()
    with run_lock(context.home.work, now=context.clock()):
        key = new_key(context.home, environment=context.environment)
        publication = chain.build_and_publish(context)
        tell_publication(publication)
        old = _builds_of_other_keys(context.home, key_id(key))
        _tell_builds(context.home, old, publication, removes=removes_builds)


def _finish(
    context: Context, eraser: Eraser, person: Person, *, removes_builds: bool, is_dry: bool
) -> None:
    kept = eraser.kept_entries(person)
    if is_dry:
        counts = Counter(change.name.split("/")[0] for change in eraser.changes(person))
        _tell_counts(person, counts)
        _tell_kept(kept)
        holding = builds_that_hold(context.home, eraser.pseudonyms(person))
        say(f"{_count(len(holding), 'published build')} would still hold the pseudonym.")
        return
    if eraser.unfinished() is None and not any(True for _ in eraser.changes(person)):
        _tell_kept(kept)
        raise NothingToRead(
            "Nothing in the lake names this person; give the address or login that a source uses."
        )
    with context.steps.step("Erasing") as tell:
        count = eraser.erase(person, now=context.clock())
        tell(_count(count, "file"))
    publication = chain.build_and_publish(context)
    eraser.finish(person, file_count=count, now=context.clock())
    tell_publication(publication)
    _tell_kept(kept)
    holding = builds_that_hold(context.home, eraser.pseudonyms(person))
    new = holding.pop(publication.manifest.build_id, [])
    _tell_builds(context.home, holding, publication, removes=removes_builds)
    say(OUT_OF_REACH)
    left = [table for table in new if not (kept and _tells_decisions(table))]
    if left:
        raise LeadlineError(
            f"The new build still holds the pseudonym in {', '.join(left)}; "
            "report this, and name the source whose records it comes from."
        )


def _tell_counts(person: Person, counts: Counter[str]) -> None:
    say(
        f"{_count(len(person.identifiers), 'identifier')} of one person: in "
        f"{_count(counts['pages'], 'page file')}, {_count(counts['quarantine'], 'file')} of the "
        f"quarantine and {_count(counts['journal'], 'journal')}; nothing was changed."
    )


def _tell_kept(kept: Counter[str]) -> None:
    """Say what of the person stays in the audit log, and why."""
    if not kept:
        return
    parts = [
        words
        for kind, words in (
            ("decision", f"{_count(kept['decision'], 'decision')} signed by this person"),
            (
                "sign-in or export",
                f"{kept['sign-in or export']} of sign-ins and exports under this name",
            ),
            ("mention", f"{kept['mention']} of others with this name in their words"),
        )
        if kept[kind]
    ]
    say(
        f"These entries of the audit log stay: {', '.join(parts)}. Their chain shows that nobody "
        "changed an entry, and ends where one is changed."
    )


def _tells_decisions(table: str) -> bool:
    """Whether a table is made of what people decided, which stays."""
    return "verdict" in table or table in DECIDED_TABLES


def _builds_of_other_keys(home: Home, present: str) -> list[str]:
    found = []
    for build in read_builds(home.builds):
        try:
            if read_manifest(build).pseudonym_key_id != present:
                found.append(build.name)
        except PublishFailed:
            found.append(build.name)
    return found


def _tell_builds(
    home: Home, names: Collection[str], publication: Publication, *, removes: bool
) -> None:
    """Remove the builds, or say which they are; the one that readers see is never among them."""
    current = read_pointer(home.current)
    spared = {publication.path.name, current.name if current else ""}
    old = sorted(set(names) - spared)
    if not old:
        return
    if not removes:
        say(
            f"{_count(len(old), 'earlier build')} with old pseudonyms: {', '.join(old)}; "
            "run it again with --builds to remove them."
        )
        return
    for name in old:
        shutil.rmtree(home.builds / name)
    say(f"Removed {_count(len(old), 'earlier build')} with old pseudonyms.")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
