{{
    numbered_versions(
        with_service("calendar_windows", ["version_number", "is_current"]),
        "calendar_window_id",
    )
}}
