select * from {{ with_service("components", by_repository=true) }}
