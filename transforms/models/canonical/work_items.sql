{{
    numbered_versions(
        with_service("work_items", ["version_number", "is_current"]), "work_item_id"
    )
}}
