select * from {{ from_sources("approvals") }}
