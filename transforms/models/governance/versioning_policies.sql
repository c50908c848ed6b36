{# How each service numbers its versions: its own entry in policy.yml, else that of all, else SemVer. #}
with
    stated as (select * from {{ policy_rows("versioning") }}),
    chosen as (
        select
            services.service_id,
            coalesce(own.document, shared.document) as document,
            coalesce(own.policy_key, shared.policy_key) is not null as is_declared
        from {{ ref("services") }} as services
        left join stated as own on services.service_id = own.policy_key
        left join stated as shared on shared.policy_key = '*'
    )
select
    service_id,
    coalesce(document ->> '$.scheme', 'semver') as scheme,
    coalesce(document ->> '$.kind', 'service') as kind,
    document ->> '$.builds_per_environment' as builds_per_environment,
    is_declared
from chosen
