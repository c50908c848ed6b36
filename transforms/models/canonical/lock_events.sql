select * from {{ with_service("lock_events") }}
