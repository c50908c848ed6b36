select * from {{ from_sources("change_tasks") }}
