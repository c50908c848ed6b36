"""Read policy.yml; a file that is not there is a policy of defaults."""

from pathlib import Path

from pydantic import ValidationError

from orchestration.errors import ConfigurationError
from orchestration.policy import Policy
from orchestration.policy.thresholds import known_thresholds
from orchestration.yaml_lines import Document, read_document, validation_error


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
    for key in policy.thresholds:
        if key not in known_thresholds():
            raise document.error(
                ("thresholds", key),
                f"is unknown; known are: {', '.join(sorted(known_thresholds()))}",
            )
    return policy
