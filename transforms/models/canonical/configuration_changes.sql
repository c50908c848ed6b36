select * from {{ with_service("configuration_changes") }}
