{# What was set aside and why; its content stays in the staging file (`leadline quarantine show`). #}
{{ after_staging() }}
select source, kind, stream, page_id, ordinal, reason, read_at
from {{ source("staging", "quarantined_records") }}
where read_at <= {{ as_of() }}
