select * from {{ with_service("evidence_requirements") }}
