{# The one change request that stands for a deployment, of those that it is linked with. #}
select links.deployment_id, links.change_request_id, requests.type, requests.created_at
from {{ ref("change_request_links") }} as links
inner join
    {{ ref("change_requests") }} as requests
    on links.change_request_id = requests.change_request_id
    and requests.is_current
where links.is_first
