{#
  The catalogue of controls: what each asks and why, from the model that answers it. policy.yml may
  bind a gate otherwise; what no gate can ask stays unasked.
#}
{%- set _ = policy_rows("controls") -%}
{%- if execute -%}
    with
        bindings as (
            select
                policy_key,
                document ->> '$.gate' as gate,
                document ->> '$.reason' as reason
            from {{ policy_rows("controls") }}
        ),
        shipped as (
            {%- for node in graph.nodes.values() | sort(attribute='name') if node.config.materialized == 'control' %}
                {%- set meta = node.config.meta %}
                select
                    '{{ node.name | replace("control_", "", 1) }}' as control_id,
                    '{{ node.name }}' as table_name,
                    {{ text_literal(meta.title) }} as title,
                    {{ text_literal(meta.question) }} as question,
                    {{ text_literal(meta.plain_words) }} as plain_words,
                    '{{ node.config.subject_type }}' as subject_type,
                    {{ text_literal(meta.severity) }} as severity,
                    {{ text_literal(meta.gate | default("none")) }} as gate,
                    cast(
                        {{ text_literals(meta.thresholds | default([])) }} as varchar[]
                    ) as threshold_keys,
                    cast(
                        {{ text_literals(meta.edge_cases | default([])) }} as varchar[]
                    ) as edge_cases,
                    cast(
                        {{ text_literals(meta.known_limits | default([])) }} as varchar[
                        ]
                    ) as known_limits,
                    {{ text_literal(meta.source_of_definition) }}
                    as source_of_definition
                {% if not loop.last %}
                    union all
                {% endif %}
            {%- endfor %}
        )
    select
        shipped.* replace (
            case
                when shipped.gate = 'none'
                then 'none'
                else coalesce(bindings.gate, shipped.gate)
            end as gate
        ),
        case
            when shipped.gate <> 'none' and bindings.gate is distinct from shipped.gate
            then bindings.reason
        end as gate_reason
    from shipped
    left join bindings on shipped.control_id = bindings.policy_key
{%- else -%} select 1 as control_id
{%- endif %}
