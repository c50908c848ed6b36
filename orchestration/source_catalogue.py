"""What can be read from which kind of source: made from the connectors and the staging models."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from connectors import discover
from connectors._contract import Deletes
from orchestration.versions import TRANSFORMS

STAGING = TRANSFORMS / "models" / "staging"
# The parts of a connector's docstring, each beginning a line or following a full stop.
_PARTS = ("API", "Format", "Auth", "Limits", "Traps", "Linking", "Tested")
_PART = re.compile(rf"(?:^|(?<=\. ))({'|'.join(_PARTS)}): ", re.MULTILINE)
_STREAM = re.compile(r'stream="(\w+)"')
_FIELD = re.compile(r'"\$\.([A-Za-z_][\w.]*)"')


@dataclass(frozen=True)
class CatalogueEntry:
    """One stream of one kind of source.

    `fields` are the fields of a record that the models read, with dots between levels.
    Units: `overlap_seconds` is how far a run goes back behind the last one's end.
    """

    kind: str
    title: str
    auth: str
    limits: str
    tested: str
    stream: str
    description: str
    cursor: str
    overlap_seconds: int
    parent: str | None
    deletes: Deletes
    fields: tuple[str, ...]


def source_catalogue() -> list[CatalogueEntry]:
    """Return every stream of every connector, by kind and in the order of reading."""
    return [
        entry for kind, module in sorted(discover().items()) for entry in _entries(kind, module)
    ]


def docstring_parts(module: ModuleType) -> Mapping[str, str]:
    """Return what a connector's docstring says: `title`, and its parts by their names."""
    text = module.__doc__ or ""
    found = list(_PART.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    parts = {
        match.group(1): " ".join(text[match.end() : end].split())
        for match, end in zip(found, ends, strict=True)
    }
    return {"title": text.strip().splitlines()[0].rstrip("."), **parts}


def render_markdown(entries: list[CatalogueEntry]) -> str:
    """Return the catalogue as a page of the documentation."""
    lines = [
        "# What Leadline reads",
        "",
        "Made from the connectors by `leadline sources --format markdown`; not written by hand.",
    ]
    for kind in dict.fromkeys(entry.kind for entry in entries):
        streams = [entry for entry in entries if entry.kind == kind]
        first = streams[0]
        lines += ["", f"## {kind}", "", f"{first.title}.", ""]
        lines += [f"- Rights: {first.auth}", f"- Limits: {first.limits}"]
        lines += [f"- Tested against: {first.tested}", ""]
        lines += ["| stream | one record | read again | deleted | fields used |"]
        lines += ["|---|---|---|---|---|"]
        lines += [_row(entry) for entry in streams]
    return "\n".join(lines) + "\n"


def cursor_words(entry: CatalogueEntry) -> str:
    """Return how a run finds what is new, in words."""
    if entry.parent is not None:
        return f"with its {entry.parent}"
    if entry.cursor == "none":
        return "whole, every run"
    hours = entry.overlap_seconds / 3600
    back = f"{hours / 24:g} days" if hours >= 48 else f"{hours:g} h"
    since = {"updated": "changed", "created": "created", "window": "happened"}[entry.cursor]
    return f"what {since} since the last run" + (f", and {back} before" if hours else "")


def deletion_words(entry: CatalogueEntry) -> str:
    """Return how it is noticed that a record is gone from the source, in words."""
    return {
        "listed": "by every run",
        "reconciled": "by `--reconcile`",
        "kept": "kept for good",
    }[entry.deletes]


def _row(entry: CatalogueEntry) -> str:
    fields = ", ".join(f"`{name}`" for name in entry.fields) or "none"
    about = entry.description.replace("|", "/")
    how = (cursor_words(entry), deletion_words(entry))
    return f"| {entry.stream} | {about} | {' | '.join(how)} | {fields} |"


def _entries(kind: str, module: ModuleType) -> Iterator[CatalogueEntry]:
    said = docstring_parts(module)
    used = _fields_by_stream(STAGING / kind)
    for stream in module.STREAMS:
        yield CatalogueEntry(
            kind=kind,
            title=said["title"].removeprefix("Read "),
            auth=said.get("Auth", ""),
            limits=said.get("Limits", ""),
            tested=said.get("Tested", ""),
            stream=stream.name,
            description=stream.description,
            cursor=stream.cursor,
            overlap_seconds=stream.overlap_seconds,
            parent=stream.parent,
            deletes=stream.deletes,
            fields=tuple(sorted(used.get(stream.name, ()))),
        )


def _fields_by_stream(folder: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for file in sorted(folder.glob("*.sql")):
        text = file.read_text(encoding="utf-8")
        stream = _STREAM.search(text)
        if stream:
            found.setdefault(stream.group(1), set()).update(_FIELD.findall(text))
    return found
