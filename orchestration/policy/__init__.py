"""What the organisation asks of releases: policy.yml, beside leadline.yml.

Each section is a mapping from a key to its settings. The models read it as records of the
catalogue, so that a policy of the past is known as it stood.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import Field

from orchestration.part import Part
from orchestration.policy.approvers import Approvers
from orchestration.policy.base_images import BaseImage
from orchestration.policy.calendar import Window
from orchestration.policy.cmdb import Cmdb
from orchestration.policy.controls import ControlBinding
from orchestration.policy.delegates import Delegates
from orchestration.policy.entitlements import Entitlement
from orchestration.policy.provenance import Provenance
from orchestration.policy.readiness import ReadinessItem, ReadinessRole
from orchestration.policy.required_gates import RequiredGate
from orchestration.policy.reviews import ReviewRule, ReviewTrigger
from orchestration.policy.signing import Signing
from orchestration.policy.standard_changes import StandardChange
from orchestration.policy.thresholds import Threshold
from orchestration.policy.vendors import Vendor
from orchestration.policy.versioning import Versioning

POLICY_FILE = "policy.yml"
Record = dict[str, Any]


class Policy(Part):
    """Everything that policy.yml says; what it leaves out is Leadline's default."""

    thresholds: dict[str, Threshold] = Field(default_factory=dict)
    controls: dict[str, ControlBinding] = Field(default_factory=dict)
    approvers: dict[str, Approvers] = Field(default_factory=dict)
    delegates: dict[str, Delegates] = Field(default_factory=dict)
    versioning: dict[str, Versioning] = Field(default_factory=dict)
    provenance: dict[str, Provenance] = Field(default_factory=dict)
    base_images: dict[str, BaseImage] = Field(default_factory=dict)
    cmdb: dict[str, Cmdb] = Field(default_factory=dict)
    entitlements: dict[str, Entitlement] = Field(default_factory=dict)
    standard_changes: dict[str, StandardChange] = Field(default_factory=dict)
    required_gates: dict[str, RequiredGate] = Field(default_factory=dict)
    readiness: dict[str, ReadinessItem] = Field(default_factory=dict)
    readiness_roles: dict[str, ReadinessRole] = Field(default_factory=dict)
    signing: dict[str, Signing] = Field(default_factory=dict)
    calendar: dict[str, Window] = Field(default_factory=dict)
    vendors: dict[str, Vendor] = Field(default_factory=dict)
    reviews: dict[ReviewTrigger, ReviewRule] = Field(default_factory=dict)


def policy_records(policy: Policy) -> Iterator[Record]:
    """Yield a policy as records of the catalogue: section, key and settings as JSON."""
    for section in type(policy).model_fields:
        parts: Mapping[str, Part] = getattr(policy, section)
        for key, part in sorted(parts.items()):
            settings = part.model_dump(mode="json", exclude_none=True)
            yield {
                "record_type": "policy",
                "name": section,
                "key": key,
                "value": json.dumps(settings, ensure_ascii=False, sort_keys=True),
            }


def policy_digest(policy: Policy) -> str:
    """Return the SHA-256 of what a policy says, in hex."""
    return records_digest(list(policy_records(policy)))


def records_digest(records: Iterable[Record]) -> str:
    """Return the SHA-256 of the records of a policy, in hex; their order does not matter."""
    ordered = sorted(records, key=lambda row: (str(row["name"]), str(row["key"])))
    text = json.dumps(ordered, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
