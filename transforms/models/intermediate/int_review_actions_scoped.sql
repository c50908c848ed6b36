{# Actions of reviews once for each scope that they count in. #}
with
    actions as (select * from {{ ref("review_actions") }}),
    scoped as ({{ in_each_scope("actions") }})
select *
from scoped
