"""Which controls a gate asks, where the organisation wants it otherwise than Leadline ships it."""

from typing import Literal

from pydantic import Field

from orchestration.part import Part


class ControlBinding(Part):
    """Whether a gate requires a control, only tells of it, or does not ask it, and why."""

    gate: Literal["required", "advisory", "none"]
    reason: str = Field(min_length=1)
