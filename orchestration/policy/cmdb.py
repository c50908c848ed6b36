"""Which fields of the CMDB are governed, required and recommended."""

from pydantic import Field

from orchestration.part import Part


class Cmdb(Part):
    """The fields of a class of configuration items, or of all (`*`)."""

    governed: tuple[str, ...] = Field(default=("owner",))
    required: tuple[str, ...] = Field(default=("name", "class_name", "operational_status"))
    recommended: tuple[str, ...] = Field(default=("owner", "environment_name"))
