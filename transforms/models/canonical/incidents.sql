{# Every version of every incident, from each system that knows it; fct_incidents folds them. #}
{{
    numbered_versions(
        with_service("incidents", ["version_number", "is_current"]), "incident_id"
    )
}}
