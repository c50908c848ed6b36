select * from {{ with_service("api_operations", by_repository=true) }}
