{# How well the model finds the causes that somebody knows, by who knows them. #}
with
    known as (select * from {{ ref("int_known_causes") }}),
    tops as (
        select
            incident_id,
            arg_max(change_event_id, model_probability) as top_change_event_id,
            max(model_probability) as top_probability
        from {{ ref("incident_suspects") }}
        where is_candidate
        group by incident_id
    ),
    distances as (
        select
            known.incident_id,
            sum(
                power(
                    suspects.model_probability
                    - list_contains(known.cause_ids, suspects.change_event_id)::double
                    / greatest(len(known.cause_ids), 1),
                    2
                )
            ) as squared_distance,
            count(
                case
                    when list_contains(known.cause_ids, suspects.change_event_id) then 1
                end
            ) as found_count
        from known
        inner join
            {{ ref("incident_suspects") }} as suspects
            on known.incident_id = suspects.incident_id
        where suspects.is_candidate
        group by known.incident_id
    ),
    judged as (
        select
            known.label_source,
            len(known.cause_ids) > 0 as is_caused,
            coalesce(tops.top_probability, 0.0) >= 0.5 as is_linked,
            coalesce(tops.top_probability, 0.0) >= 0.5
            and list_contains(known.cause_ids, tops.top_change_event_id) as is_right,
            {# a cause that is no candidate was given nothing #}
            coalesce(distances.squared_distance, 0.0) + power(
                attributions.model_none_probability
                - (len(known.cause_ids) = 0)::double,
                2
            )
            + (len(known.cause_ids) - coalesce(distances.found_count, 0))
            / power(greatest(len(known.cause_ids), 1), 2) as brier
        from known
        inner join
            {{ ref("incident_attributions") }} as attributions
            on known.incident_id = attributions.incident_id
        left join tops on known.incident_id = tops.incident_id
        left join distances on known.incident_id = distances.incident_id
    ),
    counted as (
        select
            label_source,
            count(*) as incident_count,
            count(case when is_caused then 1 end) as caused_count,
            count(case when is_linked then 1 end) as linked_count,
            count(case when is_right then 1 end)::double as right_count,
            avg(brier) as brier
        from judged
        group by label_source
    )
select
    label_source,
    incident_count,
    caused_count,
    linked_count,
    cast(right_count as bigint) as right_count,
    right_count / nullif(linked_count, 0) as precision_share,
    {{ wilson_low("right_count", "linked_count") }} as precision_low,
    {{ wilson_high("right_count", "linked_count") }} as precision_high,
    right_count / nullif(caused_count, 0) as recall_share,
    {{ wilson_low("right_count", "caused_count") }} as recall_low,
    {{ wilson_high("right_count", "caused_count") }} as recall_high,
    brier
from counted
