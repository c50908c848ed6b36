"""Read YAML and remember on which line each value stands, so that errors can say it."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from orchestration.errors import ConfigurationError

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """The values of a YAML file and the line of each."""

    name: str
    values: dict[str, Any]
    lines: Mapping[Place, int]

    def error(self, place: Place, problem: str) -> ConfigurationError:
        """Return the error that names file, line and setting; the value is never part of it."""
        known = place
        while known and known not in self.lines:
            known = known[:-1]
        dotted = ".".join(str(part) for part in place)
        line = self.lines.get(known, 1)
        return ConfigurationError(f"{self.name} line {line}: {dotted} {problem}.")


def read_document(text: str, *, name: str) -> Document:
    """Return the document; a setting that stands there twice is refused.

    Errors: ConfigurationError with the line; values are not echoed.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise ConfigurationError(f"{name} line {line}: not valid YAML ({exc.problem}).") from None
    if root is None:
        return Document(name=name, values={}, lines={})
    if not isinstance(root, yaml.MappingNode):
        raise ConfigurationError(f"{name} line 1: must be a list of `setting: value` lines.")
    lines: dict[Place, int] = {}
    values = _value(root, (), lines, name)
    return Document(name=name, values=values if isinstance(values, dict) else {}, lines=lines)


def _value(node: yaml.Node, place: Place, lines: dict[Place, int], name: str) -> object:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            inner = (*place, key)
            line = key_node.start_mark.line + 1
            if key in found:
                raise ConfigurationError(f"{name} line {line}: {key} stands there twice.")
            lines[inner] = line
            found[key] = _value(value_node, inner, lines, name)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(one, (*place, at), lines, name) for at, one in enumerate(node.value)]
    constructor = yaml.SafeLoader("")
    try:
        return constructor.construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError):
        line = node.start_mark.line + 1
        raise ConfigurationError(f"{name} line {line}: the value cannot be read.") from None
    finally:
        constructor.dispose()


def validation_error(document: Document, place: Place, exc: ValidationError) -> ConfigurationError:
    """Return the first thing that is wrong, with its line and without its value."""
    first = exc.errors(include_input=False, include_url=False, include_context=False)[0]
    problem = str(first["msg"]).removeprefix("Value error, ")
    return document.error(
        _standing(document, (*place, *first["loc"])), f"cannot be used ({problem}); correct it"
    )


def _standing(document: Document, place: Place) -> Place:
    """Return a place without the names of models that pydantic puts between its parts."""
    found: Place = ()
    for part, following in itertools.zip_longest(place, place[1:]):
        is_between = (*found, part) not in document.lines and (*found, following) in document.lines
        found = found if is_between else (*found, part)
    return found
