select * from {{ with_service("quality_measures", by_repository=true) }}
