"""What is said of failures in the test estate; as elsewhere, the statistics are simplified."""

import duckdb

# A level comes from a source's own words.
HOSTILE_LEVEL = "<script>window.__x=1</script> **bold** strategy"


def create_correlations(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of the page of failure correlations from deployments and incidents."""
    connection.execute("""create table v1.service_causation as
        with counted as (
            select 'service' as scope, service_id as scope_id, count(*) as changes
            from v1.fct_deployments group by service_id
            union all
            select 'organisation', 'all', count(*) from v1.fct_deployments having count(*) > 0
        ), numbered as (
            select *, case when changes < 50 then 'too_little_data'
                when changes > 90 then 'evidence' else 'no_evidence' end as statement
            from counted
        )
        select scope, scope_id, statement, changes as change_event_count,
            (changes // 10) as exposed_incident_count, (changes // 8) as other_incident_count,
            changes * 2.0 as exposed_hours, 9000.0 as other_hours,
            5.88 as rate_ratio, case when statement = 'evidence' then 2.62 else 0.8 end
            as rate_ratio_low, case when changes % 2 = 0 then 12.63 end as rate_ratio_high,
            0.001 as p_exact, 0.002 as p_permutation,
            case when statement <> 'too_little_data' then 0.004 end as p_adjusted,
            case when statement <> 'too_little_data' then 0.31 end as attributable_fraction,
            case statement when 'evidence' then 0.12 when 'no_evidence' then 0.0 end
            as attributable_fraction_low,
            case when statement <> 'too_little_data' then 0.5 end as attributable_fraction_high,
            case when statement <> 'too_little_data' then 0.83 end
            as exposed_attributable_fraction,
            case when statement <> 'too_little_data' then 3.5 end as excess_incident_count,
            1e9 as shift_count, 1 as seed
        from numbered""")
    connection.execute("""create table v1.failure_factors as
        select * from (values
            ('weekday', 'Weekday', 'Day on which it began.', 'on {level}', 'Monday to Thursday',
             'tier of the service, working hours', 'service, team', 'production deployments',
             ['tier', 'working_hours']),
            ('strategy', 'Strategy', 'As the source states it.', 'with {level}', null,
             'tier of the service', 'service, size of the changes',
             'deployments that state a strategy', ['tier']),
            ('flaky_tests', 'Flaky tests', 'Share of flaky tests.', 'with {level}', null,
             'tier of the service', 'team', 'test results (JUnit reports)', ['tier'])
        ) as factors(factor, title, plain_words, phrase, reference_level, confounders_controlled,
            confounders_not_controlled, needs, controls)""")
    connection.execute(
        """create table v1.failure_correlations as
        select rows.* from (values
            ('weekday', 'Monday to Thursday', 'Monday to Thursday', 'reference', null, 1, 505, 55,
             505, 55, null, null, null, null, null, null, null, null, null, null),
            ('weekday', 'Friday', 'Monday to Thursday', 'associated', 'cmh', 2, 80, 24, 505, 55,
             2, 0.19, 0.09, 0.30, 3.4, 1.9, 6.1, 0.0004, 0.0012, 0.4),
            ('weekday', 'Saturday or Sunday', 'Monday to Thursday', 'too_little_data', null, 3, 8,
             0, 505, 55, null, null, null, null, null, null, null, null, null, null),
            ('strategy', 'rolling strategy', 'rolling strategy', 'reference', null, 1, 400, 40,
             400, 40, null, null, null, null, null, null, null, null, null, null),
            ('strategy', $hostile, 'rolling strategy', 'not_established', 'cmh', 2, 120, 9, 400,
             40, 1, -0.025, -0.07, 0.04, 0.7, null, null, 0.3, 0.3, null)
        ) as rows(factor, level, reference_level, statement, test, level_order, n, failed_count,
            reference_n, reference_failed_count, stratum_count, risk_difference,
            risk_difference_low, risk_difference_high, odds_ratio, odds_ratio_low,
            odds_ratio_high, p_value, p_adjusted, homogeneity_p)
        where exists (select 1 from v1.fct_deployments limit 1 offset 1)""",
        {"hostile": HOSTILE_LEVEL},
    )
    connection.execute("""alter table v1.failure_correlations add column rate double;
        alter table v1.failure_correlations add column rate_low double;
        alter table v1.failure_correlations add column rate_high double;
        update v1.failure_correlations set rate = failed_count / n,
            rate_low = failed_count / n * 0.6, rate_high = least(failed_count / n * 1.6, 1)""")
    connection.execute("""create table v1.codeployment_pairs as
        select * from (values
            ('basket', 'checkout-api', 'not_established', 24, 24, 3, 130, 9, 25, 2, 90, 5, 1.7, 0.7,
             4.1, 0.22, 0.22),
            ('ledger', 'refunds', 'too_little_data', 6, 6, 0, 100, 4, 6, 1, 90, 5, null, null,
             null, null, null)
        ) as pairs(service_id, other_service_id, statement, codeployment_count, together_count,
            together_failed_count, alone_count, alone_failed_count, other_together_count,
            other_together_failed_count, other_alone_count, other_alone_failed_count, lift,
            lift_low, lift_high, p_value, p_adjusted)
        where exists (select 1 from v1.fct_deployments limit 1 offset 1)""")
    _write_doubles(connection)


def _write_doubles(connection: duckdb.DuckDBPyConnection) -> None:
    """Give written numbers the published type: DuckDB reads a literal as a decimal."""
    for table, column in connection.execute(
        """select table_name, column_name from information_schema.columns
        where data_type like 'DECIMAL%' and table_name in
            ('service_causation', 'failure_correlations', 'codeployment_pairs')"""
    ).fetchall():
        connection.execute(f"alter table v1.{table} alter {column} type double")
