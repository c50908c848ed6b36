"""Where records of each stream name people, read from the staging models: they know it already.

What a staging model turns into a pseudonym is a person's place. Where one model gives both
`<role>_login_id` and `<role>_address_id`, its record ties that address to that login. A message
whose co-authors a model reads may name the address that a host made from a login.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.redaction import Path as KeyPath
from orchestration.redaction import plain_path
from orchestration.versions import TRANSFORMS

_STREAM = re.compile(r'kind="(?P<kind>\w+)",\s*stream="(?P<stream>\w+)"')
_FIELD = re.compile(r'"(?P<name>\w+)":\s*"(?P<path>\$[^"]*)"')
_PSEUDONYM = re.compile(
    r"pseudonym\(\s*(?:\"(?P<text>[^\"]+)\"|'(?P<other>[^']+)')\s*\)\s*\}\}"
    r"(?:\s+as\s+(?P<column>\w+))?"
)
_MESSAGE = re.compile(r"co_author_ids\(\s*\"(?P<name>\w+)\"\s*\)")


@dataclass(frozen=True)
class PersonPlaces:
    """Where the records of a stream name people, and which fields name one by login and address.

    `messages` are the fields whose trailers name people.
    """

    places: tuple[KeyPath, ...] = ()
    ties: tuple[tuple[str, str], ...] = field(default=())
    messages: tuple[str, ...] = ()


def read_person_places(project: Path = TRANSFORMS) -> dict[tuple[str, str], PersonPlaces]:
    """Return the places of people by kind and stream."""
    found: dict[tuple[str, str], PersonPlaces] = {}
    for file in sorted((project / "models" / "staging").glob("*/*.sql")):
        text = file.read_text(encoding="utf-8")
        stream = _STREAM.search(text)
        if stream is None:
            continue
        key = (stream["kind"], stream["stream"])
        known = found.get(key, PersonPlaces())
        here = _places(text)
        found[key] = PersonPlaces(
            known.places + here.places, known.ties + here.ties, known.messages + here.messages
        )
    return found


def _places(text: str) -> PersonPlaces:
    paths = {match["name"]: match["path"] for match in _FIELD.finditer(text)}
    columns: dict[str, str] = {}
    places: list[KeyPath] = []
    for match in _PSEUDONYM.finditer(text):
        text_of = match["text"] or match["other"]
        named = [paths[name] for name in re.findall(r"\w+", text_of) if name in paths]
        # A path that the expression takes itself, as in '$[*].causes[*].userId'.
        named += re.findall(r"'(\$[^']*)'", text_of)
        places += [plain_path(path) for path in named]
        if match["column"] and len(named) == 1:
            columns[match["column"]] = named[0]
    messages = tuple(paths[match["name"]] for match in _MESSAGE.finditer(text))
    return PersonPlaces(tuple(dict.fromkeys(places)), tuple(_ties(columns)), messages)


def _ties(columns: dict[str, str]) -> Iterator[tuple[str, str]]:
    for column, path in columns.items():
        address = columns.get(column.removesuffix("_login_id") + "_address_id")
        if column.endswith("_login_id") and address is not None:
            yield path, address
