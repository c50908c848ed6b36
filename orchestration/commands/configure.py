"""The commands init and schema."""

import sys
from pathlib import Path

from orchestration.commands.terminal import open_context, say
from orchestration.errors import ConfigurationError
from orchestration.schema import SCHEMA_FILE, render_policy_schema, render_schema
from orchestration.template import render_template

ROLES_TEMPLATE = Path(__file__).resolve().parents[1] / "roles_template.yml"


def init(*, file: Path | None, force: bool) -> None:
    """Write a commented leadline.yml.

    Errors: ConfigurationError when the file is there and `force` is not given.
    """
    target = file or open_context().environment.config
    _write_new(target, render_template(SCHEMA_FILE), force=force)
    say(f"Wrote {target}. Fill in your sources, then `leadline doctor` and `leadline run`.")


def init_roles(*, file: Path | None, force: bool) -> None:
    """Write a commented roles.yml.

    Errors: ConfigurationError when the file is there and `force` is not given.
    """
    target = file or open_context().environment.roles
    _write_new(target, ROLES_TEMPLATE.read_text("utf-8"), force=force)
    say(f"Wrote {target}. Fill in your provider and groups, then `leadline doctor`.")


def _write_new(target: Path, text: str, *, force: bool) -> None:
    if target.exists() and not force:
        raise ConfigurationError(f"{target} is already there; write over it with --force.")
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise ConfigurationError(f"{target} cannot be written; make its folder writable.") from exc


def schema(*, out: Path | None, is_of_policy: bool) -> None:
    """Write the JSON Schema of leadline.yml or policy.yml to a file, or show it."""
    text = render_policy_schema() if is_of_policy else render_schema()
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise ConfigurationError(f"{out} cannot be written; make its folder writable.") from exc
    say(f"Wrote {out}.")
