"""Sections of the policy about versions, provenance and the CMDB refuse what cannot be meant."""

import pytest
from pydantic import ValidationError

from orchestration.policy import Policy, policy_records

BUILDER = {"id": "https://builder.test", "level": 3}


def test_sections_become_records_of_the_catalogue() -> None:
    policy = Policy.model_validate(
        {
            "versioning": {"checkout": {"scheme": "date"}},
            "provenance": {"*": {"builders": [BUILDER], "parameters": {"ref": "main"}}},
            "cmdb": {"*": {"governed": ["owner", "class_name"]}},
        }
    )
    records = {(one["name"], one["key"]): one["value"] for one in policy_records(policy)}
    assert '"scheme": "date"' in records["versioning", "checkout"]
    assert '"minimum_level": 2' in records["provenance", "*"]
    assert '"governed": ["owner", "class_name"]' in records["cmdb", "*"]


@pytest.mark.parametrize(
    "section",
    [
        {"versioning": {"checkout": {"scheme": "whatever"}}},
        {"versioning": {"checkout": {"builds_per_environment": ""}}},
        {"provenance": {"*": {"builders": []}}},
        {"provenance": {"*": {"builders": [{"id": "b", "level": 4}]}}},
        {"cmdb": {"*": {"owner": "platform"}}},
    ],
)
def test_what_cannot_be_meant_is_refused(section: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate(section)
