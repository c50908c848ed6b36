select source, kind, stream, page_id, ordinal, reason, record, read_at
from {{ source("staging", "quarantined_records") }}
where read_at <= {{ as_of() }}
