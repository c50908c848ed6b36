"""The checklist of a readiness review: what is asked of a release before production."""

from typing import Literal

from pydantic import Field, model_validator

from orchestration.part import Part


class ReadinessItem(Part):
    """One item of the checklist and how it is judged.

    control: by the control of that name. sign_off: somebody scores it. evidence: the same, and a
    score counts only with an address of the evidence. measure: by the newest measure of quality of
    that name. rollback: by a rehearsal of the way back. on_call: by who is on call at the start.
    `urgent_work_passes`: a release of nothing but work of the highest priority or for security
    passes an item that a measure judges, such as a spent error budget.
    """

    title: str
    judged_by: Literal["control", "sign_off", "evidence", "measure", "rollback", "on_call"]
    control: str | None = None
    measure: str | None = None
    weight: float = Field(default=1, gt=0)
    veto: bool = False
    owner_role: str | None = None
    tiers: tuple[int, ...] = ()
    emergency: bool = False
    urgent_work_passes: bool = False

    @model_validator(mode="after")
    def _names_what_judges_it(self) -> "ReadinessItem":
        for kind in ("control", "measure"):
            if (self.judged_by == kind) != bool(getattr(self, kind)):
                raise ValueError(f"`{kind}` names the {kind} of an item that is judged by one")
        if self.urgent_work_passes and self.judged_by != "measure":
            raise ValueError("`urgent_work_passes` is for an item that is judged by a measure")
        return self


class ReadinessRole(Part):
    """A role whose approval a release needs: one person of it, bound to the digest."""

    tiers: tuple[int, ...] = ()
    emergency: bool = True
