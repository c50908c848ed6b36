"""Vendors that services need: their contracts, and where they tell of their work."""

from typing import Self

from pydantic import Field, model_validator

from orchestration.catalogue import refuse_unknown_holidays
from orchestration.part import Part, Zone


class Vendor(Part):
    """One vendor; `services` are patterns, `source` is the source that reads its status page.

    `contact` acknowledges planned change requests some working days ahead: Monday to Friday in
    the vendor's zone, without the holidays of its country where one is stated.
    """

    services: tuple[str, ...] = Field(min_length=1)
    name: str | None = None
    source: str | None = None
    contact: str | None = None
    sla_ratio: float | None = Field(default=None, gt=0, le=1)
    notice_days: float | None = Field(default=None, ge=0)
    excludes_maintenance: bool = False
    zone: Zone | None = None
    holiday_country: str | None = None
    holiday_subdivision: str | None = None

    @model_validator(mode="after")
    def _has_known_holidays(self) -> Self:
        refuse_unknown_holidays(self.holiday_country, self.holiday_subdivision)
        return self
