"""Goals of the test estate: one a verdict, read off the metrics' own rows."""

from datetime import date

import duckdb

# metric, scope, id, target in the metric's unit, as written, lower is better, reason
GOALS = (
    (
        "change_failure_rate",
        "organisation",
        "all",
        0.5,
        "50 %",
        True,
        "Customers *see* it fail",
    ),
    ("deployment_frequency", "organisation", "all", 1000.0, "1000 per week", False, None),
    ("lead_time_for_changes", "organisation", "all", 86400.0, "1 d", True, None),
)


def create_goals(
    connection: duckdb.DuckDBPyConnection, *, as_of: date, hostile: str, is_empty: bool = False
) -> None:
    """Create v1.goals and v1.goal_states; statistics are the estate's own."""
    connection.execute("""create table v1.goals (goal_id varchar, metric varchar, scope varchar,
        scope_id varchar, target_value double, target_words varchar, owner varchar, reason varchar,
        effective_from_date date, effective_to_date date)""")
    for metric, scope, scope_id, target, words, _, reason in () if is_empty else GOALS:
        connection.execute(
            "insert into v1.goals values (?, ?, ?, ?, ?, ?, ?, ?, null, null)",
            [f"{metric}:{scope}:{scope_id}", metric, scope, scope_id, target, words, hostile,
             reason],
        )  # fmt: skip
    shape = "select * from v1.change_failure_rate where false"
    rows = " union all by name ".join(
        [shape, *(f"select * from v1.{one[0]} where grain = 'month'" for one in GOALS)]
    )
    lower = [one[0] for one in GOALS if one[5]]
    connection.execute(
        f"""create table v1.goal_states as
        with numbers as ({rows}), recent as (
            select * from numbers union all by name
            select * replace ('last_90_days' as grain) from numbers
            qualify row_number() over (
                partition by metric, scope, scope_id order by period_start_date desc) = 1
        )
        select goals.goal_id, recent.metric, recent.scope, recent.scope_id, recent.grain,
            case when state in ('no_data', 'uncovered') then 'no_data'
                when n < 10 or ci_low is null then 'too_little_data'
                when list_contains($lower, recent.metric) then
                    case when ci_high <= target_value then 'on_target'
                        when ci_low > target_value then 'off_target' else 'watch' end
                when ci_low >= target_value then 'on_target'
                when ci_high < target_value then 'off_target' else 'watch' end as verdict,
            recent.state, recent.value, recent.n, recent.ci_low, recent.ci_high, recent.unit,
            target_value, target_words, owner, reason, is_provisional,
            period_end_date <= $as_of as is_complete, period_start_date, period_end_date
        from recent inner join v1.goals as goals
            on recent.metric = goals.metric and recent.scope = goals.scope
            and recent.scope_id = goals.scope_id""",
        {"as_of": as_of, "lower": lower},
    )
