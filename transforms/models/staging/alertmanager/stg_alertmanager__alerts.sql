{# Every read of an alert is a version of its own, so that it is known when it was last there. #}
{{
    config(
        kind="alertmanager",
        stream="alerts",
        key=["fingerprint", "started_at"],
    )
}}

select
    fingerprint,
    name,
    severity,
    labels,
    source_url,
    {{ instant("starts") }} as started_at,
    {# of an active alert it lies in the future and says nothing about its end #}
    case
        when {{ instant("ends") }} <= page_read_at then {{ instant("ends") }}
    end as stated_ended_at,
    page_read_at as seen_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an alert without fingerprint": "fingerprint is null",
                "an alert without start": "try_cast(starts as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "fingerprint": "$.fingerprint",
                "name": "$.labels.alertname",
                "severity": "$.labels.severity",
                "labels": "$.labels",
                "source_url": "$.generatorURL",
                "starts": "$.startsAt",
                "ends": "$.endsAt",
            }
        )
    }}
