"""What controls found, as OSCAL 1.1 assessment results; every key is made from what it names.

Source: NIST OSCAL 1.1.3, assessment-results model.
"""

import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, timedelta
from typing import Any

import polars as pl

from orchestration.evidence.inputs import Inputs, stamp
from orchestration.evidence.verify import state_of

VERSION = "1.1.3"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://leadline.example/evidence")
PROPERTIES = "https://leadline.example/ns/oscal"
# Observations are asked for again after a quarter.
LASTS = timedelta(days=90)
Row = Mapping[str, Any]


def assessment_results(
    inputs: Inputs, *, counts: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the document; `counts` are the verdicts of each control as verify.recount gives."""
    make = _Document(inputs, counts)
    return {
        "assessment-results": {
            "uuid": make.key("document"),
            "metadata": {
                "title": f"Leadline evidence: {inputs.scope.title}",
                "last-modified": inputs.as_of,
                "version": inputs.build.definition_version,
                "oscal-version": VERSION,
            },
            "import-ap": {"href": f"#{make.key('plan')}"},
            "results": [make.result()],
            "back-matter": {
                "resources": [
                    {
                        "uuid": make.key("plan"),
                        "title": "Policy",
                        "description": "The controls, limits and exemptions that were judged by.",
                        "rlinks": [{"href": "./policy.json", "media-type": "application/json"}],
                    }
                ]
            },
        }
    }


class _Document:
    """Makes the parts of one document from the same inputs."""

    def __init__(self, inputs: Inputs, counts: Mapping[str, Mapping[str, Any]]) -> None:
        self.inputs = inputs
        self.counts = counts
        self.seen: dict[str, list[str]] = {}
        self.mapped: dict[str, list[str]] = {}
        for row in inputs.declared["control_frameworks"].iter_rows(named=True):
            name = objective(row["framework"], row["requirement_id"])
            self.mapped.setdefault(row["control_id"], []).append(name)

    def key(self, *parts: object) -> str:
        """Return the key of a thing, the same whenever the same is packed."""
        named = [self.inputs.scope.title, self.inputs.build.fingerprint, *map(str, parts)]
        return str(uuid.uuid5(NAMESPACE, "\n".join(named)))

    def result(self) -> dict[str, Any]:
        """Return the one result: what was reviewed, seen, found and is at risk."""
        inputs = self.inputs
        rows = inputs.results.to_dicts()
        observations = list(self.observations(rows))
        for one in observations:
            self.seen.setdefault(one["props"][0]["value"], []).append(one["uuid"])
        begin = min(one["occurred_at"] for one in rows)
        judged = [one for one in inputs.controls if self.is_judged(one)]
        findings = [self.finding(one, name) for one in judged for name in self.objectives(one)]
        risks = [self.risk(one) for one in judged if self.has_risk(one)]
        found = {
            "uuid": self.key("result"),
            "title": inputs.scope.title,
            "description": "What the controls of Leadline found in the records of the sources.",
            "start": stamp(begin),
            "end": inputs.as_of,
            "local-definitions": {"inventory-items": list(self.items(rows))},
            "reviewed-controls": {"control-selections": [{"include-controls": self.reviewed()}]},
            "observations": observations,
            "findings": findings,
        }
        return found | ({"risks": risks} if risks else {})

    def objectives(self, control: Row) -> list[str]:
        return sorted(set(self.mapped.get(control["control_id"], []))) or [
            objective("leadline", control["control_id"])
        ]

    def reviewed(self) -> list[dict[str, str]]:
        names = {
            name
            for one in self.inputs.controls
            if self.is_judged(one)
            for name in self.objectives(one)
        }
        return [{"control-id": name} for name in sorted(names)]

    def items(self, rows: Iterable[Row]) -> Iterable[dict[str, Any]]:
        """Return each subject once, as something that observations can point at."""
        subjects = {(one["subject_type"], one["subject_id"]) for one in rows}
        for kind, name in sorted(subjects):
            yield {
                "uuid": self.key("subject", kind, name),
                "description": f"{kind} {name}",
                "props": [_property("subject-type", kind), _property("subject-id", name)],
            }

    def observations(self, rows: Iterable[Row]) -> Iterable[dict[str, Any]]:
        """Return one observation of all that passes a control, and one of everything else."""
        groups: dict[tuple[str, str, str], list[Row]] = {}
        for one in rows:
            apart = "" if one["verdict"] == "pass" else f"{one['subject_type']}:{one['subject_id']}"
            groups.setdefault((one["control_id"], one["verdict"], apart), []).append(one)
        for (control, verdict, apart), group in sorted(groups.items()):
            yield self.observation(control, verdict, apart, group)

    def observation(
        self, control: str, verdict: str, apart: str, group: list[Row]
    ) -> dict[str, Any]:
        tables = sorted({key.partition(":")[0] for one in group for key in one["evidence"] or []})
        collected = self.inputs.build.as_of.astimezone(UTC)
        subjects = {(one["subject_type"], one["subject_id"]) for one in group}
        found = {
            "uuid": self.key("observation", control, verdict, apart),
            "title": f"{control}: {verdict}",
            "description": group[0]["reason"] if apart else f"{len(group)} subjects pass.",
            "props": [_property("control", control), _property("verdict", verdict)],
            "methods": ["TEST" if verdict in ("pass", "fail", "warn") else "EXAMINE"],
            "types": ["control-objective"],
            "subjects": [
                {"subject-uuid": self.key("subject", *one), "type": "inventory-item"}
                for one in sorted(subjects)
            ],
            "collected": stamp(collected),
            "expires": stamp(collected + LASTS),
        }
        if tables:
            found["relevant-evidence"] = [
                {"href": f"./extracts/{table}.csv", "description": f"Rows of {table}."}
                for table in tables
                if table in self.inputs.extracts
            ] or [{"description": "The rows that are named are not in this package."}]
        return found

    def finding(self, control: Row, target: str) -> dict[str, Any]:
        name = control["control_id"]
        verdicts = self.counts[name]["verdicts"]
        state, reason = state_of(verdicts)
        said = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
        found = {
            "uuid": self.key("finding", name, target),
            "title": control["title"] or name,
            "description": f"{control['question'] or name} {said}.",
            "props": [_property("control", name)],
            "target": {
                "type": "objective-id",
                "target-id": target,
                "status": {"state": state, "reason": reason},
            },
            "related-observations": [{"observation-uuid": one} for one in self.seen.get(name, [])],
        }
        if self.has_risk(control):
            found["related-risks"] = [{"risk-uuid": self.key("risk", name)}]
        return found

    def is_judged(self, control: Row) -> bool:
        found = self.counts.get(control["control_id"])
        return found is not None and bool(state_of(found["verdicts"])[0])

    def has_risk(self, control: Row) -> bool:
        verdicts = self.counts[control["control_id"]]["verdicts"]
        return bool(verdicts.get("fail") or verdicts.get("exempt"))

    def risk(self, control: Row) -> dict[str, Any]:
        """Return a risk that is open, or was taken on by a live exemption."""
        name = control["control_id"]
        verdicts = self.counts[name]["verdicts"]
        is_open = bool(verdicts.get("fail"))
        rows = self.inputs.results.filter(
            (pl.col("control_id") == name) & pl.col("verdict").is_in(["fail", "exempt"])
        )
        return {
            "uuid": self.key("risk", name),
            "title": f"{control['title'] or name} does not hold everywhere",
            "description": f"{rows.height} subjects do not meet it.",
            "statement": " ".join(rows["reason"].drop_nulls().head(20).to_list()) or "No reason.",
            "status": "open" if is_open else "deviation-approved",
        }


def objective(framework: str, identifier: str) -> str:
    """Return an id that OSCAL admits: NIST's own as its catalogue has it, others with their name.

    CM-3(2) of NIST 800-53 is cm-3.2; 6.5.1 of PCI DSS is pci-dss-6.5.1.
    """
    plain = re.sub(r"\((\w+)\)", r".\1", identifier).lower()
    if re.search(r"800-?53", framework):
        return re.sub(r"[^a-z0-9.-]+", "-", plain).strip("-.")
    return re.sub(r"[^a-z0-9.]+", "-", f"{framework}-{plain}".lower()).strip("-.")


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": PROPERTIES, "value": value or "-"}
