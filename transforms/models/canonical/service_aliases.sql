{# Every name under which a source may speak of a service, in lower case; a name of two services names none. #}
with
    names as (
        select service_id, lower(service_id) as alias
        from {{ ref("services") }}
        union all
        select service_id, lower(name) as alias
        from {{ ref("services") }}
        union all
        select service_id, lower(unnest(aliases)) as alias
        from {{ ref("int_catalogue__current") }}
        where record_type = 'service'
    ),
    aliases as (
        select alias, min(service_id) as service_id
        from names
        group by alias
        having count(distinct service_id) = 1
    )
select *
from aliases
