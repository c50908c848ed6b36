select * from {{ from_sources("releases") }}
