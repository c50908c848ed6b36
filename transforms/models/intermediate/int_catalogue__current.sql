{# The configuration as it stood: the records of the newest catalogue page. #}
with
    catalogue as (
        select *
        from {{ ref("stg_leadline__catalogue") }}
        where read_at <= {{ as_of() }}
    ),
    newest_page as (
        select arg_max(page_id, (read_at, page_id)) as page_id from catalogue
    ),
    current_records as (
        select catalogue.*
        from catalogue
        inner join newest_page on catalogue.page_id = newest_page.page_id
    )
select *
from current_records
