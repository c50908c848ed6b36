select * from {{ with_service("attestations", by_repository=true) }}
