{#
  What other tools would show for the same records, by month and over the whole history. A view: it
  costs a build nothing, and whoever asks for one peer or service computes no other.
#}
{{ config(materialized="view", post_hook="{{ peer_metrics_between() }}") }}

with
    known as (
        select min(first_date) as first_date, max(last_date) as last_date
        from {{ ref("coverage") }}
    ),
    deployments_known as (
        select min(first_date) as first_date, max(last_date) as last_date
        from {{ ref("coverage") }}
        where domain = 'deployments'
    ),
    spans as (
        select grain, period_start_date, period_end_date
        from {{ ref("periods") }}
        where grain = 'month'
        union all
        select
            'whole' as grain,
            first_date as period_start_date,
            last_date + 1 as period_end_date
        from known
        where first_date is not null
    ),
    frames as (
        select
            spans.grain,
            spans.period_start_date,
            spans.period_end_date,
            scopes.scope,
            scopes.scope_id,
            greatest(
                spans.period_start_date, deployments_known.first_date
            ) as first_date,
            least(spans.period_end_date, deployments_known.last_date + 1)
            - 1 as last_date
        from spans
        cross join {{ ref("scopes") }} as scopes
        cross join deployments_known
        where
            scopes.scope in ('organisation', 'service')
            and deployments_known.first_date is not null
    ),
    observations as ({{ peer_observations() }}),
    keyed as materialized(
        select
            grains.grain,
            case
                grains.grain
                when 'month'
                then cast(date_trunc('month', observations.anchor_date) as date)
                else known.first_date
            end as period_start_date,
            scopes.scope,
            case
                scopes.scope when 'organisation' then 'all' else observations.service_id
            end as scope_id,
            observations.* exclude (scope)
        from observations
        cross join known
        cross join (select unnest(['month', 'whole']) as grain) as grains
        inner join
            (select unnest(['organisation', 'service']) as scope) as scopes
            on observations.scope = 'both'
            or observations.scope = scopes.scope
        where
            (scopes.scope = 'organisation' or observations.service_id is not null)
            and observations.anchor_date between known.first_date and known.last_date
            and coalesce(observations.until_date, known.last_date)
            between known.first_date and known.last_date
            and (
                grains.grain = 'whole'
                or observations.until_date is null
                or date_trunc('month', observations.until_date)
                = date_trunc('month', observations.anchor_date)
            )
    ),
    {{ peer_metrics_body() }}
