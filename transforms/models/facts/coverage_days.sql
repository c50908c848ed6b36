{#
  Which days of each kind of data are known. A complete run has read everything since the last
  complete run of its stream, so a day on which the connector was down is covered once a later run
  has caught up; it stays uncovered when no run did, because the settings make the later one read
  from a later day on. A day is covered when every source that is expected for it covers it: a
  source is expected from its first record on, and no longer once it has not been tried for 30 days
  while others were. An import says nothing of the days after its last record.
#}
with
    import_pages as (
        select page_id
        from {{ source("staging", "journal") }}
        where event = 'page' and versions_from_source
    ),
    records as (
        select
            'deployments' as domain,
            source,
            page_id,
            finished_date as record_date,
            read_at
        from {{ ref("int_deployments__collapsed") }}
        where
            environment_tier = 'production'
            and exclusion_reason is null
            and finished_at is not null
        union all
        select
            'incidents' as domain,
            folded.source,
            folded.page_id,
            incidents.impact_started_date as record_date,
            folded.read_at
        from {{ ref("fct_incidents") }} as incidents
        inner join
            {{ ref("int_incidents__folded") }} as folded
            on incidents.incident_id = folded.incident_id
        where
            incidents.exclusion_reason is null
            or incidents.exclusion_reason = 'same_incident'
    ),
    members as (
        select
            records.domain,
            records.source,
            import_pages.page_id is not null as is_import,
            min(records.record_date) as first_record_date,
            {{ local_date("max(records.read_at)") }} as last_read_date
        from records
        left join import_pages on records.page_id = import_pages.page_id
        group by records.domain, records.source, import_pages.page_id is not null
    ),
    {# the stream of each source that tells of the domain; of a kind not named here, any #}
    telling as (
        select *
        from
            (
                values
                    ('deployments', 'github', 'deployments'),
                    ('deployments', 'git', 'tags'),
                    ('incidents', 'servicenow', 'incident'),
                    ('incidents', 'pagerduty', 'incidents')
            ) as named(domain, kind, stream)
    ),
    attempts as (
        select
            started.run_id,
            started.source,
            started.kind,
            started.stream,
            started.window_from,
            started.read_at as started_at,
            sum(case when started.resumed_from is null then 1 else 0 end) over (
                partition by started.source, started.stream
                order by started.read_at, started.run_id
            ) as chain
        from {{ source("staging", "journal") }} as started
        where
            started.event = 'run_started'
            and started.read_at <= {{ as_of() }}
            and started.kind <> 'leadline'
    ),
    chained as (
        {# what a run is resumed for was asked for when the first of its chain began #}
        select
            *,
            min(started_at) over (
                partition by source, stream, chain
            ) as chain_started_at
        from attempts
    ),
    written as (
        {# pages written in quantity say themselves when they count as read #}
        select run_id, source, stream, max(read_at) as read_at
        from {{ source("staging", "journal") }}
        where
            event = 'page'
            and request ->> '$.method' = 'WRITE'
            and read_at <= {{ as_of() }}
        group by run_id, source, stream
    ),
    complete_runs as (
        select
            chained.source,
            chained.kind,
            chained.stream,
            chained.run_id,
            chained.started_at,
            {{ local_date("chained.window_from") }} as from_date,
            {{ local_date("greatest(chained.chain_started_at, written.read_at)") }}
            as to_date
        from chained
        inner join
            {{ source("staging", "journal") }} as finished
            on chained.run_id = finished.run_id
            and chained.source = finished.source
            and chained.stream = finished.stream
        left join
            written
            on chained.run_id = written.run_id
            and chained.source = written.source
            and chained.stream = written.stream
        where
            finished.event = 'run_finished'
            and (
                finished.status = 'complete'
                {# one repository refused, the others were read; Data health tells which #}
                or (finished.error ->> '$.class' = 'PageRefused' and finished.pages > 0)
            )
            and (finished.read_at <= {{ as_of() }} or written.run_id is not null)
    ),
    readings as (
        select
            members.domain,
            members.source,
            runs.from_date,
            runs.to_date,
            max(runs.to_date) over earlier as known_until_date
        from members
        inner join complete_runs as runs on members.source = runs.source
        where
            not members.is_import
            and (
                runs.kind not in (select kind from telling)
                or (members.domain, runs.kind, runs.stream)
                in (select (domain, kind, stream) from telling)
            )
        window
            earlier as (
                partition by members.domain, members.source
                order by runs.started_at, runs.stream, runs.run_id
                rows between unbounded preceding and 1 preceding
            )
    ),
    gaps as (
        select domain, source, known_until_date, from_date
        from readings
        where from_date > known_until_date + 1
    ),
    reaches as (
        select
            domain,
            source,
            max(case when known_until_date is null then from_date end) as from_date,
            max(to_date) as to_date
        from readings
        group by domain, source
    ),
    tries as (
        select source, max(started_at) as last_tried_at from attempts group by source
    ),
    retired as (
        select tries.source, {{ local_date("tries.last_tried_at") }} as last_tried_date
        from tries
        where
            tries.last_tried_at + interval 30 days
            < (select max(last_tried_at) as last_tried_at from tries)
    ),
    expected as (
        select
            members.domain,
            members.source,
            members.is_import,
            greatest(members.first_record_date, reaches.from_date) as first_date,
            case
                when members.is_import then members.last_read_date else reaches.to_date
            end as covered_until_date,
            case
                when members.is_import
                then members.last_read_date
                else coalesce(retired.last_tried_date, date '9999-12-31')
            end as expected_until_date
        from members
        left join
            reaches
            on not members.is_import
            and members.domain = reaches.domain
            and members.source = reaches.source
        left join retired on members.source = retired.source
    ),
    dates as (
        select
            domain,
            cast(
                unnest(
                    generate_series(
                        min(first_date),
                        greatest(min(first_date), {{ local_date(as_of()) }}),
                        interval 1 day
                    )
                ) as date
            ) as calendar_date
        from expected
        group by domain
    ),
    judged as (
        select
            dates.domain,
            dates.calendar_date,
            expected.source,
            dates.calendar_date
            <= coalesce(expected.covered_until_date, date '1900-01-01')
            and gaps.domain is null as is_covering
        from dates
        left join
            expected
            on dates.domain = expected.domain
            and dates.calendar_date >= expected.first_date
            and dates.calendar_date <= expected.expected_until_date
        left join
            gaps
            on expected.domain = gaps.domain
            and expected.source = gaps.source
            and not expected.is_import
            and dates.calendar_date > gaps.known_until_date
            and dates.calendar_date < gaps.from_date
    ),
    by_day as (
        select
            domain,
            calendar_date,
            string_agg(
                distinct case when not is_covering then source end,
                ', '
                order by case when not is_covering then source end
            ) as missing_sources,
            coalesce(bool_and(is_covering), false) as is_covered
        from judged
        group by domain, calendar_date
    )
select
    by_day.domain,
    by_day.missing_sources,
    count(case when by_day.is_covered then 1 end) over days as covered_day_count,
    count(case when by_day.is_covered and calendar.is_working_day then 1 end) over days
    as covered_working_day_count,
    by_day.is_covered,
    by_day.calendar_date
from by_day
inner join
    {{ ref("calendar_days") }} as calendar
    on by_day.calendar_date = calendar.calendar_date
    and calendar.calendar_id = 'organisation'
window
    days as (
        partition by by_day.domain
        order by by_day.calendar_date
        rows between unbounded preceding and current row
    )
