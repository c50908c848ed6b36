"""Erase one person from the lake: find every identifier, rewrite what names it, keep a record.

Pages keep their ids and journals their lines, so every record stays accounted for. A kill at any
moment leaves each file as it was or as it is to be; the next erasure finishes what was begun.
"""

import json
import re
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import zstandard
from pydantic import SecretStr

from orchestration import redactions
from orchestration.builds import WAREHOUSE, read_builds
from orchestration.errors import ConfigurationError, LeadlineError
from orchestration.keys import pseudonym
from orchestration.lake import CATALOGUE_SOURCE, CATALOGUE_STREAM, Lake
from orchestration.lake_run import ZSTD_LEVEL
from orchestration.person_places import PersonPlaces, read_person_places
from orchestration.redaction import Person, redact_page
from orchestration.redactions import Unfinished
from orchestration.warehouse import PUBLISHED_SCHEMA, quoted, warehouse
from transforms.decisions import ACCESS, EXPORT, read_decisions
from transforms.home import Home

SHORTEST = 2
# Addresses that GitHub and GitLab make from a login, for people who do not show their own.
MADE_ADDRESS = re.compile(r"<\s*((?:\d+[+-])?([\w-]+)@users\.noreply\.[\w.-]+)\s*>", re.IGNORECASE)
# A build may hold a pseudonym in full, or its first characters in place of an address in a text.
MASK_CHARACTERS = 12


@dataclass(frozen=True)
class Change:
    """One file of the lake and what it holds before and after."""

    name: str
    before: bytes
    after: bytes


@dataclass(frozen=True)
class Eraser:
    """Finds and takes out a person; the lake may not be written by anybody else meanwhile."""

    home: Home
    key: SecretStr

    @property
    def lake(self) -> Lake:
        """Return the lake of the folder."""
        return Lake(self.home.lake)

    @cached_property
    def _places(self) -> dict[tuple[str, str], PersonPlaces]:
        return read_person_places()

    def person(self, given: str) -> Person:
        """Return the person with every identifier joined to the given one and a token.

        Who was erased before keeps the token, so that his records stay one person's.
        Errors: ConfigurationError when the given text is too short to be looked for, or a bot's.
        """
        given = given.strip().lower()
        if len(given) < SHORTEST:
            raise ConfigurationError("PERSON is too short; give an address or a login.")
        if "[bot]" in given:
            raise ConfigurationError("PERSON is a bot's login; a bot is nobody to be erased.")
        identifiers = joined_identifiers(given, [*self._declared(), *self._tied()])
        digests = [redactions.digest(one, key=self.key) for one in identifiers]
        token = redactions.token_of(self.home.lake, digests)
        return Person(identifiers, token or f"erased-{secrets.token_hex(6)}")

    def unfinished(self) -> Person | None:
        """Return the person of an erasure that a kill interrupted."""
        begun = redactions.read_unfinished(self.home.lake)
        return None if begun is None else Person(frozenset(begun.identifiers), begun.token)

    def changes(self, person: Person) -> Iterator[Change]:
        """Yield what each file of the lake that names the person holds and is to hold."""
        root = self.home.lake
        kinds = {line["source"]: str(line["kind"]) for line in self.lake.lines()}
        for path in sorted(root.glob("pages/*/*/*.zst")):
            source, stream = path.parent.parent.name, path.parent.name
            form = path.name.split(".")[1]
            if form != "npz":
                yield from self._change(
                    path, person, form=form, streams=[(kinds.get(source, ""), stream)]
                )
        for path in sorted(root.glob("quarantine/*/*.raw.zst")):
            kind = kinds.get(path.parent.name)
            streams = [one for one in self._places if one[0] == kind]
            yield from self._change(path, person, form="raw", streams=streams)
        for path in sorted([*root.glob("journal/*/*.jsonl"), *root.glob("quarantine/*/*.jsonl")]):
            yield from self._change(path, person, form="ndjson", streams=[])

    def erase(self, person: Person, *, now: datetime) -> int:
        """Take the person out of every file and return how many changed.

        What was built from the lake is removed first: the next build starts from the pages.
        """
        redactions.write_unfinished(
            self.home.lake, Unfinished(person.token, tuple(sorted(person.identifiers)))
        )
        remove_work_files(self.home)
        for torn in self.home.lake.glob("pages/*/*/*.tmp"):
            torn.unlink()
        count = 0
        for change in self.changes(person):
            self._write(change, person, now=now)
            count += 1
        return count

    def finish(self, person: Person, *, file_count: int, now: datetime) -> None:
        """Record the end of an erasure and forget the clear text that it was about."""
        digests = [redactions.digest(one, key=self.key) for one in person.identifiers]
        redactions.record_end(
            self.home.lake,
            token=person.token,
            digests=digests,
            file_count=file_count,
            ended_at=now,
        )
        redactions.forget_unfinished(self.home.lake)

    def pseudonyms(self, person: Person) -> list[str]:
        """Return the pseudonyms under which builds with the present key know the person."""
        return sorted(pseudonym(one, key=self.key) for one in person.identifiers)

    def kept_entries(self, person: Person) -> Counter[str]:
        """Return how many entries of the audit log name the person; their chain forbids changes.

        Shape: `decision`, `sign-in or export` (both under the person's name), `mention`.
        """
        names = "|".join(re.escape(one) for one in sorted(person.identifiers))
        named = re.compile(rf"(?<![\w.@-])(?:{names})(?![\w@-])", re.IGNORECASE)
        found: Counter[str] = Counter()
        for one in read_decisions(self.home.lake):
            if one.who.strip().lower() in person.identifiers:
                found["sign-in or export" if one.kind in (ACCESS, EXPORT) else "decision"] += 1
            elif named.search(f"{one.subject} {one.reason}"):
                found["mention"] += 1
        return found

    def _change(
        self, path: Path, person: Person, *, form: str, streams: Iterable[tuple[str, str]]
    ) -> Iterator[Change]:
        before = _read(path)
        places = [one for stream in streams for one in self._known(stream).places]
        after = redact_page(before, person, form=form, places=places)
        if after is not None:
            yield Change(path.relative_to(self.home.lake).as_posix(), before, after)

    def _write(self, change: Change, person: Person, *, now: datetime) -> None:
        path = self.home.lake / change.name
        redactions.record_redaction(
            self.home.lake,
            token=person.token,
            name=change.name,
            before=change.before,
            after=change.after,
            redacted_at=now,
        )
        is_packed = path.suffix == ".zst"
        compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
        content = compressor.compress(change.after) if is_packed else change.after
        redactions.replace_file(path, content)

    def _known(self, stream: tuple[str, str]) -> PersonPlaces:
        return self._places.get(stream, PersonPlaces())

    def _declared(self) -> Iterator[tuple[str, ...]]:
        """Yield the names of each person that any stored configuration declares."""
        for record in self._records(CATALOGUE_SOURCE, CATALOGUE_STREAM):
            if record.get("record_type") == "person":
                names = [record["person_id"], *record["person_aliases"]]
                yield tuple(str(one).strip().lower() for one in names)

    def _tied(self) -> Iterator[tuple[str, ...]]:
        """Yield logins with the addresses that records tie to them and to no other login.

        An address that a host made from a login is that login's, whoever wrote the message.
        """
        for source, stream in self.lake.streams():
            lines = self.lake.journal(source, stream)
            kind = next((str(line["kind"]) for line in lines), "")
            known = self._known((kind, stream))
            logins: dict[str, set[str]] = defaultdict(set)
            for record in self._records(source, stream) if known.ties or known.messages else ():
                for login_path, address_path in known.ties:
                    login, address = _at(record, login_path), _at(record, address_path)
                    if login and address:
                        logins[address].add(login)
                for path in known.messages:
                    for address, login in MADE_ADDRESS.findall(_at(record, path) or ""):
                        logins[address].add(login)
            for address, tied in logins.items():
                if len(tied) == 1:
                    yield (*tied, address)

    def _records(self, source: str, stream: str) -> Iterator[dict[str, Any]]:
        for line in self.lake.journal(source, stream):
            if line["event"] != "page":
                continue
            body = _read(self.home.lake / line["records_file"])
            if line["format"] == "ndjson":
                yield from (json.loads(one) for one in body.splitlines() if one.strip())
                continue
            found = json.loads(body)
            if line["format"] == "object":
                for part in line["records_path"].removeprefix("$").strip(".").split("."):
                    found = found.get(part, []) if part and isinstance(found, dict) else found
            yield from (one for one in found if isinstance(one, dict))


