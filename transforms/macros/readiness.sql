{#
  What the other controls of deployments say, for controls that rest on controls. Within the text for
  a deployment that is still to come the materialization puts its tables' _at macros in their place.
#}
{% macro control_verdicts(own) -%}
(
    select
        cast(null as varchar) as control_id, cast(null as varchar) as subject_id,
        cast(null as varchar) as verdict, cast(null as varchar) as reason,
        cast(null as varchar[]) as evidence
    where false
    {%- for name in var("controls", []) if name != own %}
    {%- set relation = ref(name) %}
    {%- if is_asked_by_the_gate(name) %}
    union all
    select '{{ name | replace("control_", "", 1) }}', subject_id, verdict, reason, evidence
    from {{ relation }}
    {%- endif %}
    {%- endfor %}
)
{%- endmacro %}

{# Whether a control is of deployments and can be asked before one happens. #}
{% macro is_asked_by_the_gate(name) -%}
{%- if execute -%}
    {%- for node in graph.nodes.values() if node.name == name
        and node.config.get('subject_type') == 'deployment'
        and node.config.get('meta', {}).get('gate', 'none') != 'none' -%}
    yes
    {%- endfor -%}
{%- endif -%}
{%- endmacro %}

{#
  CTEs from `subjects` to `items` (one row for each subject and item of the checklist, with its score
  from 0 to 1; null where it does not apply or is not asked in an emergency), `quorums` and
  `readiness` (one row a subject). What has no evidence scores 0: silence is no readiness.
#}
{% macro readiness(own) -%}
    emergencies as (
        select distinct subjects.subject_id
        from subjects
        inner join
            {{ ref("change_requests") }} as requests
            on subjects.change_request_number = requests.number
            and requests.is_current
        where lower(requests.type) = 'emergency'
    ),
    asked as (
        select
            subjects.subject_id,
            subjects.service_id,
            subjects.started_at,
            coalesce(subjects.artifact_digest, subjects.commit_sha) as artifact_key,
            checklist.*,
            emergencies.subject_id is null or checklist.is_asked_in_emergency as is_asked
        from subjects
        inner join
            {{ ref("readiness_checklist") }} as checklist
            on len(checklist.tiers) = 0
            or list_contains(checklist.tiers, coalesce(subjects.tier, 1))
        left join emergencies on subjects.subject_id = emergencies.subject_id
    ),
    {{ authors_of_subjects() }},
    signed as (
        select
            asked.subject_id,
            asked.item,
            sign_offs.*  exclude (service_id, artifact_key, item),
            authors.author_id is not null as is_by_author,
            asked.owner_role is null or roles.person_id is not null as is_by_owner
        from asked
        inner join
            {{ ref("sign_offs") }} as sign_offs
            on asked.service_id = sign_offs.service_id
            and asked.artifact_key = sign_offs.artifact_key
            and asked.item = coalesce(sign_offs.item, sign_offs.role_name)
            and (asked.kind = 'role') = (sign_offs.kind = 'approval')
            and sign_offs.signed_at <= asked.started_at
            and (sign_offs.ended_at is null or sign_offs.ended_at > asked.started_at)
        left join
            authors
            on asked.subject_id = authors.subject_id
            and sign_offs.signed_by_id = authors.author_id
        left join
            {{ ref("approver_roles") }} as roles
            on asked.owner_role = roles.role_name
            and sign_offs.signed_by_id = roles.person_id
            and {{ held_at("roles", "sign_offs.signed_at") }}
    ),
    measured as (
        select
            asked.subject_id,
            asked.item,
            arg_max_null(
                coalesce(measures.verdict, case when measures.value > 0 then 'pass' when measures.value <= 0 then 'fail' end),
                (measures.measured_at, measures.measure_id)
            ) as verdict,
            arg_max(measures.measure_id, (measures.measured_at, measures.measure_id)) as measure_id
        from asked
        inner join
            {{ ref("quality_measures") }} as measures
            on asked.judged_by = 'measure'
            and asked.service_id = measures.service_id
            and asked.measure = measures.metric
            and measures.measured_at <= asked.started_at
            and measures.measured_at > asked.started_at - interval 28 days
        group by asked.subject_id, asked.item
    ),
    urgent_changes as (
        {# all that it implements is of the highest priority or mends security #}
        select links.from_id as change_id, list(items.work_item_id order by items.work_item_id) as work_item_ids
        from {{ ref("entity_links") }} as links
        inner join
            {{ ref("work_items") }} as items
            on links.to_id = items.work_item_id
            and items.is_current
            and not coalesce(items.is_deleted, false)
        where links.relation = 'implements'
        group by links.from_id
        having
            bool_and(
                coalesce(lower(items.priority) in ('p0', 'blocker', 'critical', 'highest', 'urgent'), false)
                or coalesce(contains(lower(items.type), 'security'), false)
                or coalesce(list_has_any(list_transform(items.labels, lambda one: lower(one)), ['p0', 'security']), false)
            )
    ),
    urgent_only as (
        select
            changed.subject_id,
            list_transform(
                list_sort(list_distinct(flatten(list(urgent_changes.work_item_ids)))), lambda one: 'work_items:' || one
            ) as evidence
        from changed
        left join urgent_changes on changed.change_id = urgent_changes.change_id
        group by changed.subject_id
        having count(*) = count(urgent_changes.change_id)
    ),
    rehearsed as (
        select
            asked.subject_id,
            asked.item,
            arg_max(reviews.review_record_id, reviews.held_at) as review_record_id,
            arg_max(
                coalesce(reviews.contents ->> '$.rollback_plan', '') <> ''
                and coalesce(reviews.contents ->> '$.metric', '') <> ''
                and coalesce(reviews.contents ->> '$.threshold', '') <> ''
                and coalesce(reviews.contents ->> '$.window', '') <> '',
                reviews.held_at
            ) as is_complete,
            max(reviews.held_at) as held_at
        from asked
        inner join
            {{ ref("review_records") }} as reviews
            on asked.judged_by = 'rollback'
            and reviews.kind = 'readiness'
            and asked.service_id = reviews.service_id
            and reviews.held_at <= asked.started_at
            and coalesce(reviews.contents ->> '$.rollback_plan', '') <> ''
        group by asked.subject_id, asked.item
    ),
    on_call as (
        select asked.subject_id, asked.item, min(shifts.oncall_shift_id) as oncall_shift_id
        from asked
        inner join
            {{ ref("oncall_shifts") }} as shifts
            on asked.judged_by = 'on_call'
            and asked.service_id = shifts.service_id
            and (shifts.starts_at is null or shifts.starts_at <= asked.started_at)
            and (shifts.ends_at is null or shifts.ends_at > asked.started_at)
        group by asked.subject_id, asked.item
    ),
    answers as (
        {# of each item one verdict, why, and on what it rests #}
        select
            asked.subject_id, asked.item, controls.verdict, controls.reason as words,
            ['control_' || asked.control_id || ':' || asked.subject_id] as evidence
        from asked
        inner join
            {{ control_verdicts(own) }} as controls
            on asked.judged_by = 'control'
            and asked.control_id = controls.control_id
            and asked.subject_id = controls.subject_id
        union all
        select
            subject_id, item,
            case
                when not is_by_owner then 'no_data'
                when evidence_url is null and (judged_by_evidence or is_by_author) then 'no_data'
                else verdict
            end,
            case
                when not is_by_owner then 'It is signed by nobody who answers for it.'
                when evidence_url is null and judged_by_evidence then 'It names no evidence.'
                when evidence_url is null and is_by_author then 'Its author signed it and names no evidence.'
                else 'It is signed off as ' || verdict || '.'
            end,
            ['sign_offs:' || sign_off_id]
        from (
            select signed.*, asked.judged_by = 'evidence' as judged_by_evidence
            from signed
            inner join asked on signed.subject_id = asked.subject_id and signed.item = asked.item and asked.kind = 'item'
            where signed.kind = 'item' and asked.judged_by in ('sign_off', 'evidence')
        ) as told
        union all
        select
            asked.subject_id, asked.item,
            case when measured.verdict = 'pass' or urgent_only.subject_id is null then measured.verdict else 'pass' end,
            case
                when measured.verdict is distinct from 'pass' and urgent_only.subject_id is not null
                then 'All that it brings is urgent or mends security, which this does not hold up.'
                else 'The newest measure of four weeks says ' || coalesce(measured.verdict, 'nothing') || '.'
            end,
            case when measured.measure_id is null then [] else ['quality_measures:' || measured.measure_id] end
            || coalesce(urgent_only.evidence, [])
        from asked
        left join measured on asked.subject_id = measured.subject_id and asked.item = measured.item
        left join
            urgent_only
            on asked.is_passed_by_urgent_work
            and asked.subject_id = urgent_only.subject_id
        where
            asked.judged_by = 'measure'
            and (measured.item is not null or urgent_only.subject_id is not null)
        union all
        select
            subject_id, item,
            case
                when not is_complete then 'fail'
                when held_at < started_at - to_hours(cast({{ threshold("rollback_rehearsal_age_days_max") }} * 24 as bigint)) then 'fail'
                else 'pass'
            end,
            case
                when not is_complete then 'The rehearsal names no metric, limit and window by which it succeeded.'
                else 'The way back was last rehearsed on ' || strftime(held_at, '%Y-%m-%d') || '.'
            end,
            ['review_records:' || review_record_id]
        from (select rehearsed.*, subjects.started_at from rehearsed inner join subjects on rehearsed.subject_id = subjects.subject_id) as told
        union all
        select subject_id, item, 'pass', 'Somebody is on call.', ['oncall_shifts:' || oncall_shift_id]
        from on_call
    ),
    items as (
        select
            asked.subject_id,
            asked.item,
            asked.title,
            asked.judged_by,
            asked.owner_role,
            asked.weight,
            asked.is_veto,
            asked.is_asked,
            case
                when not asked.is_asked then 'not_asked'
                else coalesce(answers.verdict, 'no_data')
            end as verdict,
            case
                when not asked.is_asked then 'It is not asked of an emergency.'
                else coalesce(answers.words, 'Nothing is known of it.')
            end as reason,
            case
                when not asked.is_asked or answers.verdict = 'not_applicable' then null
                when answers.verdict = 'pass' then cast(1 as double)
                when answers.verdict = 'warn' then 0.5
                else 0
            end as score,
            coalesce(answers.evidence, []) as evidence
        from asked
        left join answers on asked.subject_id = answers.subject_id and asked.item = answers.item
        where asked.kind = 'item'
    ),
    approvals as (
        select
            asked.subject_id,
            asked.item as role_name,
            count(signed.sign_off_id) filter (where is_valid) > 0 as is_given,
            list('sign_offs:' || signed.sign_off_id order by signed.sign_off_id) filter (where is_valid) as evidence
        from asked
        left join (
            select
                signed.*,
                signed.verdict = 'approved' and signed.is_by_owner and not signed.is_by_author
                and signed.signed_at >= subjects.started_at
                - to_hours(cast({{ threshold("readiness_approval_age_hours_max") }} as bigint)) as is_valid
            from signed
            inner join subjects on signed.subject_id = subjects.subject_id
            where signed.kind = 'approval'
        ) as signed
            on asked.subject_id = signed.subject_id
            and asked.item = signed.item
        where asked.kind = 'role' and asked.is_asked
        group by asked.subject_id, asked.item
    ),
    elsewhere as (
        {# approvals of the same service that were given for another artifact in these days #}
        select asked.subject_id, count(distinct sign_offs.sign_off_id) as other_approval_count
        from asked
        inner join
            {{ ref("sign_offs") }} as sign_offs
            on asked.service_id = sign_offs.service_id
            and asked.artifact_key is distinct from sign_offs.artifact_key
            and asked.item = sign_offs.role_name
            and sign_offs.verdict = 'approved'
            and sign_offs.signed_at <= asked.started_at
            and sign_offs.signed_at >= asked.started_at
            - to_hours(cast({{ threshold("readiness_approval_age_hours_max") }} as bigint))
        where asked.kind = 'role'
        group by asked.subject_id
    ),
    quorums as (
        select
            approvals.subject_id,
            count(*) as role_count,
            count(case when is_given then 1 end) as given_count,
            list(role_name order by role_name) filter (where not is_given) as missing_roles,
            flatten(list(coalesce(evidence, []))) as evidence,
            coalesce(max(elsewhere.other_approval_count), 0) as other_approval_count
        from approvals
        left join elsewhere on approvals.subject_id = elsewhere.subject_id
        group by approvals.subject_id
    ),
    scored as (
        select
            subject_id,
            100 * sum(weight * score) / nullif(sum(case when score is not null then weight end), 0) as score,
            count(case when is_asked then 1 end) as item_count,
            list(title order by weight desc, item) filter (where score < 1) as gaps,
            list(title order by item) filter (where not is_asked) as not_asked,
            list(title order by item) filter (where is_veto and score = 0) as vetoes,
            flatten(list(evidence)) as evidence
        from items
        group by subject_id
    ),
    readiness as (
        select
            subjects.*,
            scored.score,
            coalesce(scored.gaps, []) as gaps,
            coalesce(scored.not_asked, []) as not_asked,
            coalesce(scored.vetoes, []) as vetoes,
            coalesce(scored.item_count, 0) as item_count,
            coalesce(quorums.role_count, 0) as role_count,
            coalesce(quorums.given_count, 0) as given_count,
            coalesce(quorums.missing_roles, []) as missing_roles,
            coalesce(quorums.other_approval_count, 0) as other_approval_count,
            list_sort(list_distinct(list_concat(coalesce(scored.evidence, []), coalesce(quorums.evidence, [])))) as evidence,
            case
                when scored.score is null and quorums.subject_id is null then null
                when len(coalesce(scored.vetoes, [])) > 0 then 'no_go'
                when scored.score < {{ threshold("readiness_conditional_min") }} then 'no_go'
                when scored.score < {{ threshold("readiness_go_min") }} then 'conditional'
                else 'go'
            end as decision
        from subjects
        left join scored on subjects.subject_id = scored.subject_id
        left join quorums on subjects.subject_id = quorums.subject_id
    )
{%- endmacro %}
