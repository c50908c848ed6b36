{# How complete each package of evidence is, control by control. #}
with
    told as (
        select
            try_cast(reason as json) ->> '$.sha256' as package_sha256,
            try_cast(reason as json) ->> '$.scope.service' as service_id,
            unnest(
                try_cast(try_cast(reason as json) -> '$.controls' as json[])
            ) as control
        from {{ source("staging", "decisions") }}
        where
            kind = 'evidence'
            and starts_with(subject, 'evidence:')
            and decided_at <= {{ as_of() }}
    )
select
    package_sha256,
    control ->> '$.control_id' as control_id,
    service_id,
    control ->> '$.title' as title,
    try_cast(control ->> '$.filled' as bigint) as filled_count,
    try_cast(control ->> '$.required' as bigint) as required_count,
    coalesce(try_cast(control ->> '$.verdicts.pass' as bigint), 0) as pass_count,
    coalesce(try_cast(control ->> '$.verdicts.warn' as bigint), 0) as warn_count,
    coalesce(try_cast(control ->> '$.verdicts.fail' as bigint), 0) as fail_count,
    coalesce(try_cast(control ->> '$.verdicts.exempt' as bigint), 0) as exempt_count,
    coalesce(try_cast(control ->> '$.verdicts.no_data' as bigint), 0) + coalesce(
        try_cast(control ->> '$.verdicts.inconclusive' as bigint), 0
    ) as unproven_count,
    coalesce(
        try_cast(control ->> '$.verdicts.not_applicable' as bigint), 0
    ) as not_applicable_count
from told
