"""Templates of standard changes that may be used: approved once, repeated without a board."""

from datetime import date

from pydantic import Field

from orchestration.part import Part


class StandardChange(Part):
    """A template by the name that change requests carry, and the days on which it is live."""

    title: str = Field(min_length=1)
    live_from: date | None = None
    live_until: date | None = None
