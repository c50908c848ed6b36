{# An application of Argo CD is a workload that was seen alive when its page was read. #}
select
    source || ':' || namespace || '/' || name as observed_item_id,
    name as item_name,
    'kubernetes_application' as class_name,
    environment_id as environment_name,
    service_name,
    read_at as last_seen_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_argocd__applications", "source, namespace, name") }}
