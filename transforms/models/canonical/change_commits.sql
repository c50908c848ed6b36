{# The commits that a change was made of, before any squash. #}
select * from {{ from_sources("change_commits") }}
