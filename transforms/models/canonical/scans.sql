select * from {{ with_service("scans", by_repository=true) }}
