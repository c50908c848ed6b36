"""Propose what a name that nobody declared may stand for; pure functions, never applied by itself.

Each proposal states its reason and a score. Where two targets are as likely, none is proposed.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

SAME, REPOSITORY, CMDB, SUFFIX, ONE_EDIT = 1.0, 0.95, 0.95, 0.9, 0.7
SHORTEST_FOR_AN_EDIT = 6


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words that say what a thing is or where it runs, and not which one it is.
_FILLERS = _set("app dev live prd prod production service srv stage staging svc test")
_TIERS = {
    "production": _set("live prd prod production"),
    "staging": _set("pre preprod preproduction stage staging stg uat"),
    "test": _set("integration qa sit test testing"),
    "development": _set("dev develop development local sandbox"),
}


@dataclass(frozen=True)
class Unmapped:
    """A name that nothing in the settings knows, with how much it concerns."""

    kind: str
    name: str
    row_count: int = 0
    last_seen_at: datetime | None = None


@dataclass(frozen=True)
class Known:
    """A service and the names that lead to it."""

    service_id: str
    names: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    configuration_items: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suggestion:
    """What a name may stand for: targets of the best score; more than one is ambiguous."""

    unmapped: Unmapped
    targets: tuple[str, ...] = ()
    reason: str = ""
    score: float = field(default=0.0)

    @property
    def target(self) -> str | None:
        """Return the one target, or None when there is none or more than one."""
        return self.targets[0] if len(self.targets) == 1 else None


def suggest(names: Iterable[Unmapped], services: Sequence[Known]) -> list[Suggestion]:
    """Return one suggestion a name, those that concern the most rows first."""
    found = [
        _environment(one) if one.kind == "environment" else _service(one, services) for one in names
    ]
    return sorted(found, key=lambda one: (-one.unmapped.row_count, one.unmapped.name))


def render_yaml(suggestions: Sequence[Suggestion]) -> str:
    """Return the suggestions as sections of leadline.yml; what is not certain is a comment."""
    lines: list[str] = []
    for kind, key in (("service", "aliases"), ("repository", "repositories")):
        for one in _mapped(suggestions, kind):
            if "services:" not in lines:
                lines.append("services:")
            lines.append(f"  - id: {_text(str(one.target))}  # {_why(one)}")
            lines.append(f"    {key}: [{_text(one.unmapped.name)}]  # {_how_much(one.unmapped)}")
    tiers = _mapped(suggestions, "environment")
    lines += ["environments:"] if tiers else []
    lines += [
        f"  {_text(one.unmapped.name)}: {one.target}  # {_why(one)}, {_how_much(one.unmapped)}"
        for one in tiers
    ]
    lines += [
        f"# ambiguous: {one.unmapped.kind} {_text(one.unmapped.name)} may be "
        f"{' or '.join(map(_text, one.targets))} ({_why(one)}), {_how_much(one.unmapped)}"
        for one in suggestions
        if len(one.targets) > 1
    ]
    lines += [
        f"# no suggestion: {one.unmapped.kind} {_text(one.unmapped.name)}, "
        f"{_how_much(one.unmapped)}"
        for one in suggestions
        if not one.targets
    ]
    return "".join(f"{line}\n" for line in lines)


def _service(one: Unmapped, services: Sequence[Known]) -> Suggestion:
    if one.kind not in ("service", "repository"):
        return Suggestion(one)
    name = one.name.rsplit("/", 1)[-1] if one.kind == "repository" else one.name
    best: dict[str, tuple[float, str]] = {}
    for service in services:
        score, reason = max(_scores(name, service), default=(0.0, ""))
        if score:
            best[service.service_id] = (score, reason)
    top = max((score for score, _ in best.values()), default=0.0)
    targets = sorted(service for service, (score, _) in best.items() if score == top)
    reason = best[targets[0]][1] if targets else ""
    return Suggestion(one, tuple(targets), reason, top)


def _scores(name: str, service: Known) -> Iterable[tuple[float, str]]:
    """Yield how well a name fits a service, with the reason, for each of its names that fits."""
    plain, core = _plain(name), _core(name)
    for known in (service.service_id, *service.names):
        if plain == _plain(known):
            yield SAME, "same but for case and separators"
        elif core and core == _core(known):
            yield SUFFIX, "same but for words such as svc, service or prod"
        elif _one_edit_apart(plain, _plain(known)):
            yield ONE_EDIT, "one letter apart"
    if plain in {_plain(known.rsplit("/", 1)[-1]) for known in service.repositories}:
        yield REPOSITORY, "the name of its repository"
    if plain in {_plain(known) for known in service.configuration_items}:
        yield CMDB, "the name of its configuration item"


def _environment(one: Unmapped) -> Suggestion:
    words = set(_words(one.name))
    tiers = tuple(tier for tier, known in _TIERS.items() if words & known)
    return Suggestion(one, tiers, "a word in its name", SUFFIX if tiers else 0.0)


def _words(text: str) -> list[str]:
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text)
    return re.findall(r"[^\W_]+", spaced.lower())


def _plain(text: str) -> str:
    return "".join(_words(text))


def _core(text: str) -> str:
    return "".join(word for word in _words(text) if word not in _FILLERS)


def _one_edit_apart(one: str, other: str) -> bool:
    """Say whether one letter more, less or other makes two long enough texts the same."""
    short, long = sorted((one, other), key=len)
    if len(short) < SHORTEST_FOR_AN_EDIT or len(long) - len(short) > 1 or short == long:
        return False
    at = next((i for i, sign in enumerate(short) if sign != long[i]), len(short))
    return short[at + (len(short) == len(long)) :] == long[at + 1 :]


def _mapped(suggestions: Sequence[Suggestion], kind: str) -> list[Suggestion]:
    return [one for one in suggestions if one.unmapped.kind == kind and one.target]


def _why(one: Suggestion) -> str:
    return f"{one.reason}, score {one.score:.2f}"


def _how_much(one: Unmapped) -> str:
    seen = f", last seen {one.last_seen_at:%Y-%m-%d}" if one.last_seen_at else ""
    return f"{one.row_count} row{'' if one.row_count == 1 else 's'}{seen}"


def _text(text: str) -> str:
    """Return a text from outside as a YAML scalar; a JSON string is one, on one line."""
    return text if re.fullmatch(r"[A-Za-z][\w./-]*", text) else json.dumps(text)
