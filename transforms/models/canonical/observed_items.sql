select * from {{ with_service("observed_items") }}
