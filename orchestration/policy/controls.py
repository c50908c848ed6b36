"""Which controls a gate asks, where the organisation wants it otherwise than Leadline ships it."""

from functools import cache
from typing import Literal

from pydantic import Field

from orchestration.part import Part
from orchestration.versions import TRANSFORMS

FOLDER = TRANSFORMS / "models" / "controls"
PREFIX = "control_"


class ControlBinding(Part):
    """Whether a gate requires a control, only tells of it, or does not ask it, and why."""

    gate: Literal["required", "advisory", "none"]
    reason: str = Field(min_length=1)


@cache
def known_controls() -> frozenset[str]:
    """Return the names of the controls that there are, as pages and gates call them."""
    return frozenset(file.stem.removeprefix(PREFIX) for file in FOLDER.glob(f"{PREFIX}*.sql"))
