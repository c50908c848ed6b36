"""What the provenance of a service's artifacts has to say: who built them, how, from what."""

from pydantic import Field

from orchestration.part import Part


class Builder(Part):
    """A builder that is trusted, and the SLSA level that it is trusted for."""

    id: str = Field(min_length=1)
    level: int = Field(ge=0, le=3)


class Provenance(Part):
    """What is expected of the builds of a service, or of all (`*`)."""

    builders: tuple[Builder, ...] = Field(min_length=1)
    minimum_level: int = Field(default=2, ge=0, le=3)
    build_types: tuple[str, ...] = ()
    # External parameters by name with the value that is expected; `*` takes any. Others fail.
    parameters: dict[str, str] = Field(default_factory=dict)
