{# How something ended in the words that jobs of all sources share; an unknown word stays itself. #}
{% macro conclusion(word) -%}
case
    when lower({{ word }}) in ('success', 'successful', 'succeeded', 'passed', 'succeededwithissues')
    then 'success'
    when lower({{ word }}) in ('failure', 'failed', 'error', 'errored', 'infrastructure_fail', 'rejected')
    then 'failure'
    when lower({{ word }}) in ('timedout', 'timed_out', 'timeout')
    then 'timed_out'
    when lower({{ word }}) in ('aborted', 'canceled', 'cancelled', 'stopped', 'abandoned', 'expired')
    then 'cancelled'
    when lower({{ word }}) in ('not_built', 'not_run', 'not_executed', 'skipped', 'unauthorized')
    then 'skipped'
    when lower({{ word }}) in ('unstable', 'partiallysucceeded')
    then 'partial'
    else lower(nullif({{ word }}, ''))
end
{%- endmacro %}

{# The status of a deployment that a job made, by how the job ended; what was skipped is none. #}
{% macro deployed_status(conclusion) -%}
case {{ conclusion }}
    when 'success' then 'succeeded'
    when 'partial' then 'partial'
    when 'cancelled' then 'cancelled'
    when 'failure' then 'failed'
    when 'timed_out' then 'failed'
    else 'in_progress'
end
{%- endmacro %}

{# owner/name of a repository by the address it is cloned from; null where no path is left. #}
{% macro repository_of(address) -%}
nullif(
    regexp_replace(
        regexp_replace({{ address }}, '^([A-Za-z][A-Za-z0-9+.-]*://[^/]*|[^@/:]+@[^:/]+:)', ''),
        '^/+|(\.git)?/*$', '', 'g'
    ),
    ''
)
{%- endmacro %}

{# An instant of a source that counts milliseconds since 1970; 0 is none. #}
{% macro millisecond_instant(text) -%}
epoch_ms(nullif(try_cast({{ text }} as bigint), 0))
{%- endmacro %}

{# Whether Bitbucket's state of a pipeline, step or deployment says that it has not ended. #}
{% macro is_unfinished(state) -%}
{{ state }} in ('PENDING', 'READY', 'BUILDING', 'RUNNING', 'IN_PROGRESS', 'HALTED', 'PAUSED')
{%- endmacro %}

{# An instant of Azure DevOps, where the first day of the first year stands for none. #}
{% macro azure_instant(text) -%}
nullif({{ instant(text) }}, timestamp '0001-01-01 00:00:00')
{%- endmacro %}

{# A branch without the folder that a full ref has before it. #}
{% macro branch_of(ref) -%}
regexp_replace({{ ref }}, '^refs/(heads|tags)/', '')
{%- endmacro %}
