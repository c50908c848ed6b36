select * from {{ with_service("findings", by_repository=true) }}
