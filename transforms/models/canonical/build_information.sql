{# What this build is: its point in system time, its zone, its definitions. #}
select
    as_of,
    report_timezone,
    definition_version,
    code_version,
    sample_data as is_sample_data
from {{ source("build", "parameters") }}
