select * from {{ with_service("artifacts", by_repository=true) }}
