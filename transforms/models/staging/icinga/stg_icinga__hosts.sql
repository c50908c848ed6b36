{{ config(kind="icinga", stream="hosts", key=["fingerprint", "changed_at"]) }}

{{ icinga_states("'down'", "check_name", "'host alive'", ["$.attrs"]) }}
