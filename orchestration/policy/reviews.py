"""Why a review after implementation is required, and how long each reason leaves for it."""

from typing import Literal

from pydantic import Field

from orchestration.part import Part

ReviewTrigger = Literal[
    "failed",
    "failed_low_severity",
    "rolled_back",
    "emergency",
    "tier_1_release",
    "degradation",
    "data_loss",
    "slow_resolution",
    "monitoring_failure",
]


class ReviewRule(Part):
    """One reason: whether it requires a review, until when, and on which clock.

    Units: `due_hours` are hours of the clock; `business_hours` are those of the owning team.
    """

    is_required: bool = True
    clock: Literal["calendar", "business_hours"] = "calendar"
    due_hours: float | None = Field(default=None, gt=0)
    words: tuple[str, ...] | None = Field(default=None, min_length=1)
