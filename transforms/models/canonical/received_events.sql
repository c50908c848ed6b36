select * from {{ with_service("received_events") }}
