"""How a service numbers its versions, and whether it is built once for all environments."""

from typing import Literal

from pydantic import Field

from orchestration.part import Part


class Versioning(Part):
    """What the versions of a service, or of all (`*`), are held against."""

    scheme: Literal["semver", "date"] = "semver"
    kind: Literal["library", "api", "service"] = "service"
    # Why it is built for each environment; without a reason one release is one digest.
    builds_per_environment: str | None = Field(default=None, min_length=1)
