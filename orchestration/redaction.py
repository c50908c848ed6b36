"""Take one person out of what sources sent; pure functions of text.

An address is replaced wherever it stands. A login may be a common word: it is replaced where a
record names a person (PERSON_KEYS, and what the staging models turn into pseudonyms), where it is
mentioned with an @, in the trailers of a commit message, and in an object that describes the
person. Numbers, order and everything else stay as they were written.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Path = tuple[str, ...]
ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Keys without _ and -, in lower case.
PERSON_KEYS = _words(
    """account accountid acknowledgedby acknowledger actor agent alias approvedby approver assignee
    assignees assignedto author authoremail authorlogin authorname by closedby committer
    committeremail createdby creator deployedby email emailaddress executedby initiatedby login mail
    member mergedby openedby owner performedby personaliases personid pusher reporter requestedby
    requester requestedfor resolvedby responder reviewer sender startedby syscreatedby sysupdatedby
    triggeredby triggeringactor updatedby user userid username users who"""
)
IDENTITY_KEYS = _words(
    """accountid email emailaddress id key login mail name slug uniquename user userid username
    uuid value"""
)
NAME_KEYS = _words(
    """displayname familyname firstname fullname givenname lastname mobile mobilephone nickname
    phone realname"""
)
# Names of a person only in an object that stands where a person is named.
LOOSE_NAME_KEYS = _words("displayvalue name summary")
OPAQUE_KEYS = _words("avatar avatarurl gravatarid image nodeid picture")
_DESCRIBING_KEYS = _words("email emailaddress login username")
_NAME_ENDINGS = ("", "name", "displayname", "fullname")
_IDENTITY_ENDINGS = ("email", "emailaddress", "login", "username", "mail", "id")


class _Number(str):
    """A number as it was written."""


class _Object(list[tuple[str, Any]]):
    """An object's pairs in their order, repeated keys included."""


@dataclass(frozen=True)
class Person:
    """Whom to take out: every identifier in lower case, and what stands in its place."""

    identifiers: frozenset[str]
    token: str

    @property
    def addresses(self) -> list[str]:
        """Return the identifiers that are e-mail addresses, the longest first."""
        found = (one for one in self.identifiers if ADDRESS.fullmatch(one))
        return sorted(found, key=lambda one: (-len(one), one))

    @property
    def logins(self) -> list[str]:
        """Return the other identifiers, the longest first."""
        rest = self.identifiers - set(self.addresses)
        return sorted(rest, key=lambda one: (-len(one), one))

    @cached_property
    def anywhere(self) -> re.Pattern[str] | None:
        """Return what is replaced in every text: addresses with the name before, mentions."""
        return _any_of(
            *[rf"(?<![\w.+%-]){_address(one)}(?![\w-]|\.\w)" for one in self.addresses],
            *[rf"(?<![\w/@.])@{re.escape(one)}(?![\w/-])" for one in self.logins],
        )

    @cached_property
    def named(self) -> re.Pattern[str] | None:
        """Return a person's name as it stands before an address in angle brackets."""
        word = r"[^\s:;,<>\"()@]{1,40}\s"
        return _any_of(*[rf"(?:{word}){{1,3}}<{_address(one)}>" for one in self.addresses])

    @cached_property
    def trailers(self) -> re.Pattern[str] | None:
        """Return a line such as Co-authored-by that ends in any identifier of the person."""
        ends = [*map(_address, self.addresses), *map(re.escape, self.logins)]
        start = r"(?m:^)([a-z][a-z-]*-by:)[^<\r\n]*<\s*"
        return _any_of(rf"{start}(?:{'|'.join(ends)})\s*>") if ends else None

    @cached_property
    def words(self) -> re.Pattern[str] | None:
        """Return the logins as whole words."""
        return _any_of(*[rf"(?<![\w-]){re.escape(one)}(?![\w-])" for one in self.logins])

    @cached_property
    def trace(self) -> re.Pattern[str]:
        """Return what must stand in a text for it to be looked at: any identifier or an escape."""
        shapes = {json.dumps(one)[1:-1] for one in self.identifiers} | self.identifiers
        shapes |= {one.replace("@", "%40") for one in self.identifiers}
        return re.compile("|".join(map(re.escape, sorted(shapes))) + r"|\\u00", re.IGNORECASE)

    @property
    def number(self) -> str:
        """Return a number in the place of the number by which a source knows the person."""
        return str(int(self.token.encode().hex(), 16) % 2**31)


