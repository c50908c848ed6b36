{# One row per merged unit of a host; commits that belong to none become changes in fct_changes. #}
{{ told_once(from_sources("changes"), "change_id") }}
