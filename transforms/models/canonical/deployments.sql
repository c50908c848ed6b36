{# Every version of every deployment: a version begins when its record or one of its statuses was read. #}
{{
    numbered_versions(
        from_sources("deployments", ["version_number", "is_current"]), "deployment_id"
    )
}}
