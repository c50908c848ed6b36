{# Every name that leads to another person than itself, or to itself with certainty; pseudonyms only. #}
select alias_id, person_id, origin, kind from {{ ref("int_people") }}
