{#
  What the CMDB declares against what was discovered: a full outer join by ordered rules of
  identification, of which the first that finds anything wins. Every declared item that is not
  retired and every workload that was seen is one row, alone or paired, so that the outcomes add up.
#}
{%- set rules = [
    ("identifier", "observed.correlation_id = declared.correlation_id"),
    (
        "name_and_class",
        "observed.name_key = declared.name_key and observed.class_key = declared.class_key",
    ),
    ("name", "observed.name_key = declared.name_key"),
    ("service", "observed.service_id = declared.service_id"),
] %}
with
    policy as (
        select
            coalesce(
                max(try_cast(document ->> '$.governed' as varchar[])), ['owner']
            ) as governed
        from {{ policy_rows("cmdb") }}
        where policy_key = '*'
    ),
    declared_all as (
        select
            *,
            lower(trim(name)) as name_key,
            lower(class_name) as class_key,
            lower(environment_name) as environment_key,
            coalesce(
                lower(operational_status) in ('6', 'retired', 'absent'), false
            ) as is_retired
        from {{ ref("configuration_items") }}
    ),
    declared as (
        {# the first of several records of one item stands for it; the others are duplicates #}
        select
            *,
            row_number() over (
                partition by name_key, class_key, environment_key, is_retired
                order by source_updated_at, configuration_item_id
            ) as copy_number
        from declared_all
    ),
    originals as (select * from declared where copy_number = 1),
    seen as (
        {# pods come and go: what is seen is the workload that they belong to #}
        select
            *,
            case
                when lower(class_name) in ('pod', 'kubernetes_pod')
                then
                    regexp_replace(
                        lower(trim(item_name)), '-[a-f0-9]{6,10}-[a-z0-9]{5}$', ''
                    )
                else lower(trim(item_name))
            end as name_key,
            lower(class_name) as class_key,
            lower(environment_name) as environment_key
        from {{ ref("observed_items") }}
    ),
    observed as (
        select
            min(observed_item_id) as observed_item_id,
            name_key,
            class_key,
            environment_key,
            min(item_name) as item_name,
            min(class_name) as class_name,
            min(environment_name) as environment_name,
            min(service_id) as service_id,
            arg_max(attributes, coalesce(last_seen_at, read_at)) as attributes,
            max(json_extract_string(attributes, '$.correlation_id')) as correlation_id,
            max(coalesce(last_seen_at, read_at)) as last_seen_at
        from seen
        group by name_key, class_key, environment_key
    ),
    found as (
        {%- for rule, condition in rules %}
            select
                observed.observed_item_id,
                originals.configuration_item_id,
                {{ loop.index }} as rule_number,
                '{{ rule }}' as rule,
                originals.is_retired
            from observed
            inner join
                originals
                on {{ condition | replace("declared.", "originals.") }}
                and (
                    observed.environment_key is null
                    or originals.environment_key is null
                    or observed.environment_key = originals.environment_key
                )
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    ),
    ruled as (
        {# one that is alive stands before one that is retired #}
        select *
        from found
        qualify
            rank() over (partition by observed_item_id order by rule_number, is_retired)
            = 1
    ),
    counted as (
        select *, count(*) over (partition by observed_item_id) as candidate_count
        from ruled
    ),
    paired as (
        select *
        from counted
        where candidate_count = 1
        qualify
            row_number() over (
                partition by configuration_item_id
                order by rule_number, observed_item_id
            )
            = 1
    ),
    ambiguous as (select * from counted where candidate_count > 1),
    united as (
        select
            declared.configuration_item_id,
            paired.observed_item_id,
            paired.rule,
            declared.copy_number > 1 as is_duplicate,
            declared.is_retired,
            declared.configuration_item_id
            in (select configuration_item_id from ambiguous) as is_ambiguous
        from declared
        left join
            paired on declared.configuration_item_id = paired.configuration_item_id
        where not declared.is_retired or paired.observed_item_id is not null
        union all
        select
            null,
            observed.observed_item_id,
            null,
            false,
            false,
            observed.observed_item_id in (select observed_item_id from ambiguous)
        from observed
        where observed.observed_item_id not in (select observed_item_id from paired)
    ),
    compared as (
        select
            united.*,
            declared.name as declared_name,
            declared.source_updated_at,
            declared.last_discovered_at,
            observed.last_seen_at,
            coalesce(declared.service_id, observed.service_id) as service_id,
            coalesce(declared.name, observed.item_name) as item_name,
            coalesce(declared.class_name, observed.class_name) as class_name,
            coalesce(
                declared.environment_name, observed.environment_name
            ) as environment_name,
            list_filter(
                policy.governed,
                lambda attribute:{{ observed_attribute("attribute") }} is not null
                and lower({{ observed_attribute("attribute") }}) is distinct from lower(
                    case
                        attribute
                        when 'owner'
                        then declared.owner
                        when 'class_name'
                        then declared.class_name
                        when 'environment_name'
                        then declared.environment_name
                        when 'operational_status'
                        then declared.operational_status
                    end
                )
            ) as differing_attributes
        from united
        cross join policy
        left join
            declared on united.configuration_item_id = declared.configuration_item_id
        left join observed on united.observed_item_id = observed.observed_item_id
    )
select
    coalesce(
        compared.configuration_item_id, compared.observed_item_id
    ) as reconciliation_id,
    compared.configuration_item_id,
    compared.observed_item_id,
    compared.service_id,
    services.tier,
    compared.item_name,
    compared.class_name,
    compared.environment_name,
    case
        when compared.is_retired
        then 'retired_but_alive'
        when compared.is_duplicate
        then 'duplicate'
        when compared.is_ambiguous and compared.rule is null
        then 'ambiguous'
        when compared.observed_item_id is null
        then 'declared_only'
        when compared.configuration_item_id is null
        then 'discovered_only'
        when len(compared.differing_attributes) > 0
        then 'attribute_mismatch'
        else 'matched'
    end as outcome,
    compared.rule,
    case
        when
            compared.configuration_item_id is not null
            and compared.observed_item_id is not null
        then compared.differing_attributes
        else []
    end as differing_attributes,
    compared.configuration_item_id is not null
    and coalesce(
        coalesce(
            compared.last_discovered_at,
            compared.last_seen_at,
            compared.source_updated_at
        )
        < {{ as_of() }} - to_seconds(86400 * limits.days),
        true
    ) as is_stale,
    coalesce(compared.last_discovered_at, compared.last_seen_at) as discovered_at,
    compared.source_updated_at
from compared
cross join (select {{ threshold("cmdb_stale_days_max") }} as days) as limits
left join {{ ref("services") }} as services on compared.service_id = services.service_id
