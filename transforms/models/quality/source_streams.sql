{# What can be read from which kind of source, and from which sources it is read here. #}
with
    configured as (
        select kind, stream, list(distinct source order by source) as sources
        from {{ source("staging", "journal") }}
        where read_at <= {{ as_of() }} and stream is not null
        group by kind, stream
    )
select streams.*, coalesce(configured.sources, []) as sources
from {{ source("build", "source_streams") }} as streams
left join
    configured on streams.kind = configured.kind and streams.stream = configured.stream
