"""Which aliases are one person: by declaration, and by what records tie with certainty."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

DECLARED, JOINED = "declared", "joined"


@dataclass(frozen=True, order=True)
class Alias:
    """An alias, the person it stands for, and how that is known."""

    alias: str
    person: str
    origin: str


def resolve(declared: Mapping[str, str], ties: Iterable[tuple[str, str]]) -> list[Alias]:
    """Return every alias that is declared or tied to another one, sorted.

    `ties` are pairs of a login and an address. Aliases that ties join are one person: the declared
    one among them, else the first login. Where ties would join two declared persons they join
    nobody: the declaration stands, and what is not declared stays alone.
    """
    pairs = sorted(ties)
    logins = {login for login, _ in pairs}
    found = [Alias(alias, person, DECLARED) for alias, person in declared.items()]
    for group in _groups(pairs):
        persons = {declared[one] for one in group if one in declared}
        if len(persons) > 1:
            continue
        person = persons.pop() if persons else min(group & logins)
        found += [Alias(one, person, JOINED) for one in group if one not in declared]
    return sorted(found)


def _groups(pairs: Iterable[tuple[str, str]]) -> list[set[str]]:
    beside: dict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        beside[one].add(other)
        beside[other].add(one)
    groups, seen = [], set[str]()
    for start in sorted(beside):
        if start in seen:
            continue
        group, waiting = {start}, [start]
        while waiting:
            new = beside[waiting.pop()] - group
            group |= new
            waiting += new
        seen |= group
        groups.append(group)
    return groups
