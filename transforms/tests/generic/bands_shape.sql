{#
  Ranges of one edition and metric follow each other without a hole and without an overlap, from 0 on;
  several levels may share a range where the edition does not tell them apart, and no level twice.
#}
{% test bands_shape(model) %}
    with
        ranges as (
            select
                edition,
                metric,
                unit,
                lower,
                upper,
                is_lower_inclusive,
                is_upper_inclusive,
                count(*) as row_count,
                count(distinct level) as level_count
            from {{ model }}
            group by
                edition,
                metric,
                unit,
                lower,
                upper,
                is_lower_inclusive,
                is_upper_inclusive
        ),
        neighbours as (
            select
                *,
                lag(upper) over (
                    partition by edition, metric order by lower
                ) as previous_upper,
                lag(is_upper_inclusive) over (
                    partition by edition, metric order by lower
                ) as was_upper_inclusive,
                lead(lower) over (
                    partition by edition, metric order by lower
                ) as next_lower
            from ranges
        )
    select *
    from neighbours
    where
        row_count <> level_count
        or coalesce(upper, 'infinity'::double) <= lower
        or (previous_upper is null and (lower <> 0 or not is_lower_inclusive))
        or (
            previous_upper is not null
            and (previous_upper <> lower or was_upper_inclusive = is_lower_inclusive)
        )
        or (
            next_lower is null
            and not (
                upper is null or (unit = 'ratio' and upper = 1 and is_upper_inclusive)
            )
        )
{% endtest %}
