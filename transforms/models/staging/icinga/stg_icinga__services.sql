{{ config(kind="icinga", stream="services", key=["fingerprint", "changed_at"]) }}

{{
    icinga_states(
        "case state when '1' then 'warning' when '2' then 'critical' else 'unknown' end",
        "host_name",
        "check_name",
        ["$.attrs", "$.joins.host"],
    )
}}
