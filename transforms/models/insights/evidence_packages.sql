{# Packages of evidence that were made, as the audit log keeps them, each with the one before. #}
with
    told as (
        select
            verdict,
            sequence,
            decided_at as made_at,
            try_cast(reason as json) as document
        from {{ source("staging", "decisions") }}
        where
            kind = 'evidence'
            and starts_with(subject, 'evidence:')
            and decided_at <= {{ as_of() }}
    ),
    packages as (
        select
            document ->> '$.sha256' as package_sha256,
            document ->> '$.scope.release' as release_version,
            document ->> '$.scope.service' as service_id,
            try_cast(document ->> '$.scope.from' as date) as from_date,
            try_cast(document ->> '$.scope.to' as date) as to_date,
            document ->> '$.scope.framework' as framework,
            {{ instant("document ->> '$.as_of'") }} as as_of_at,
            document ->> '$.build_id' as build_id,
            nullif(document ->> '$.previous', '') as previous_sha256,
            nullif(document ->> '$.supersedes', '') as supersedes_sha256,
            try_cast(document ->> '$.filled' as bigint) as filled_count,
            try_cast(document ->> '$.required' as bigint) as required_count,
            try_cast(document ->> '$.missing_count' as bigint) as missing_count,
            try_cast(document -> '$.missing' as varchar[]) as missing,
            verdict = 'complete' as is_complete,
            made_at,
            sequence
        from told
    )
select
    packages.package_sha256,
    packages.release_version,
    packages.service_id,
    packages.from_date,
    packages.to_date,
    packages.framework,
    packages.as_of_at,
    packages.build_id,
    packages.previous_sha256,
    packages.supersedes_sha256,
    packages.filled_count,
    packages.required_count,
    packages.missing_count,
    packages.missing,
    packages.is_complete,
    {# the first follows nothing, each other one follows the one that was made before it #}
    packages.previous_sha256 is not distinct from lag(packages.package_sha256) over (
        order by packages.sequence
    ) as is_linked,
    packages.made_at
from packages
