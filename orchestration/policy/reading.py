"""Read policy.yml; a file that is not there is a policy of defaults."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from orchestration.errors import ConfigurationError
from orchestration.policy import Policy
from orchestration.policy.controls import known_controls
from orchestration.policy.thresholds import known_thresholds
from orchestration.spelling import meant
from orchestration.yaml_lines import Document, Place, read_document, validation_error


def read_policy(file: Path) -> Policy:
    """Return what policy.yml says.

    Errors: ConfigurationError with file, line and setting.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Policy()
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigurationError(f"{file} cannot be read; correct its permissions.") from exc
    return parse_policy(read_document(text, name=file.name), folder=file.parent)


def parse_policy(document: Document, *, folder: Path | None = None) -> Policy:
    """Return the policy that a document holds; files that it names lie in the folder.

    Errors: ConfigurationError with file, line and setting.
    """
    values = {key: value for key, value in document.values.items() if value is not None}
    try:
        policy = Policy.model_validate(values, context={"folder": folder})
    except ValidationError as exc:
        raise validation_error(document, (), exc) from None
    for place, name, known in _named(policy):
        if name not in known:
            raise document.error(place, f"is unknown; {meant(name, known)}")
    return policy


def _named(policy: Policy) -> Iterator[tuple[Place, str, frozenset[str]]]:
    """Yield where a policy names a threshold or a control, the name, and the names there are."""
    for key in policy.thresholds:
        yield ("thresholds", key), key, known_thresholds()
    for key in policy.controls:
        yield ("controls", key), key, known_controls()
    for key, item in policy.readiness.items():
        if item.control is not None:
            yield ("readiness", key, "control"), item.control, known_controls()
