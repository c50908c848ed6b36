"""Goals of leadline.yml: a metric, for whom, the value to reach, from when until when, and why."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import AfterValidator, Field, model_validator

from orchestration.part import Part

METRICS = Path(__file__).parents[1] / "transforms" / "models" / "metrics"
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_TARGET = re.compile(r"(\d+(?:\.\d+)?)\s*(.*)", re.DOTALL)


def _one_line(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError("is not one line of text")
    return text.strip()


def _no_person(text: str) -> str:
    if "@" in text:
        raise ValueError("is an address; name a team or a role, people are published by pseudonym")
    return _one_line(text)


class Goal(Part):
    """A value to reach; without team and service it is the organisation's.

    `target` is a figure with its unit: `2 d`, `15 %`, `5 per week`.
    """

    metric: str
    target: Annotated[str, AfterValidator(_one_line)]
    team: str | None = None
    service: str | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    owner: Annotated[str, AfterValidator(_no_person)] | None = None
    reason: Annotated[str, AfterValidator(_no_person), Field(max_length=300)] | None = None

    @model_validator(mode="after")
    def _is_for_one_and_runs_forwards(self) -> Self:
        if self.team and self.service:
            raise ValueError("names a team and a service; a goal is for one of them")
        if self.effective_from and self.effective_to and self.effective_to < self.effective_from:
            raise ValueError("has an effective_to before its effective_from")
        unit = metric_units().get(self.metric)
        if unit is None:
            raise ValueError(
                f"metric {self.metric!r} is unknown; known are: {', '.join(sorted(metric_units()))}"
            )
        if unit.direction == "neutral":
            raise ValueError(f"{self.metric} is neither better high nor better low; no goal fits")
        target_value(self.target, unit=unit.unit)
        return self

    @property
    def scope(self) -> tuple[str, str]:
        """Return for what the goal is: kind of scope and its id."""
        if self.service:
            return "service", self.service
        return ("team", self.team) if self.team else ("organisation", "all")

    @property
    def goal_id(self) -> str:
        """Return the key of the goal; another target from a later day is another goal."""
        kind, name = self.scope
        since = f":{self.effective_from}" if self.effective_from else ""
        return f"{self.metric}:{kind}:{name}{since}"


@dataclass(frozen=True)
class Measure:
    """In which unit a metric is published, and which way is better."""

    unit: str
    direction: str


@cache
def metric_units() -> Mapping[str, Measure]:
    """Return unit and direction of every metric, from the YAML beside its model."""
    found = {}
    for file in sorted(METRICS.glob("*.yml")):
        for model in yaml.safe_load(file.read_text(encoding="utf-8"))["models"]:
            meta = model["config"]["meta"]
            found[str(model["name"])] = Measure(str(meta["unit"]), str(meta["direction"]))
    return found


def target_value(text: str, *, unit: str) -> float:
    """Return a target in the metric's unit: seconds, a share from 0 to 1, or the figure itself.

    Errors: ValueError that says how a target of this unit is written.
    """
    found = _TARGET.fullmatch(text.strip())
    figure, word = (float(found[1]), found[2].strip()) if found else (0.0, "?")
    if unit == "seconds" and word in SECONDS:
        return figure * SECONDS[word]
    if unit == "ratio" and word == "%" and figure <= 100:
        return figure / 100
    tail = unit[unit.find("per ") :] if "per " in unit else unit
    if unit not in ("seconds", "ratio") and word in (unit, tail, "h" if unit == "hours" else tail):
        return figure
    examples = {"seconds": "2 d, 4 h or 30 min", "ratio": "15 %"}
    raise ValueError(f"target must be a figure with its unit: {examples.get(unit, f'5 {tail}')}")


def goal_record(goal: Goal) -> dict[str, Any]:
    """Return the record of the catalogue that tells the models about a goal."""
    kind, name = goal.scope
    return {
        "record_type": "goal",
        "goal_id": goal.goal_id,
        "metric": goal.metric,
        "scope": kind,
        "scope_id": name,
        "target_value": target_value(goal.target, unit=metric_units()[goal.metric].unit),
        "target_words": goal.target,
        "effective_from": goal.effective_from.isoformat() if goal.effective_from else None,
        "effective_to": goal.effective_to.isoformat() if goal.effective_to else None,
        "owner": goal.owner,
        "reason": goal.reason,
    }
