{#
  Materialization of a control. The model is one row per subject that is judged, in one shape:
  subject_id, service_id, team_id, environment_id, occurred_at, verdict, reason_code, reason,
  evidence, value, threshold. From it come
    v1.control_<name>          those rows;
    v1.control_<name>_at(...)  of controls of deployments that a gate may ask: the same text over a
                               deployment that has not happened yet;
    v1.control_<name>_given(...)  of those among them that rest on other controls: the same, told what
                               the others said, so that a gate asks each control once.
  Exemptions are not known here; control_results lays them over.
#}
{% macro control(subject) -%}
{{ config(materialized="control", subject_type=subject) }}
{%- endmacro %}

{# Production deployments, or the one that a gate asks about; the only way to choose them. #}
{% macro deployment_subjects() -%}
{#- dbt learns here what candidate_subjects will read #}
{%- set _ = [ref("control_deployables"), ref("services"), ref("environments")] -%}
{{ ref("control_subjects") }}
{%- endmacro %}

{# What names the subject of a control of deployments as evidence; one that is to come has its service only. #}
{% macro subject_key(subject="") -%}
{%- set of = subject ~ "." if subject else "" -%}
case
    when {{ of }}is_candidate then 'services:' || {{ of }}service_id
    else 'fct_deployments:' || {{ of }}subject_id
end
{%- endmacro %}

{# What was found, else the subject itself: that it has nothing is what the verdict rests on. #}
{% macro found_or_subject(found, subject="") -%}
coalesce(
    nullif(list_filter({{ found }}, lambda one: one is not null), []), [{{ subject_key(subject) }}]
)
{%- endmacro %}

{% macro control_columns() -%}
{{ return({
    'subject_id': ('varchar', 'What is judged: its key in the table that subject_type names.'),
    'service_id': ('varchar', 'Key of the service; null where it belongs to none.'),
    'team_id': ('varchar', 'Team that owned the service then.'),
    'environment_id': ('varchar', 'Key of the environment; null where there is none.'),
    'occurred_at': ('timestamp', 'Instant that puts the subject in a period.'),
    'verdict': ('varchar', 'pass, warn, fail, no_data, inconclusive or not_applicable, before exemptions.'),
    'reason_code': ('varchar', 'Why, as a word that can be counted.'),
    'reason': ('varchar', 'Why, in a sentence with the facts.'),
    'evidence': ('varchar[]', 'Rows that it rests on, each as table:key.'),
    'value': ('double', 'What was measured; null where the control measures nothing.'),
    'threshold': ('double', 'What it was held against, in the unit of value.'),
}) }}
{%- endmacro %}

{% materialization control, adapter='duckdb' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set judged_before = config.get('subject_type') == 'deployment' and config.get('meta', {}).get('gate', 'none') != 'none' -%}
    {%- if judged_before and '"staged".' in compiled_code -%}
        {{ exceptions.raise_compiler_error(
            this.identifier ~ " is asked by the gate, so it reads published tables only; found an intermediate one"
        ) }}
    {%- endif -%}
    {#- only what the gate asks looks for subjects to replace: others do not depend on them -#}
    {%- set asking = namespace(code='', given='') -%}
    {%- if judged_before -%}
    {#- a control that rests on other controls rests on what they say of the same deployment -#}
    {%- set asking.code = compiled_code | replace(ref('control_subjects') | string, candidate_subjects()) -%}
    {%- set asking.given = asking.code -%}
    {%- for name in var('controls', []) if name != this.identifier -%}
        {%- set other = api.Relation.create(database=this.database, schema=this.schema, identifier=name) -%}
        {%- set macro = '"' ~ this.database ~ '"."' ~ this.schema ~ '"."' ~ name ~ '_at"' -%}
        {%- set asking.code = asking.code | replace(other | string, macro ~ '(of_service, of_digest, of_environment, at_instant)') -%}
        {%- set asking.given = asking.given | replace(other | string, told_verdicts(name)) -%}
    {%- endfor -%}
    {%- endif -%}
    {% if existing is not none %}
        {% call statement('drop', auto_begin=False) -%}
            drop {{ existing.type }} if exists {{ existing }} cascade
        {%- endcall %}
    {% endif %}
    {% call statement('main') -%}
        create or replace table {{ target_relation }} as
        select
            {% for name, about in control_columns().items() -%}
            cast({{ name }} as {{ about[0] }}) as {{ name }}{% if not loop.last %}, {% endif %}
            {%- endfor %}
        from ({{ compiled_code }});
        {% if judged_before -%}
        create or replace macro "{{ this.database }}"."{{ this.schema }}"."{{ this.identifier }}_at"(
            of_service, of_digest, of_environment, at_instant
        ) as table
            {{ asking.code }};
        {% if asking.given != asking.code -%}
        create or replace macro "{{ this.database }}"."{{ this.schema }}"."{{ this.identifier }}_given"(
            of_service, of_digest, of_environment, at_instant, told
        ) as table
            {{ asking.given }};
        {% endif -%}
        {% endif -%}
        comment on table {{ target_relation }} is {{ text_literal(model.description | trim) }};
        {% for name, about in control_columns().items() -%}
        comment on column {{ target_relation }}.{{ name }} is {{ text_literal(about[1]) }};
        {% endfor -%}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#
  The deployment that somebody wants to make, in the columns of control_subjects: what its digest
  or, where the source knows none, its commit or version was when it was last deployed or pushed.
#}
{% macro candidate_subjects() -%}
(
    select
        'candidate' as subject_id,
        services.service_id,
        services.team_id,
        services.tier,
        environments.environment_id,
        environments.tier as environment_tier,
        case when contains(of_digest, ':') then of_digest end as artifact_digest,
        deployables.commit_sha,
        deployables.repository,
        deployables.version,
        'forward' as kind,
        cast(null as varchar) as actor_id,
        cast(null as varchar) as change_request_number,
        cast(null as varchar) as pipeline_run_id,
        cast(at_instant as timestamp) as started_at,
        cast(null as timestamp) as finished_at,
        'planned' as status,
        true as is_candidate
    from {{ ref("services") }} as services
    inner join {{ ref("environments") }} as environments on environments.environment_id = of_environment
    left join
        {{ ref("control_deployables") }} as deployables
        on services.service_id = deployables.service_id
        and deployables.artifact_key = of_digest
    where services.service_id = of_service
)
{%- endmacro %}

{# What one control was told to have said; `told` is a list of {table_name, verdict, reason, evidence}. #}
{% macro told_verdicts(table_name) -%}
(
    select
        'candidate' as subject_id,
        one.verdict::varchar as verdict,
        one.reason::varchar as reason,
        one.evidence::varchar[] as evidence
    from (select unnest(told) as one)
    where one.table_name = '{{ table_name }}'
)
{%- endmacro %}
