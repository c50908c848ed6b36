{# What was set aside and why; its content stays in the staging file (`leadline quarantine show`). #}
select source, kind, stream, page_id, ordinal, reason, read_at
from {{ source("staging", "quarantined_records") }}
where read_at <= {{ as_of() }}
