"""Gates that must have passed before a deployment, and by what their runs are known."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from connectors._contract import Pattern
from orchestration.part import Part


def _looks_nowhere_else(text: str) -> str:
    if re.search(r"\(\?<?[=!]|\\[1-9]", text):
        raise ValueError("looks ahead or back, which patterns of names here cannot")
    return text


NamePattern = Annotated[Pattern, AfterValidator(_looks_nowhere_else)]


class RequiredGate(Part):
    """One gate. Patterns are regular expressions over whole names, whatever their case."""

    title: str | None = None
    jobs: NamePattern | None = None
    runs: NamePattern | None = None
    suites: NamePattern | None = None
    measures: NamePattern | None = None
    attestations: NamePattern | None = None
    tiers: tuple[Annotated[int, Field(ge=1, le=4)], ...] = ()
    environments: tuple[str, ...] = ()
    evidence: Literal["tests", "dependencies"] = "tests"
    max_age_hours: float | None = Field(default=None, gt=0)
    covers: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_known_by_something(self) -> "RequiredGate":
        if not any((self.jobs, self.runs, self.suites, self.measures, self.attestations)):
            raise ValueError("name its jobs, runs, suites, measures or attestations")
        return self
