"""Who stands in for whom: each person with delegates, by id, login or address."""

from pydantic import Field

from orchestration.part import Part


class Delegates(Part):
    """Who stands in for one person; of him and them, one approval of an override counts."""

    people: tuple[str, ...] = Field(min_length=1)
