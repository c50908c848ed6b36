"""The leadline.yml of the sample company, written from its own plain data."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from data.sandbox import company
from data.sandbox.world import Tokens

_HEAD = """\
# The sample company. `leadline demo` reads it over HTTP from servers on this machine, which it
# starts for that purpose and which know the references below.
"""


_POLICY_HEAD = """\
# What the sample company asks of its releases.
"""


def render_settings(catalogue: Mapping[str, object], *, reports: Path) -> str:
    """Return the sample company's settings in the format of leadline.yml.

    `reports` is the folder with its test reports.
    """
    sources = {
        "github": {
            "organisation": company.ORGANISATION,
            "base_url": "${SANDBOX_URL}/github",
            "token": "${SANDBOX_GITHUB_TOKEN}",
            # The sample company neither checks commits nor approves runs on its host.
            "check_run_budget": 0,
            "approvals": False,
        },
        "servicenow": {
            "base_url": "${SANDBOX_URL}/servicenow",
            "username": "${SANDBOX_SERVICENOW_USER}",
            "password": "${SANDBOX_SERVICENOW_PASSWORD}",
        },
        "pagerduty": {
            "base_url": "${SANDBOX_URL}/pagerduty",
            "token": "${SANDBOX_PAGERDUTY_TOKEN}",
        },
        "junit": {"path": str(reports)},
    }
    values = {**catalogue, "sources": sources}
    return _HEAD + yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


def render_policy(policy: Mapping[str, object]) -> str:
    """Return the sample company's policy in the format of policy.yml."""
    return _POLICY_HEAD + yaml.safe_dump(policy, sort_keys=False, allow_unicode=True)


def environment(base_url: str, *, tokens: Tokens) -> Mapping[str, str]:
    """Return what the references in these settings stand for while the servers run."""
    return {
        "SANDBOX_URL": base_url,
        "SANDBOX_GITHUB_TOKEN": tokens.github,
        "SANDBOX_SERVICENOW_USER": tokens.servicenow_user,
        "SANDBOX_SERVICENOW_PASSWORD": tokens.servicenow_password,
        "SANDBOX_PAGERDUTY_TOKEN": tokens.pagerduty,
    }
