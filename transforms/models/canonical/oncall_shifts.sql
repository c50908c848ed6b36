select * from {{ with_service("oncall_shifts") }}
