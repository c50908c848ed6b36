{# What holds for every control: one row a subject, a known verdict, a reason, and evidence where it passes or fails. #}
{% test control_shape(model) %}
    select subject_id
    from {{ model }}
    group by subject_id
    having
        count(*) > 1
        or subject_id is null
        or bool_or(
            verdict is null
            or verdict
            not in ('pass', 'warn', 'fail', 'no_data', 'inconclusive', 'not_applicable')
            or coalesce(reason_code, '') = ''
            or coalesce(reason, '') = ''
            or evidence is null
            or (verdict in ('pass', 'fail') and len(evidence) = 0)
            or occurred_at is null
        )
{% endtest %}
