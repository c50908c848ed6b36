{{ config(kind="leadline", stream="catalogue", key=["page_id", "record_key"]) }}

select
    concat_ws(
        '|',
        record_type,
        service_id,
        team_id,
        name,
        effective_from,
        depends_on,
        source_name,
        key,
        {{ pseudonym("person_id") }}
    ) as record_key,
    record_type,
    name,
    team_id,
    service_id,
    tier,
    depends_on,
    source_name,
    key as setting_key,
    value as setting_value,
    timezone,
    holiday_country,
    holiday_subdivision,
    working_hours,
    try_cast(fiscal_year_start_month as bigint) as fiscal_year_start_month,
    try_cast(try_cast(working_days as json) as varchar[]) as working_days,
    try_cast(
        try_cast(coalesce(repositories, '[]') as json) as varchar[]
    ) as repositories,
    try_cast(try_cast(coalesce(paths, '[]') as json) as varchar[]) as path_globs,
    try_cast(try_cast(coalesce(aliases, '[]') as json) as varchar[]) as aliases,
    try_cast(effective_from as date) as effective_from_date,
    try_cast(effective_to as date) as effective_to_date,
    try_cast(active_from as date) as active_from_date,
    try_cast(active_to as date) as active_to_date,
    {{ pseudonym("person_id") }} as person_id,
    person_kind,
    list_transform(
        try_cast(try_cast(coalesce(person_aliases, '[]') as json) as varchar[]),
        lambda alias:{{ pseudonym("alias") }}
    ) as person_alias_ids,
    {{ lineage() }},
    {{ quarantine({"a record without record_type": "record_type is null"}) }}
from
    {{
        records(
            {
                "record_type": "$.record_type",
                "name": "$.name",
                "team_id": "$.team_id",
                "service_id": "$.service_id",
                "tier": "$.tier",
                "repositories": "$.repositories",
                "paths": "$.paths",
                "aliases": "$.aliases",
                "effective_from": "$.effective_from",
                "effective_to": "$.effective_to",
                "timezone": "$.timezone",
                "depends_on": "$.depends_on",
                "source_name": "$.source",
                "key": "$.key",
                "value": "$.value",
                "holiday_country": "$.holiday_country",
                "holiday_subdivision": "$.holiday_subdivision",
                "working_hours": "$.working_hours",
                "working_days": "$.working_days",
                "fiscal_year_start_month": "$.fiscal_year_start_month",
                "active_from": "$.active_from",
                "active_to": "$.active_to",
                "person_id": "$.person_id",
                "person_kind": "$.kind",
                "person_aliases": "$.person_aliases",
            }
        )
    }}
