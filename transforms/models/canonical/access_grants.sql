select * from {{ from_sources("access_grants") }}
