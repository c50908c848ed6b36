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
from orchestration.policy.reviews import ReviewRule, ReviewTrigger
from orchestration.policy.thresholds import Threshold

POLICY_FILE = "policy.yml"
Record = dict[str, Any]


class Policy(Part):
    """Everything that policy.yml says; what it leaves out is Leadline's default."""

    thresholds: dict[str, Threshold] = Field(default_factory=dict)
    approvers: dict[str, Approvers] = Field(default_factory=dict)
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
