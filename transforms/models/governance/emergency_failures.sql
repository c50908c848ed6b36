{# Whether deployments under emergency change requests fail more often than under normal ones. #}
select * from {{ ref("int_emergency_failures") }}
