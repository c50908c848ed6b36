{# Names in what was read that no service, environment or rule of the settings knows; `leadline map suggest` proposes. #}
with
    services as (
        {%- for table in [
            "alerts",
            "api_operations",
            "attestations",
            "calendar_windows",
            "change_requests",
            "components",
            "configuration_changes",
            "deployments",
            "error_groups",
            "findings",
            "incidents",
            "oncall_shifts",
            "quality_measures",
            "received_events",
            "work_items",
        ] %}
            select
                'service' as kind,
                told.service_name as name,
                '{{ table }}' as named_in,
                told.source,
                told.read_at as seen_at
            from {{ ref(table) }} as told
            left join
                {{ ref("service_aliases") }} as aliases
                on lower(told.service_name) = aliases.alias
            where
                nullif(trim(told.service_name), '') is not null
                and aliases.alias is null
                {%- if table != "deployments" %}
                    and told.service_id is null
                {%- endif %}
                {%- if table in [
                    "calendar_windows",
                    "change_requests",
                    "deployments",
                    "incidents",
                    "work_items",
                ] %} and told.is_current {%- endif %}
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    ),
    repositories as (
        select
            'repository' as kind,
            told.repository as name,
            told.named_in,
            told.source,
            told.read_at as seen_at
        from
            (
                {%- for table in ["deployments", "changes", "commits"] %}
                    select repository, '{{ table }}' as named_in, source, read_at
                    from {{ ref(table) }}
                    {% if not loop.last %}
                        union all
                    {% endif %}
                {%- endfor %}
            ) as told
        left join
            {{ ref("service_repositories") }} as known
            on told.repository = known.repository
            and known.is_declared
        where told.repository is not null and known.repository is null
    ),
    environments as (
        select
            'environment' as kind,
            told.name,
            told.named_in,
            told.source,
            told.read_at as seen_at
        from
            (
                select
                    environment_id as name, 'deployments' as named_in, source, read_at
                from {{ ref("deployments") }}
                {%- for table in [
                        "calendar_windows",
                        "configuration_changes",
                        "received_events",
                    ] %}
                    union all
                    select environment_name, '{{ table }}', source, read_at
                    from {{ ref(table) }}
                {%- endfor %}
            ) as told
        left join
            {{ ref("environments") }} as known
            on lower(told.name) = known.environment_id
            and known.tier <> 'unknown'
        where nullif(trim(told.name), '') is not null and known.environment_id is null
    ),
    named as (
        select *
        from services
        union all
        select *
        from repositories
        union all
        select *
        from environments
    ),
    counted as (
        select
            kind,
            name,
            named_in,
            source,
            count(*) as row_count,
            max(seen_at) as last_seen_at
        from named
        group by kind, name, named_in, source
    ),
    severities as (
        {# values that a staging model's list of known ones lacks (macros/drift.sql) #}
        select
            'severity' as kind,
            told.value as name,
            told.stream || '.' || told.column_name as named_in,
            told.source,
            cast(sum(told.record_count) as bigint) as row_count,
            max(runs.read_at) as last_seen_at
        from {{ source("staging", "unknown_values") }} as told
        left join
            (
                select source, stream, run_id, max(read_at) as read_at
                from {{ source("staging", "journal") }}
                where event = 'page'
                group by source, stream, run_id
            ) as runs
            on told.run_id = runs.run_id
            and told.source = runs.source
            and told.stream = runs.stream
        where regexp_matches(told.column_name, 'severity|priority|urgency|impact|level')
        group by told.value, told.stream, told.column_name, told.source
    ),
    unmapped as (
        select *
        from counted
        union all
        select *
        from severities
    )
select
    kind,
    name,
    named_in,
    source,
    row_count,
    cast(sum(row_count) over (partition by kind, name) as bigint) as name_row_count,
    last_seen_at
from unmapped
