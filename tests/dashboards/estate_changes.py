"""Results of the controls of changes, both populations and the CMDB, for an estate."""

from pathlib import Path

import duckdb

# Of every service's deployments each 20th was not approved, each 11th began outside its window.
RESULTS = """
insert into v1.control_results by name
with placed as (
    select *, row_number() over (partition by service_id order by finished_at) as place
    from v1.fct_deployments
), judged as (
    select 'change_authorised' as control_id, 'deployment' as subject_type,
        deployment_id as subject_id, [] as evidence,
        case place % 20 when 0 then 'fail' when 1 then 'exempt' else 'pass' end as verdict,
        case place % 20 when 0 then $hostile else 'CHG0030001 was approved.' end as reason, *
    from placed
    union all
    select 'change_window', 'deployment', deployment_id, [],
        case place % 11 when 0 then 'fail' else 'pass' end,
        'It began 40 min after the planned end of CHG0030002.', * from placed
    union all
    select 'authorised_hours', 'deployment', deployment_id, [],
        case place % 15 when 0 then 'fail' else 'pass' end,
        'It begins outside of allowed hours, Fri 2026-11-20 21:00 Europe/Berlin.', * from placed
    union all
    select 'change_truth', 'change_request', 'servicenow:chg-' || service_id || place,
        ['change_requests:servicenow:chg', 'fct_deployments:' || deployment_id],
        case when is_failed and place % 2 = 0 then 'fail' else 'pass' end,
        'CHG0030003 is closed as successful, yet its deployment failed.', * from placed
    union all
    select 'post_implementation_review', 'post_implementation_review',
        'deployment:' || deployment_id, ['fct_deployments:' || deployment_id],
        case place % 3 when 0 then 'fail' when 1 then 'not_applicable' else 'pass' end,
        'The review was held 2026-11-20 12:00 UTC, after it was due 2026-11-19 12:00 UTC.', *
    from placed
    union all
    select 'deployment_traceability', 'deployment', deployment_id, [],
        case place % 20 when 7 then 'fail' else 'pass' end,
        case place % 20 when 7 then 'The change of its commit names no work item.'
            else 'It can be followed from its digest to its change request.' end, * from placed
)
select control_id, subject_type, subject_id, service_id, team_id, environment_id,
    started_at as occurred_at, cast(started_at as date) as occurred_date, verdict,
    verdict as underlying_verdict, 'high' as severity, 'because' as reason_code, reason,
    evidence::varchar[] as evidence
from judged
"""
# One of the violations is the first of its person.
OFF_HOURS = """
create table v1.off_hours_summary as
select 'all' as grain, null::date as period_start_date, scope, scope_id, 1200::bigint as n,
    90::bigint as off_hours_count, 0.075 as off_hours_ratio, 0.0614 as off_hours_ratio_low,
    0.0913 as off_hours_ratio_high, 20::bigint as overridden_count, 20 / 1200.0 as override_ratio,
    0.0108 as override_ratio_low, 0.0256 as override_ratio_high, 69::bigint as violation_count,
    0.0575 as violation_ratio, 0.0457 as violation_ratio_low, 0.0721 as violation_ratio_high,
    1::bigint as exempt_count, 4::bigint as automated_rollback_count, 5::bigint as person_count,
    88::bigint as known_person_count, 44::bigint as top_person_count, 0.5 as top_person_ratio,
    (select list(subject_id order by occurred_at)[1:1] from v1.control_results
        where control_id = 'authorised_hours' and verdict = 'fail') as first_deployment_ids,
    case scope when 'organisation' then 80::bigint end as compared_count,
    12::bigint as compared_failed_count, 1000::bigint as on_hours_compared_count,
    50::bigint as on_hours_failed_count, 3.35 as odds_ratio, 1.70 as odds_ratio_low,
    6.60 as odds_ratio_high, 0.0004 as p_stratified, 2::bigint as stratum_count,
    'associated' as statement
from (values ('organisation', 'all'), ('service', 'payments-core')) as t(scope, scope_id)
"""
RECONCILIATION = """
create table v1.change_reconciliation as
with months as (
    select cast(date_trunc('month', started_at) as date) as period_start_date, service_id,
        row_number() over (order by deployment_id) % 9 as place
    from v1.fct_deployments
), sorted as (
    select 'deployments' as direction, *,
        case place when 0 then 'none' when 1 then 'planned_window' when 2 then 'correlated'
            else 'named' end as outcome from months
    union all
    select 'change_requests', *,
        case place when 0 then 'phantom' when 1 then 'called_off' else 'deployed' end from months
)
select *, sum(item_count) over (partition by direction, period_start_date, service_id)::bigint
        as listed_count,
    sum(item_count) over (partition by direction, period_start_date, service_id)::bigint
        as total_count
from (
    select direction, period_start_date, service_id, outcome, count(*) as item_count,
        0::bigint as uncertain_count
    from sorted group by all
)
"""
ITEMS = """
create table v1.cmdb_reconciliation as
select 'ci-' || number as reconciliation_id, 'ci-' || number as configuration_item_id,
    case when number % 20 > 2 then 'seen-' || number end as observed_item_id,
    case when number % 20 > 2 then 'matched' when number % 20 = 1 then 'duplicate'
        else 'declared_only' end as outcome,
    timestamp '2026-11-20 10:00' as discovered_at
from range(105) as t(number)
"""
REQUESTS = """
create table v1.change_requests as
select subject_id as change_request_id, 'CHG003' || row_number() over (order by subject_id)
    as number, true as is_current
from v1.control_results where control_id = 'change_truth'
"""
THRESHOLDS = """
create table v1.thresholds as select * from (values
    ('unauthorised_deployments_ratio_max', 0.0::double), ('change_window_ratio_min', 0.98),
    ('misreported_changes_ratio_max', 0.02), ('traceable_ratio_min', 1.0),
    ('cmdb_accuracy_ratio_min', 0.9)) as t(threshold_key, value)
"""


def add_changes(folder: Path, *, hostile: str) -> None:
    """Add the tables that the pages of changes and populations read to a published build."""
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(RESULTS, {"hostile": hostile})
        for text in (OFF_HOURS, RECONCILIATION, ITEMS):
            connection.execute(text)
        connection.execute("drop table if exists v1.change_requests")
        connection.execute(REQUESTS)
        connection.execute("drop table if exists v1.thresholds")
        connection.execute(THRESHOLDS)
