{# The verdict of a code of emergency_register: what is not named here is a failure. #}
{% macro emergency_verdict(code) -%}
case
    when
        {{ code }}
        in (
            'incident_open', 'within_grant', 'granter_authorised', 'approved_before',
            'approved_after', 'reviewed', 'trail_complete', 'debt_paid'
        )
    then 'pass'
    when {{ code }} in ('approval_due', 'review_due', 'debt_due')
    then 'warn'
    when {{ code }} = 'roles_unstated'
    then 'inconclusive'
    when {{ code }} in ('tests_unknown', 'granter_unknown')
    then 'no_data'
    else 'fail'
end
{%- endmacro %}
