{# Who owned a service when: each declared row holds until the next one starts. #}
with
    declared as (
        select
            service_id,
            team_id,
            coalesce(effective_from_date, date '1900-01-01') as effective_from_date,
            effective_to_date
        from {{ ref("int_catalogue__current") }}
        where record_type = 'service' and service_id is not null and team_id is not null
    ),
    ownership as (
        select
            service_id,
            team_id,
            effective_from_date,
            least(
                coalesce(effective_to_date, date '9999-12-31'),
                coalesce(
                    lead(effective_from_date) over (
                        partition by service_id order by effective_from_date, team_id
                    ),
                    date '9999-12-31'
                )
            ) as effective_to_date
        from declared
    )
select *
from ownership
