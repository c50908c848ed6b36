{{ control(subject="deployment") }}

{# The worst of the seven checks of each use decides; every failing one is said. #}
{%- set checks = {
    "incident": "no severe incident of the service was open when it began",
    "grant": "the emergency grant did not hold when it began",
    "granter": "who granted it may not, or took part in it",
    "approval": "its approval afterwards is late or missing",
    "review": "its review is late or missing",
    "trail": "its trail has a gap",
    "debt": "what was left out of the normal way was not made up for",
} -%}
with
    uses as (select * from {{ ref("emergency_register") }}),
    checks as (
        {%- for check, words in checks.items() %}
            select
                deployment_id,
                {{ loop.index }} as check_order,
                {{ check }}_check as code,
                {{ check }}_verdict as verdict,
                {{ text_literal(words) }} as words
            from uses
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    ),
    ranked as (
        select
            *,
            case
                verdict
                when 'fail'
                then 1
                when 'no_data'
                then 2
                when 'inconclusive'
                then 3
                when 'warn'
                then 4
                else 5
            end as severity_order
        from checks
    ),
    summed as (
        select
            deployment_id,
            arg_min(verdict, (severity_order, check_order)) as verdict,
            arg_min(code, (severity_order, check_order)) as code,
            count(case when verdict = 'fail' then 1 end) as failed_count,
            string_agg(replace(code, '_', ' '), ', ' order by check_order) filter (
                where verdict <> 'pass'
            ) as findings,
            arg_min(words, (severity_order, check_order)) as words
        from ranked
        group by deployment_id
    )
select
    uses.deployment_id as subject_id,
    uses.service_id,
    uses.team_id,
    uses.environment_id,
    uses.started_at as occurred_at,
    summed.verdict,
    case
        when summed.verdict = 'pass' then 'in_order' else summed.code
    end as reason_code,
    case
        when summed.verdict = 'pass'
        then 'The emergency was granted, approved, reviewed and documented in time.'
        when summed.verdict = 'fail'
        then
            upper(summed.words[1])
            || summed.words[2:]
            || '. Open or failed: '
            || summed.findings
            || '.'
        else 'Open or not known: ' || summed.findings || '.'
    end as reason,
    list_filter(
        [
            'emergency_register:' || uses.deployment_id,
            'change_requests:' || uses.change_request_id,
            'exemptions:' || uses.exemption_id,
            'fct_incidents:' || uses.incident_id,
            'approvals:' || uses.approval_id,
            'review_records:' || uses.review_record_id
        ],
        lambda one:one is not null
    ) as evidence,
    summed.failed_count as value,
    0 as threshold
from uses
inner join summed on uses.deployment_id = summed.deployment_id
