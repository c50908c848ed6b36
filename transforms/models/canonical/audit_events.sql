select * from {{ with_service("audit_events") }}
