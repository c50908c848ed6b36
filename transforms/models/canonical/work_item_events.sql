select * from {{ from_sources("work_item_events") }}
