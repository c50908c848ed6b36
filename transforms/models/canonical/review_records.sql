select * from {{ with_service("review_records") }}
