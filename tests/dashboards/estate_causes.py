"""Causes of the test estate's incidents, simplified: what the incident and deployment pages read.

Each incident's suspects are the last deployments of its own service, with shares that fall.
"""

import duckdb


def create_causes(connection: duckdb.DuckDBPyConnection, *, hostile: str) -> None:
    """Create the tables of causes from the facts of an estate; `hostile` is a stranger's text."""
    for statement in _STATEMENTS:
        connection.execute(statement, {"hostile": hostile} if "$hostile" in statement else None)


_STATEMENTS = (
    """create table v1.change_events as
        select deployment_id as change_event_id, 'deployment' as type, kind, service_id, team_id,
        environment_id, version as label, change_count, commit_count, false as is_running,
        started_at, finished_at as exposed_at, finished_at, source, source_url
        from v1.fct_deployments""",
    """create table v1.incident_suspects as
        with pairs as (
            select i.incident_id, d.deployment_id, d.service_id, d.change_count,
            epoch(i.impact_started_at) - epoch(d.finished_at) as seconds_before,
            row_number() over (partition by i.incident_id
                order by d.finished_at desc)::bigint as suspect_rank
            from v1.fct_incidents as i join v1.fct_deployments as d using (service_id)
            where i.exclusion_reason is null and d.finished_at <= i.impact_started_at
            and d.finished_at > i.impact_started_at - interval 72 hours)
        select incident_id, deployment_id as change_event_id, 'deployment' as type, service_id,
        suspect_rank, probability, probability as model_probability,
        case when probability >= 0.5 then 'linked' when probability >= 0.3 then 'suspected'
            else 'unlikely' end as likelihood,
        null::varchar as evidence, null::varchar as judgement, true as is_candidate,
        0::bigint as hop_count, seconds_before, false as is_in_flight, change_count,
        exp(-seconds_before / 20000) * 8 as decay_multiplier, 1.0 as distance_multiplier,
        1.3 as batch_multiplier, 0.7 as service_multiplier
        from (select *, exp(-seconds_before / 40000) * 0.9 / suspect_rank as probability
            from pairs)""",
    """create table v1.incident_attributions as
        select i.incident_id,
        case when coalesce(s.top, 0) >= 0.5 then 'deployment'
            when coalesce(s.total, 0) <= 0.5 then 'not_deployment' else 'unsure' end as attribution,
        case when s.top is null then 'no_candidate' else 'model' end as basis,
        1 - coalesce(s.total, 0) as none_probability,
        1 - coalesce(s.total, 0) as model_none_probability,
        coalesce(s.suspect_count, 0) as suspect_count, s.top_change_event_id,
        coalesce(s.top, 0) as top_probability, 0.4 as background_per_week,
        'fitted' as model
        from v1.fct_incidents as i left join (
            select incident_id, max(probability) as top, sum(probability) as total,
            count(*) as suspect_count, arg_min(change_event_id, suspect_rank)
                as top_change_event_id
            from v1.incident_suspects group by incident_id) as s using (incident_id)
        where i.exclusion_reason is null""",
    """create table v1.incident_explanations as
        select i.incident_id, m.service_id, m.team_id, a.top_change_event_id,
        e.service_id as top_service_id, e.label as top_label, i.number, i.title, i.sources,
        i.source_url, a.attribution, a.basis, i.severity, a.top_probability, a.none_probability,
        a.background_per_week, i.is_open, a.attribution = 'deployment' as is_explained,
        i.impact_started_date, i.impact_started_at, i.detected_at, i.acknowledged_at, i.restored_at
        from v1.incident_attributions as a join v1.fct_incidents as i using (incident_id)
        left join v1.incident_services as m using (incident_id)
        left join v1.change_events as e on a.top_change_event_id = e.change_event_id""",
    """create table v1.alerts as
        select 'prometheus:' || incident_id as alert_id, service_id, $hostile as name,
        case severity when 1 then 'critical' end as severity,
        impact_started_at - interval 10 minutes as started_at,
        case when not is_open then restored_at end as ended_at,
        coalesce(restored_at, impact_started_at) as last_seen_at
        from v1.fct_incidents where service_id is not null""",
    """create table v1.attribution_verdicts (verdict_id varchar, incident_id varchar,
        change_event_id varchar, verdict varchar, state varchar, is_current boolean)""",
    """create table v1.attribution_fits as
        select 'fitted' as model, 220::bigint as incident_count,
        130::bigint as candidate_incident_count, 2000::bigint as change_event_count,
        -1667.9 as log_likelihood, -1979.2 as null_log_likelihood, 33::bigint as round_count,
        true as has_converged, date '2025-10-18' as window_start_date, '1.0.0'
        as definition_version, '0.1.0' as code_version""",
    """create table v1.attribution_parameters as
        select * from (values
            ('incidents_per_change_event', 'deployment', '', 0::bigint, 0.087),
            ('shown_within_seconds', null, '3600', 1, 0.28),
            ('service_multiplier', null, $hostile, 2, 1.6)
        ) as t(parameter, type, level, level_order, value)""",
    """create table v1.attribution_scores as
        select 'record' as label_source, 63::bigint as incident_count, 63::bigint as caused_count,
        63::bigint as linked_count, 61::bigint as right_count, 0.97 as precision_share,
        0.89 as precision_low, 0.99 as precision_high, 0.97 as recall_share, 0.89 as recall_low,
        0.99 as recall_high, 0.028 as brier""",
    """create table v1.attribution_calibration as
        select 'record' as label_source, 0.9 as bin_low, 1.0 as bin_high, 61::bigint as n,
        0.98 as mean_probability, 0.97 as cause_share, 0.89 as low, 0.99 as high""",
    """create table v1.service_reach as
        select service_id, service_id as upstream_service_id, 0::bigint as hop_count
        from v1.services
        union all
        select unnest(['web-shop', 'mobile-bff']), 'basket', unnest([1, 2])""",
    """create table v1.deployment_changes as
        select deployment_id, change_id, service_id, title, source_url, exclusion_reason,
        commit_count, length(title) % 3 as approver_count, 2::bigint as review_count,
        lead_time_seconds, is_bot, length(title) % 2 = 0 as is_reviewable, started_at,
        started_at as merged_at, deployed_at
        from v1.fct_changes""",
    """create table v1.deployment_details as
        select d.deployment_id, d.service_id, d.previous_deployment_id, 'run' as pipeline_run_id,
        'chg' as change_request_id, 'v<b>0</b>' as previous_version, $hostile as pipeline_name,
        'javascript:window.__x=1' as pipeline_url, 'CHG1' as change_request_number,
        'normal' as change_request_type, $hostile as change_request_title,
        [$hostile, 'test_b'] as failed_tests, 2::bigint as approver_count,
        40::bigint as test_count, 2::bigint as failed_test_count,
        true as is_approved_before_start, d.started_at as approved_at
        from v1.fct_deployments as d""",
)
