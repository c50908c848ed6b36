{#
  How often the model is right where somebody knows the cause: of all candidates (no deployment
  among them) to which it gave about some probability, the share that was the cause. The model does
  not see what is known when it is fitted.
#}
with
    known as (select * from {{ ref("int_known_causes") }}),
    labelled as (
        select
            known.label_source,
            suspects.model_probability as probability,
            list_contains(known.cause_ids, suspects.change_event_id) as is_cause
        from known
        inner join
            {{ ref("incident_suspects") }} as suspects
            on known.incident_id = suspects.incident_id
        where suspects.is_candidate
        union all
        select
            known.label_source,
            attributions.model_none_probability as probability,
            len(known.cause_ids) = 0 as is_cause
        from known
        inner join
            {{ ref("incident_attributions") }} as attributions
            on known.incident_id = attributions.incident_id
    ),
    binned as (
        select
            label_source,
            least(floor(probability * 10), 9) / 10 as bin_low,
            count(*) as n,
            avg(probability) as mean_probability,
            count(case when is_cause then 1 end)::double as cause_count
        from labelled
        group by label_source, bin_low
    )
select
    label_source,
    bin_low,
    bin_low + 0.1 as bin_high,
    n,
    mean_probability,
    cause_count / n as cause_share,
    {{ wilson_low("cause_count", "n") }} as low,
    {{ wilson_high("cause_count", "n") }} as high
from binned