def joined_identifiers(given: str, groups: Iterable[tuple[str, ...]]) -> frozenset[str]:
    """Return every identifier that leads from the given one through groups of the same person."""
    rest, found = [set(group) for group in groups], {given}
    while True:
        reached = [group for group in rest if group & found]
        if not reached:
            return frozenset(found)
        rest = [group for group in rest if not group & found]
        found = found.union(*reached)


def remove_work_files(home: Home) -> None:
    """Remove what builds keep of staged rows, so that the next one reads the lake anew."""
    for file in [
        *home.work.glob("*.duckdb"),
        *home.work.glob("*.duckdb.wal"),
        *home.work.glob("as_of/work/*.duckdb*"),
        home.work / "staging_version",
    ]:
        file.unlink(missing_ok=True)


def builds_that_hold(home: Home, pseudonyms: Iterable[str]) -> dict[str, list[str]]:
    """Return the published builds that still hold a pseudonym, with the tables where it stands.

    Errors: LeadlineError when a build cannot be read.
    """
    wanted = [one[:MASK_CHARACTERS] for one in pseudonyms]
    found = {build.name: tables_that_hold(build / WAREHOUSE, wanted) for build in
             read_builds(home.builds)}  # fmt: skip
    return {name: tables for name, tables in found.items() if tables}


def tables_that_hold(file: Path, wanted: Iterable[str]) -> list[str]:
    """Return the published tables of a build in which one of the texts stands."""
    pattern = "|".join(wanted)
    try:
        with warehouse(file) as connection:
            columns = connection.execute(
                "select table_name, list(column_name) from duckdb_columns() "
                "where schema_name = ? and data_type in ('VARCHAR', 'VARCHAR[]') "
                "and table_name in (select table_name from duckdb_tables()) "
                "group by table_name order by table_name",
                [PUBLISHED_SCHEMA],
            ).fetchall()
            return [
                str(table)
                for table, names in columns
                if connection.execute(
                    f"select 1 from {PUBLISHED_SCHEMA}.{quoted(table)} where regexp_matches("
                    f"concat_ws(' ', {', '.join(f'{quoted(name)}::varchar' for name in names)}), ?)"
                    " limit 1",
                    [pattern],
                ).fetchone()
            ]
    except duckdb.Error as exc:
        raise LeadlineError(
            f"{file} cannot be read; remove that build's folder, then ask again."
        ) from exc


def _at(record: Mapping[str, Any], path: str) -> str | None:
    found: Any = record
    for part in path.removeprefix("$.").split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return str(found).strip().lower() if found else None


def _read(path: Path) -> bytes:
    content = path.read_bytes()
    if path.suffix != ".zst":
        return content
    try:
        return zstandard.ZstdDecompressor().decompress(content)
    except zstandard.ZstdError as exc:
        raise LeadlineError(
            f"{path} cannot be read; restore it from a copy of the lake, then ask again."
        ) from exc
