"""What is read off the metrics of the test estate: bands, own history, and changes of definitions.

As in the rest of the estate the statistics are simplified; the models' own are tested with them.
"""

from datetime import datetime
from pathlib import Path

import duckdb

SEEDS = Path(__file__).resolve().parents[2] / "transforms" / "seeds" / "reference"


def create_insights(
    connection: duckdb.DuckDBPyConnection, metrics: tuple[str, ...], *, as_of: datetime
) -> None:
    """Create the tables that the metric catalogue reads beside the metrics themselves."""
    for name in ("dora_bands", "dora_scores_2025"):
        connection.execute(f"create table v1.{name} as from read_csv('{SEEDS / name}.csv')")
    connection.execute("""create table v1.metric_definition_changes as
        select metric, unnest(['1.0.0', '1.1.0']) as version,
        unnest(['First definition; all periods were computed.', 'Partial ones count.']) as what,
        unnest([true, false]) as was_history_rebuilt,
        unnest([date '2026-11-23', date '2026-12-01']) as changed_date
        from v1.metric_definitions""")
    connection.execute(
        "create table v1.metric_baselines as " + " union all ".join(map(_baselines, metrics)),
        {"as_of": as_of.date()},
    )
    connection.execute("""create table v1.metric_bands as
        select metric, edition, grain, scope, scope_id, state, unit, 'high' as band_low,
        'low' as band_high, value, n, ci_low, ci_high, true as is_derived,
        case when edition = 2025 then 'scores_only' when n = 0 then 'no_data'
            when n < 10 then 'insufficient' when n < 20 then 'range'
            else 'single' end as band_state,
        case when n < 20 then 'high to low' else 'high' end as band_word,
        case when edition = 2025 and n > 0 then 6.0 end as score,
        case when edition = 2025 and n > 0 then 5.5 end as score_low,
        case when edition = 2025 and n > 0 then 6.5 end as score_high,
        case when edition = 2025 then 5.5 end as industry_score_mean,
        case when edition = 2025 then 2.4 end as industry_score_sd,
        period_start_date, period_end_date
        from v1.metric_baselines cross join range(2021, 2026) as editions(edition)
        where metric in (select metric from v1.dora_bands)
            or (edition = 2025 and metric in (select metric from v1.dora_scores_2025))""")


def _baselines(metric: str) -> str:
    return f"""select metric, grain, scope, scope_id, state, unit,
        case when n < 10 then 'too_little_data' when value is null then 'too_little_data'
            else ['better', 'worse', 'no_clear_change'][1 + length(metric) % 3]
            end as verdict,
        case when n = 0 then 'no_data' when n < 10 then 'few_observations' end as reason,
        value, n, ci_low, ci_high, value * 0.9 as baseline_low, value * 1.1 as baseline_high,
        12::bigint as baseline_period_count, n * 12 as baseline_observation_count,
        period_start_date, period_end_date
        from v1.{metric} where grain in ('month', 'quarter') and period_end_date <= $as_of
        qualify row_number() over (partition by grain, scope, scope_id
            order by period_start_date desc) = 1"""
