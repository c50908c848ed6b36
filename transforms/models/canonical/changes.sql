{# One row per merged unit of a host; commits that belong to none become changes in fct_changes. #}
select * from {{ from_sources("changes") }}
