select * from {{ from_sources("environment_protections") }}
