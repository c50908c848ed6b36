"""Who may decide what: people by their id, login or address, for each role."""

from pydantic import Field

from orchestration.part import Part


class Approvers(Part):
    """The people who have a role, each by any name under which sources speak of them."""

    people: tuple[str, ...] = Field(min_length=1)
