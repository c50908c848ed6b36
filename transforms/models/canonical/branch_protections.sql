select * from {{ from_sources("branch_protections") }}
