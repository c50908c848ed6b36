"""By what was judged: the controls, their limits with who set them, and who was let off."""

from datetime import date, datetime
from typing import Any

from orchestration.evidence.inputs import DECLARED, Inputs, stamp


def policy_document(inputs: Inputs) -> dict[str, Any]:
    """Return what the controls were judged by, in a form that has one way to be written."""
    return {
        name: [
            {column: _plain(value) for column, value in row.items()}
            for row in inputs.declared[name].sort(_key(name)).iter_rows(named=True)
        ]
        for name in DECLARED
    }


def _key(name: str) -> list[str]:
    return {
        "control_definitions": ["control_id"],
        "control_frameworks": ["control_id", "framework", "requirement_id"],
        "thresholds": ["threshold_key"],
        "exemptions": ["exemption_id"],
    }[name]


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; instants are UTC."""
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value
