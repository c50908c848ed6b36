{# Which columns of a canonical entity name people, and which of them `is_bot` is about. #}
{% macro person_columns(entity) -%}
{{ return({
    "access_grants": ["person_id"],
    "action_items": ["owner_id"],
    "approvals": ["approver_id"],
    "audit_events": ["actor_id"],
    "change_commits": ["author_id"],
    "change_requests": ["requester_id", "assignee_id"],
    "change_tasks": ["assignee_id"],
    "changes": ["author_id"],
    "commits": ["author_id"],
    "configuration_changes": ["actor_id"],
    "deployments": ["actor_id"],
    "evidence_requirements": ["approver_id"],
    "oncall_shifts": ["person_id"],
    "problems": ["assignee_id"],
    "review_records": ["author_id"],
    "reviews": ["reviewer_id"],
    "work_item_events": ["actor_id"],
    "work_items": ["assignee_id", "reporter_id"],
}.get(entity, [])) }}
{%- endmacro %}

{# Rows of an entity in which one person has one pseudonym, whichever login or address was used. #}
{% macro of_people(entity, rows) -%}
{%- set columns = person_columns(entity) -%}
{%- if columns -%}
(
    select
        told.* replace (
            {%- for column in columns %}
            coalesce({{ column }}s.person_id, told.{{ column }}) as {{ column }}{% if not loop.last %},{% endif %}
            {%- endfor %}
            {%- if entity in ("change_commits", "changes", "commits", "reviews") %},
            {{ is_bot("told.is_bot", columns[0] ~ "s", "told." ~ columns[0]) }} as is_bot
            {%- endif %}
        )
    from {{ rows }} as told
    {%- for column in columns %}
    left join {{ ref("identity_aliases") }} as {{ column }}s on told.{{ column }} = {{ column }}s.alias_id
    {%- endfor %}
)
{%- else -%}
{{ rows }}
{%- endif -%}
{%- endmacro %}

{# By the configuration where it says so, else by the source's flag or the name. #}
{% macro is_bot(flag, alias, pseudonym) -%}
case
    when {{ alias }}.origin = 'declared' then {{ alias }}.kind <> 'human'
    else coalesce({{ flag }}, false) or coalesce(starts_with({{ pseudonym }}, 'bot-'), false)
end
{%- endmacro %}

{# The pseudonym of the person behind a login or an address. #}
{% macro person_of(text) -%}
coalesce(
    (
        select any_value(aliases.person_id)
        from {{ ref("identity_aliases") }} as aliases
        where aliases.alias_id = {{ pseudonym(text) }}
    ),
    {{ pseudonym(text) }}
)
{%- endmacro %}

{# Pseudonyms of the people whom the trailers of a commit message name as co-authors. #}
{% macro co_author_ids(message) -%}
list_transform(
    regexp_extract_all({{ message }}, '(?im)^co-authored-by:[^<]*<([^>]+)>', 1),
    lambda address: {{ pseudonym("address") }}
)
{%- endmacro %}
