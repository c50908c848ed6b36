select * from {{ from_sources("reviews") }}
