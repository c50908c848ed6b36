{# The most that a service can be up when it needs all its vendors: the product of what they promise. #}
select
    vendor_services.service_id,
    count(*) as vendor_count,
    count(vendors.sla_ratio) as promised_count,
    exp(sum(ln(vendors.sla_ratio))) as availability_bound_ratio
from {{ ref("vendor_services") }} as vendor_services
inner join
    {{ ref("vendors") }} as vendors on vendor_services.vendor_id = vendors.vendor_id
group by vendor_services.service_id
