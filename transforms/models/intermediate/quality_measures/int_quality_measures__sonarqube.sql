with
    projects as (
        select projects.*, aliases.service_id
        from {{ newest("stg_sonarqube__projects", "source, project_key") }} as projects
        left join
            {{ ref("service_aliases") }} as aliases
            on lower(projects.project_key) = aliases.alias
    ),
    analyses as (
        select source, project_key, analysed_at, max(commit_sha) as commit_sha
        from
            {{ newest("stg_sonarqube__analyses", "source, project_key, analysis_key") }}
        group by source, project_key, analysed_at
    ),
    measures as (
        select
            *,
            metric like '%coverage'
            or metric like '%density'
            or metric like '%reviewed' as is_percentage
        from
            {{
                newest(
                    "stg_sonarqube__measures",
                    "source, project_key, metric, analysed_at",
                )
            }}
    )
select
    measures.source
    || ':'
    || measures.project_key
    || ':'
    || measures.metric
    || ':'
    || strftime(measures.analysed_at, '%Y-%m-%dT%H:%M:%SZ') as measure_id,
    'sonarqube' as tool,
    case
        when measures.metric = 'alert_status' then 'quality_gate' else measures.metric
    end as metric,
    case
        when measures.is_percentage
        then try_cast(measures.value as double) / 100
        else try_cast(measures.value as double)
    end as value,
    case
        when measures.is_percentage
        then 'ratio'
        when measures.metric like '%rating'
        then 'rating'
        when measures.metric <> 'alert_status'
        then 'count'
    end as unit,
    case
        when measures.metric = 'alert_status'
        then
            case
                lower(measures.value)
                when 'ok'
                then 'pass'
                when 'warn'
                then 'warn'
                when 'error'
                then 'fail'
            end
    end as verdict,
    projects.service_id,
    coalesce(projects.name, measures.project_key) as service_name,
    analyses.commit_sha,
    measures.analysed_at as measured_at,
    measures.source,
    measures.page_id,
    measures.ordinal,
    measures.read_at
from measures
left join projects using (source, project_key)
left join analyses using (source, project_key, analysed_at)
