"""What every section of leadline.yml shares: strictness, zones and stretches of a day."""

import re
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict


class Part(BaseModel):
    """Base of every section: unknown settings are refused, values are never echoed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is not a time zone such as Europe/Berlin or UTC")
    return name


def _hours(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)", text):
        raise ValueError("is not a stretch of the day such as 09:00-17:00")
    opening, closing = text.split("-")
    if opening >= closing:
        raise ValueError("ends before it begins; working hours lie within one day")
    return text


Zone = Annotated[str, AfterValidator(_zone)]
Hours = Annotated[str, AfterValidator(_hours)]
