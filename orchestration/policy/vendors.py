"""Vendors that services need: their contracts, and where they tell of their work."""

from pydantic import Field

from orchestration.part import Part


class Vendor(Part):
    """One vendor; `services` are patterns, `source` is the source that reads its status page."""

    services: tuple[str, ...] = Field(min_length=1)
    name: str | None = None
    source: str | None = None
    contact: str | None = None
    sla_ratio: float | None = Field(default=None, gt=0, le=1)
    notice_days: float | None = Field(default=None, ge=0)
    excludes_maintenance: bool = False
