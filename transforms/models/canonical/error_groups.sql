select * from {{ with_service("error_groups", by_repository=true) }}
