"""The leadline.yml that `leadline init` writes: every section, commented, nothing secret."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.settings import known_connectors

TEMPLATE = """\
# yaml-language-server: $schema={schema}
# The systems and the company that Leadline reads. Check it with `leadline doctor`.
# Secrets never stand here: write ${ENV_NAME} or file:PATH, Leadline refuses anything else.

organisation:
  name: My organisation
  # pages_url: https://leadline.acme.example  # where people open the pages; stands in messages
  report_timezone: Europe/Berlin   # days, weeks and months are cut in this zone
  # holiday_country: DE             # its public holidays are no working days
  # holiday_subdivision: BY
  # working_days: [mon, tue, wed, thu, fri]
  # working_hours: 09:00-17:00      # local time; for the views in working time
  # fiscal_year_start_month: 4      # adds fiscal quarters and years when it is not January

network:
  # Sources at public addresses need no entry; name those in your own network here.
  # private_hosts: [servicenow.acme.internal, 10.20.0.0/16, localhost]

sources:
  # One section a system; the name is yours, `kind` says what it is (left out: the name).
  # git:
  #   path: ../my-repository        # a clone or a bare mirror; tags are its deployments
  #   tag_pattern: 'v?\\d+\\.\\d+\\.\\d+'  # must match the whole name of the tag
  #   git_environment: production
  # github:
  #   organisation: acme
  #   token: ${GITHUB_TOKEN}        # read access to repositories, actions and deployments
  #   expected_sync_hours: 24       # Data health warns when the last success is older
  # servicenow:
  #   base_url: https://acme.service-now.com
  #   username: leadline
  #   password: ${SERVICENOW_PASSWORD}
  # pagerduty:
  #   token: ${PAGERDUTY_TOKEN}
  # prometheus:
  #   base_url: https://prometheus.acme.example
  #   token: ${PROMETHEUS_TOKEN}    # or username and password, for the proxy in front of it
  #   alert_service_label: service  # the label that names the service; without it, job
  # alertmanager:
  #   base_url: http://localhost:9093
  #   plain_http_hosts: [localhost] # http only to hosts that are named here
  # junit:
  #   path: ../reports              # a folder or a glob of JUnit XML files
{others}
teams:
  # - id: checkout
  #   name: Checkout
  #   timezone: Europe/Berlin       # where its calendar differs from the organisation's
  #   holiday_country: DE
  #   working_hours: 08:00-16:00

services:
  # A service is what is deployed and owned. Its aliases are its names in the other systems.
  # - id: checkout-api
  #   name: Checkout API
  #   team: checkout
  #   tier: 1                       # 1 (most critical) to 4
  #   repositories: [acme/checkout]
  #   paths: [services/checkout/**, libraries/**]  # where services share a repository: its parts
  #   aliases: [Checkout]           # configuration item, PagerDuty service
  #   depends_on: [payments-api]
  #   owners:                       # instead of `team`, where ownership has changed
  #     - {team: checkout, effective_from: 2025-07-01}
  #   active_from: 2025-07-01       # left out: from its first deployment on
  #   active_to: 2026-06-30         # last day; left out: still active

people:
  # One person is one pseudonym, whatever it is called; the names stay in the lake.
  # - id: ada
  #   kind: human                   # human, bot or service; only humans count as reviewers
  #   logins: [ada, alovelace]
  #   addresses: [ada@acme.example]
  #   sso_ids: [PU1X2Y]             # ids of users in PagerDuty, ServiceNow and others

environments:
  production: production            # name in the source: production, staging, test or development
  staging: staging

goals:
  # A value to reach; without team or service it is the organisation's.
  # - metric: lead_time_for_changes
  #   target: 2 d                   # with its unit: 2 d, 4 h, 15 %, 5 per week
  #   team: checkout                # or service
  #   effective_from: 2026-01-01    # left out: always was; effective_to is its last day
  #   owner: Release management     # a team or a role, no person
  #   reason: Customers wait for fixes

channels:
  # Where messages go; nothing is sent before an alert or a report names a channel.
  # release-mail:
  #   kind: mail
  #   host: smtp.acme.example
  #   port: 587
  #   security: starttls            # or tls; none only for hosts below network: private_hosts
  #   username: leadline
  #   password: ${SMTP_PASSWORD}
  #   sender: leadline@acme.example
  #   to: [releases@acme.example]
  # chat:
  #   kind: webhook
  #   url: ${CHAT_WEBHOOK}          # such an address is a secret
  #   format: text                  # what Slack and Teams take; json has key, subject and lines
  #   secret: ${CHAT_SECRET}        # signs the body: X-Leadline-Signature: sha256=...

alerts:
  # Each signal is told once; all that is new after a publish is one message a channel.
  # - channels: [chat]
  #   rules: [beyond_limit, run_of_8, change_point, clear_change, goal_verdict, late_source,
  #           restatement, audit_blocked]  # left out: all of them
  #   metrics: [lead_time_for_changes, change_failure_rate]  # left out: the six of the summary
  #   has_organisation: true
  #   teams: [checkout]             # and these teams and services
  #   quiet_hours: 20:00-07:00      # what comes up then waits until they end

reports:
  # - name: weekly
  #   channels: [release-mail]
  #   formats: [pdf]                # html, pdf, pptx, markdown; a webhook gets a link
  #   team: checkout                # left out: everything
  #   period: 90 days
  #   every: week                   # or month, with a day from 1 to 28
  #   day: mon
  #   at: "08:00"                   # in the report zone

settings:
  # hotfix_pattern: 'hotfix/.*'     # which branches or tags are hotfixes
  # github_deploy_workflow_pattern: 'deploy.*'
  # deploy_job_pattern: '(?i)deploy.*prod'  # its failure counts though the run is green
  # verification_job_pattern: '(?i)smoke|verif|post.?deploy'
  # partial_counts_as_failure: false
  # bot_pattern: 'svc-.*|deploy'   # whole logins in lower case; [bot] needs none
"""


def render_template(schema: Path) -> str:
    """Return the commented settings, with every kind of source and the schema for editors."""
    kinds = known_connectors()
    others = [kind for kind in sorted(kinds) if f"  # {kind}:" not in TEMPLATE]
    shown = "".join(_example(kind, kinds[kind]) for kind in others)
    return TEMPLATE.replace("{others}", shown).replace("{schema}", schema.as_uri())


def _example(kind: str, module: Any) -> str:
    """Return a commented section with what a kind of source needs.

    A connector's `EXAMPLE` says what its required settings alone do not.
    """
    about = (module.__doc__ or "").strip().splitlines()[0].rstrip(".")
    given: Mapping[str, str] = getattr(module, "EXAMPLE", {})
    needed = {
        name: _value(kind, name, is_secret="Secret" in str(field.annotation))
        for name, field in module.Config.model_fields.items()
        if field.is_required() or (not given and name in ("token", "api_key"))
    }
    lines = [f"{kind}:  # {about[0].lower()}{about[1:]}"]
    lines += [f"  {name}: {value}" for name, value in {**needed, **given}.items()]
    return "".join(f"  # {line}\n" for line in lines)


def _value(kind: str, name: str, *, is_secret: bool) -> str:
    if is_secret:
        return f"${{{kind.upper()}_{name.upper()}}}"
    if name.endswith("url"):
        return f"https://{kind.replace('_', '-')}.acme.example"
    return "../reports" if name == "path" else "acme"
