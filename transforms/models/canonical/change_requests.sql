{{
    numbered_versions(
        with_service("change_requests", ["version_number", "is_current"]),
        "change_request_id",
    )
}}
