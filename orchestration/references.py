"""Secrets stand in leadline.yml as references only: `${ENV_NAME}` or `file:PATH`.

A secret that is written out is refused with its line; neither it nor any part of it is echoed.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from orchestration.yaml_lines import Document, Place

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET_NAME = re.compile(
    r"(token|password|passwd|secret|credential|api_?key|private_?key|authorization)s?$",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"^(gh[pousr]_|github_pat_|glpat-|xox[a-z]-|AKIA[0-9A-Z]{12}|-----BEGIN |Bearer |Basic )"
    r"|://[^/@\s:]+:[^/@\s]+@"
)


def refuse_literals(document: Document, *, secret_places: frozenset[Place] = frozenset()) -> None:
    """Refuse every secret that stands in the document itself.

    A value is a secret when the connector says so, when its name does, or when it looks like one.
    Errors: ConfigurationError with the line, never the value.
    """
    for place, value in _leaves(document.values, ()):
        named = bool(place) and bool(_SECRET_NAME.search(str(place[-1])))
        looks = isinstance(value, str) and bool(_SECRET_VALUE.search(value))
        if (named or looks or place in secret_places) and not is_reference(value):
            raise document.error(
                place,
                "holds a secret itself; write ${ENV_NAME} or file:PATH in its place",
            )


def is_reference(value: object) -> bool:
    """Say whether a value only names where a secret is."""
    if value is None:
        return True
    return isinstance(value, str) and bool(_VARIABLE.fullmatch(value) or value.startswith("file:"))


def resolve(
    value: object, *, place: Place, document: Document, environ: Mapping[str, str]
) -> object:
    """Return a value with its references replaced by what they name.

    Errors: ConfigurationError naming the line and the variable or file that is missing.
    """
    if isinstance(value, dict):
        return {
            key: resolve(one, place=(*place, key), document=document, environ=environ)
            for key, one in value.items()
        }
    if isinstance(value, list):
        return [
            resolve(one, place=(*place, at), document=document, environ=environ)
            for at, one in enumerate(value)
        ]
    if not isinstance(value, str):
        return value
    if value.startswith("file:"):
        return _read_secret(Path(value.removeprefix("file:")).expanduser(), place, document)

    def variable(found: re.Match[str]) -> str:
        name = found.group(1)
        if not environ.get(name):
            raise document.error(place, f"needs the environment variable {name}; set it")
        return environ[name]

    return _VARIABLE.sub(variable, value)


def variables(value: object) -> list[str]:
    """Return the names of the environment variables that a value (of any depth) refers to."""
    found = [
        name
        for _, one in _leaves(value, ())
        if isinstance(one, str)
        for name in _VARIABLE.findall(one)
    ]
    return sorted(set(found))


def _read_secret(path: Path, place: Place, document: Document) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise document.error(place, f"names the file {path}, which cannot be read") from None
    if not text:
        raise document.error(place, f"names the file {path}, which is empty")
    return text


def _leaves(value: object, place: Place) -> list[tuple[Place, object]]:
    if isinstance(value, dict):
        return [leaf for key, one in value.items() for leaf in _leaves(one, (*place, str(key)))]
    if isinstance(value, list):
        return [leaf for at, one in enumerate(value) for leaf in _leaves(one, (*place, at))]
    return [(place, value)]
