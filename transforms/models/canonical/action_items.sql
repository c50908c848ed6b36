select * from {{ from_sources("action_items") }}