def redact_page(
    body: bytes, person: Person, *, form: str, places: Iterable[Path] = ()
) -> bytes | None:
    """Return a page without the person, or None when the person is not on it.

    `form` is ndjson, json or raw; what is not JSON is changed as plain text.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("utf-8", errors="surrogateescape")
    if not person.trace.search(text):
        return None
    paths = tuple(places)
    if form == "ndjson":
        lines = text.split("\n")
        new = "\n".join(
            _redact_document(line, person, paths) if person.trace.search(line) else line
            for line in lines
        )
    else:
        new = _redact_document(text, person, paths)
    return None if new == text else new.encode("utf-8", errors="surrogateescape")


def redact_text(text: str, person: Person, *, is_all_words: bool = False) -> str:
    """Return a text without the person's addresses, names before them, trailers and mentions.

    `is_all_words` takes out every word that is a login: for bytes that no model reads.
    """
    if person.trailers:
        text = person.trailers.sub(rf"\1 {person.token} <{person.token}>", text)
    if person.named:
        text = person.named.sub(f"{person.token} <{person.token}>", text)
    if person.anywhere:
        text = person.anywhere.sub(
            lambda found: "@" * found[0].startswith("@") + person.token, text
        )
    if is_all_words and person.words:
        text = person.words.sub(person.token, text)
    return text


def _redact_document(text: str, person: Person, places: Sequence[Path]) -> str:
    try:
        value = json.loads(
            text,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_Number,
            object_pairs_hook=_Object,
        )
    except ValueError:
        return redact_text(text, person, is_all_words=True)
    new = _walk(value, (), person, places)
    return text if new == value else _write(new)


def _walk(value: Any, path: Path, person: Person, places: Sequence[Path]) -> Any:
    if isinstance(value, _Object):
        return _walk_object(value, path, person, places)
    if isinstance(value, list):
        return [_walk(one, path, person, places) for one in value]
    if not isinstance(value, str):
        return value
    if str(value).strip().lower() in person.identifiers and _names_a_person(path, places):
        return person.token
    return value if isinstance(value, _Number) else redact_text(value, person)


def _walk_object(pairs: _Object, path: Path, person: Person, places: Sequence[Path]) -> _Object:
    new = _Object((key, _walk(value, (*path, _plain(key)), person, places)) for key, value in pairs)
    changed = {
        _plain(key)
        for (key, old), (_, value) in zip(pairs, new, strict=True)
        if isinstance(old, str) and value == person.token
    }
    stands_for_one = bool(path) and (
        path[-1] in PERSON_KEYS
        or any(len(place) > 1 and path[1 - len(place) :] == place[:-1] for place in places)
    )
    names = NAME_KEYS | OPAQUE_KEYS | (LOOSE_NAME_KEYS if stands_for_one else frozenset())
    describes = changed & (IDENTITY_KEYS if stands_for_one else _DESCRIBING_KEYS)
    beside = {
        key.removesuffix(ending) + other
        for key in changed
        for ending in _IDENTITY_ENDINGS
        if key.endswith(ending) and key != ending
        for other in _NAME_ENDINGS
    }
    return _Object(
        (
            redact_text(key, person),
            _sibling(_plain(key), value, person, names=names if describes else None, beside=beside),
        )
        for key, value in new
    )


def _sibling(
    key: str, value: Any, person: Person, *, names: frozenset[str] | None, beside: set[str]
) -> Any:
    """Return a value of an object in which the person was found: names go, kinds stay."""
    if not isinstance(value, str) or not value:
        return value
    if key in beside and not isinstance(value, _Number):
        return person.token
    if names is None:
        return value
    if isinstance(value, _Number):
        return _Number(person.number) if key == "id" else value
    if key in names:
        return person.token
    return person.words.sub(person.token, value) if person.words else value


def _names_a_person(path: Path, places: Sequence[Path]) -> bool:
    if not path:
        return False
    if path[-1] in PERSON_KEYS:
        return True
    if len(path) > 1 and path[-1] in IDENTITY_KEYS and path[-2] in PERSON_KEYS:
        return True
    return any(path[-len(place) :] == place for place in places)


def _plain(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "")


def plain_path(path: str) -> Path:
    """Return a JSON path such as `$.user.login` as the keys that this module compares."""
    return tuple(_plain(part) for part in re.findall(r"[A-Za-z_][\w-]*", path))


def _write(value: Any) -> str:
    if isinstance(value, _Object):
        inside = ",".join(
            f"{json.dumps(key, ensure_ascii=False)}:{_write(one)}" for key, one in value
        )
        return f"{{{inside}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_write, value))}]"
    if isinstance(value, _Number):
        return str(value)
    is_broken = isinstance(value, str) and any("\ud800" <= sign <= "\udfff" for sign in value)
    return json.dumps(value, ensure_ascii=is_broken)


def _address(one: str) -> str:
    return re.escape(one).replace("@", "(?:@|%40)")


def _any_of(*patterns: str) -> re.Pattern[str] | None:
    return re.compile("|".join(patterns), re.IGNORECASE) if patterns else None
