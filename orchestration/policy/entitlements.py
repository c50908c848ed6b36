"""What roles of other systems are: whose they are and what they allow."""

from typing import Literal

from pydantic import Field

from orchestration.part import Part

Kind = Literal["developer", "operator", "auditor", "service"]
Tier = Literal[1, 2, 3, 4]


class Entitlement(Part):
    """A role, by its name in the system that grants it, in place of Leadline's of that name."""

    kind: Kind
    writes: bool = False
    deploys_to_production: bool = False
    edits_policy: bool = False
    approves_tiers: tuple[Tier, ...] = Field(default=())
