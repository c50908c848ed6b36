{# What became of the records of every page: fetched = loaded + duplicate + quarantined. #}
{{ after_staging() }}
select
    accounts.page_id,
    accounts.source,
    accounts.kind,
    accounts.stream,
    accounts.fetched_count,
    accounts.loaded_count,
    accounts.duplicate_count,
    accounts.quarantined_count,
    journal.read_at
from {{ source("staging", "page_accounts") }} as accounts
inner join
    {{ source("staging", "journal") }} as journal
    on accounts.page_id = journal.page_id
    and accounts.source = journal.source
    and accounts.stream = journal.stream
where
    journal.event = 'page'
    and (journal.read_at <= {{ as_of() }} or journal.versions_from_source)
