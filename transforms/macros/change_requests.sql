{#
  The change requests of deployments, by the first rule that finds any: (1) named by the
  deployment's record, or by a change or commit that it brought, and (2) naming the deployment
  itself, both certain; (3) of the same service, planned for when a production deployment began,
  give or take a quarter of an hour, and the only one. `deployments` has deployment_id,
  attempt_ids, service_id, environment_tier, change_request_number, repository, commit_sha and
  started_at; the same text links one that has not happened yet.
#}
{% macro request_links(deployments) -%}
(
    with
        asked as (select * from {{ deployments }}),
        requests as (
            select
                change_request_id,
                upper(number) as request_key,
                correlation_id,
                service_id,
                planned_start_at,
                planned_end_at,
                {{ request_phase("state") }} = 'cancelled' as is_cancelled
            from {{ ref("change_requests") }}
            where is_current and not is_deleted
        ),
        named as (
            select asked.deployment_id, requests.change_request_id, 'deployment_record' as method
            from asked
            inner join requests on upper(asked.change_request_number) = requests.request_key
            union all
            select asked.deployment_id, mentions.change_request_id, mentions.method
            from asked
            inner join
                {{ ref("change_request_mentions") }} as mentions
                on asked.repository = mentions.repository
                and asked.commit_sha = mentions.commit_sha
            union all
            select asked.deployment_id, mentions.change_request_id, mentions.method
            from {{ ref("change_request_mentions") }} as mentions
            inner join
                {{ ref("fct_commits") }} as commits
                on mentions.repository = commits.repository
                and mentions.commit_sha = commits.commit_sha
            inner join asked on commits.deployment_id = asked.deployment_id
        ),
        correlated as (
            select attempts.deployment_id, requests.change_request_id
            from
                (
                    select deployment_id, unnest(attempt_ids) as attempt_id
                    from asked
                ) as attempts
            inner join requests on attempts.attempt_id = requests.correlation_id
        ),
        certain as (
            select deployment_id, change_request_id, 1 as rule_number, method
            from named
            union all
            select deployment_id, change_request_id, 2 as rule_number, 'correlation_id' as method
            from correlated
        ),
        planned as (
            select
                asked.deployment_id,
                min(requests.change_request_id) as change_request_id,
                3 as rule_number,
                'planned_window' as method
            from asked
            inner join
                requests
                on asked.service_id = requests.service_id
                and asked.started_at
                >= requests.planned_start_at - interval 15 minutes
                and asked.started_at < requests.planned_end_at + interval 15 minutes
                and not coalesce(requests.is_cancelled, false)
            where
                asked.environment_tier = 'production'
                and asked.deployment_id not in (select deployment_id from certain)
            group by asked.deployment_id
            having count(*) = 1
        ),
        found as (
            select *
            from certain
            union all
            select *
            from planned
        )
    select
        deployment_id,
        change_request_id,
        min(rule_number) as rule_number,
        arg_min(
            method, (rule_number, method <> 'deployment_record', method)
        ) as method,
        case when min(rule_number) = 3 then 0.7::double else 1 end as confidence
    from found
    group by deployment_id, change_request_id
)
{%- endmacro %}

{# Where a change request stands, whichever words or numbers its source has for that. #}
{% macro request_phase(state) -%}
case
    when
        lower({{ state }}) in (
            '-5', '-4', '-3', 'new', 'draft', 'open', 'pending', 'assess', 'authorize',
            'authorise', 'planning', 'awaiting approval', 'waiting for approval', 'to do'
        )
    then 'planned'
    when lower({{ state }}) in ('-2', 'scheduled', 'approved', 'ready') then 'scheduled'
    when
        lower({{ state }}) in (
            '-1', 'implement', 'implementing', 'implementation', 'in progress', 'in_progress'
        )
    then 'implementing'
    when
        lower({{ state }})
        in ('0', 'review', 'reviewing', 'peer review', 'completed', 'implemented')
    then 'review'
    when lower({{ state }}) in ('3', 'closed', 'done', 'resolved') then 'closed'
    when
        lower({{ state }}) in (
            '4', 'canceled', 'cancelled', 'declined', 'rejected', 'withdrawn', 'deleted'
        )
    then 'cancelled'
end
{%- endmacro %}

{#
  How change requests stood at an instant: `pairs` has subject_id, change_request_id and
  started_at. What no version tells of is unknown (is_known), and then the first one that was read
  gives the plan; approvals are those that had been given by then, taken back later or not.
#}
{% macro requests_as_they_stood(pairs) -%}
(
    with
        asked as (select subject_id, change_request_id, started_at from {{ pairs }}),
        stood as (
            select
                asked.subject_id,
                asked.change_request_id,
                asked.started_at,
                versions.known_from <= asked.started_at as is_known,
                versions.type,
                versions.phase,
                versions.state,
                versions.approval,
                versions.planned_start_at,
                versions.planned_end_at
            from asked
            inner join
                {{ ref("change_request_states") }} as versions
                on asked.change_request_id = versions.change_request_id
            qualify
                row_number() over (
                    partition by asked.subject_id, asked.change_request_id
                    order by
                        versions.known_from <= asked.started_at desc,
                        case
                            when versions.known_from <= asked.started_at
                            then versions.moment_number
                            else -versions.moment_number
                        end desc
                )
                = 1
        ),
        voices as (
            {# each approver as he stood then: no version by then means that he had not decided #}
            select
                asked.subject_id,
                asked.change_request_id,
                approvals.approval_id,
                arg_max(approvals.state, (approvals.known_from, approvals.read_at)) filter (
                    where approvals.known_from <= asked.started_at
                ) as state,
                max(approvals.known_from) filter (
                    where
                        approvals.known_from <= asked.started_at
                        and approvals.state = 'approved'
                ) as approved_at,
                arg_max(approvals.state, (approvals.known_from, approvals.read_at)) as last_state,
                min(approvals.known_from) filter (
                    where
                        approvals.known_from > asked.started_at
                        and approvals.state = 'approved'
                ) as approved_later_at
            from asked
            inner join
                {{ ref("approval_states") }} as approvals
                on asked.change_request_id = approvals.change_request_id
            group by asked.subject_id, asked.change_request_id, approvals.approval_id
        ),
        heard as (
            select
                subject_id,
                change_request_id,
                count(*) as approval_count,
                count(case when state = 'approved' then 1 end) as approved_count,
                count(case when state = 'rejected' then 1 end) as rejected_count,
                {# who decided only afterwards was still to be waited for #}
                count(
                    case
                        when
                            coalesce(state, 'requested') not in ('approved', 'rejected')
                            and last_state in ('approved', 'rejected')
                        then 1
                    end
                ) as decided_later_count,
                count(case when last_state = 'requested' then 1 end) as waiting_count,
                max(case when state = 'approved' then approved_at end) as approved_at,
                min(approved_later_at) as approved_later_at,
                list(approval_id order by approval_id) as approval_ids
            from voices
            group by subject_id, change_request_id
        )
    select
        stood.* replace (coalesce(stood.type, requests.type) as type),
        requests.number,
        requests.approval as current_approval,
        requests.created_at,
        coalesce(heard.approval_count, 0) as approval_count,
        coalesce(heard.approved_count, 0) as approved_count,
        coalesce(heard.rejected_count, 0) as rejected_count,
        coalesce(heard.decided_later_count, 0) as decided_later_count,
        coalesce(heard.waiting_count, 0) as waiting_count,
        heard.approved_at,
        heard.approved_later_at,
        coalesce(heard.approval_ids, []) as approval_ids
    from stood
    inner join
        {{ ref("change_requests") }} as requests
        on stood.change_request_id = requests.change_request_id
        and requests.is_current
    left join
        heard
        on stood.subject_id = heard.subject_id
        and stood.change_request_id = heard.change_request_id
)
{%- endmacro %}

{# CTEs: which change requests each subject is linked with; one that is still to come is linked the same way. #}
{% macro linked_requests() -%}
request_candidates as (
    select
        subject_id as deployment_id,
        cast([] as varchar[]) as attempt_ids,
        service_id,
        environment_tier,
        change_request_number,
        repository,
        commit_sha,
        started_at
    from subjects
    where is_candidate
),
request_matches as (
    select deployment_id as subject_id, change_request_id, method, confidence
    from {{ ref("change_request_links") }}
    where deployment_id in (select subject_id from subjects)
    union all
    select deployment_id as subject_id, change_request_id, method, confidence
    from {{ request_links("request_candidates") }} as found
)
{%- endmacro %}

{#
  The requests of the subjects of a control of deployments, and how they stood when it began: two
  CTEs over `subjects`, for deployments from change_request_links, for a candidate by the same rules.
#}
{% macro subject_requests() -%}
{{ linked_requests() }},
pairs as (
    select request_matches.*, subjects.started_at
    from request_matches
    inner join subjects on request_matches.subject_id = subjects.subject_id
),
requests as (
    select pairs.method, pairs.confidence, stood.*
    from {{ requests_as_they_stood("pairs") }} as stood
    inner join
        pairs
        on stood.subject_id = pairs.subject_id
        and stood.change_request_id = pairs.change_request_id
),
any_request as (
    select count(*) as request_count
    from {{ ref("change_requests") }}
    where is_current
)
{%- endmacro %}

{#
  A control's last steps over `told` (requests with reason_code and value): verdicts by the lists of
  reason codes that pass and fail, `words` from a reason code to SQL of its sentence.
#}
{% macro judged_by_reasons(passing, failing, otherwise, words, threshold_value) -%}
{%- set passing, failing = "('" ~ passing | join("', '") ~ "')", "('" ~ failing | join("', '") ~ "')" -%}
judged as (
    select
        subject_id,
        change_request_id,
        case
            when reason_code in {{ passing }} then 'pass'
            when reason_code in {{ failing }} then 'fail'
            else '{{ otherwise }}'
        end as verdict,
        case when reason_code in {{ passing }} then 1 when reason_code in {{ failing }} then 2 else 3 end as verdict_order,
        reason_code,
        case reason_code
            {%- for code, sentence in words.items() %}
            when '{{ code }}' then {{ sentence }}
            {%- endfor %}
        end as reason,
        cast([] as varchar[]) as more_evidence,
        value
    from told
),
{{ judged_by_requests(threshold_value) }}
{%- endmacro %}

{# The best verdict that any of a subject's requests gives (`judged`); without one it fails. #}
{% macro judged_by_requests(threshold_value) -%}
best as (
    select
        subject_id,
        arg_min(judged, (judged.verdict_order, judged.change_request_id)) as best,
        list('change_requests:' || change_request_id order by change_request_id) as request_keys
    from judged
    group by subject_id
)
select
    subjects.subject_id,
    subjects.service_id,
    subjects.team_id,
    subjects.environment_id,
    subjects.started_at as occurred_at,
    case
        when best.subject_id is not null
        then best.best.verdict
        when any_request.request_count = 0
        then 'no_data'
        else 'fail'
    end as verdict,
    case
        when best.subject_id is not null
        then best.best.reason_code
        when any_request.request_count = 0
        then 'no_requests_read'
        else 'no_change_request'
    end as reason_code,
    case
        when best.subject_id is not null
        then best.best.reason
        when any_request.request_count = 0
        then 'No source of change requests is read.'
        else 'No change request is linked to the deployment.'
    end as reason,
    {{ found_or_subject("best.request_keys || coalesce(best.best.more_evidence, [])", "subjects") }} as evidence,
    best.best.value as value,
    {{ threshold_value }} as threshold
from subjects
cross join any_request
left join best on subjects.subject_id = best.subject_id
{%- endmacro %}
