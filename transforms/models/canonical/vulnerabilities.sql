select * from {{ from_sources("vulnerabilities") }}
