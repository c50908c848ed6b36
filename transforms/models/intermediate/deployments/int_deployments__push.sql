{#
  A version of a deployment for each event about it: what all events told that had arrived by then,
  in whatever order. What a poll had seen already when it arrived says nothing new.
#}
with
    events as (
        select
            *,
            {# of CDEvents the subject is the service, and each event is a deployment #}
            key_source
            || ':'
            || case
                when event_type like 'service.%'
                then delivery_id || '#' || position
                else subject_id
            end as deployment_id,
            case
                when event_type = 'service.removed' or word = 'inactive'
                then 'superseded'
                when
                    event_type like 'service.%'
                    or (word is null and vendor not in ('github', 'gitea', 'gitlab'))
                    or word in (
                        'success',
                        'succeeded',
                        'successful',
                        'completed',
                        'ok',
                        'deployed'
                    )
                then 'succeeded'
                when
                    word in ('failure', 'failed', 'error')
                    and state_description ilike 'partial%'
                then 'partial'
                when
                    word in ('canceled', 'cancelled', 'aborted')
                    or (
                        word in ('failure', 'error')
                        and state_description ilike 'cancel%'
                    )
                then 'cancelled'
                when word in ('failure', 'failed', 'error')
                then 'failed'
                else 'in_progress'
            end as phase,
            case
                when artifact like 'sha256:%'
                then artifact
                else regexp_extract(url_decode(artifact), 'sha256:[0-9a-f]+')
            end as digest
        from {{ ref("int_pushed_events") }}
        where tells = 'deployment'
    ),
    polled as (
        select source || ':' || source_deployment_id as deployment_id, read_at
        from {{ ref("stg_github__deployments") }}
        union all
        select source || ':' || source_deployment_id, read_at
        from {{ ref("stg_github__deployment_statuses") }}
        {% if "int_deployments__gitlab" in var("deployments", []) %}
            union all
            select source || ':' || source_deployment_id, read_at
            from {{ ref("stg_gitlab__deployments") }}
        {% endif %}
    ),
    versions as (
        select
            *,
            last_value(repository ignore nulls) over so_far as known_repository,
            last_value(service_name ignore nulls) over so_far as known_service,
            last_value(environment_name ignore nulls) over so_far as known_environment,
            last_value(commit_sha ignore nulls) over so_far as known_commit,
            last_value(actor_id ignore nulls) over so_far as known_actor,
            last_value(source_url ignore nulls) over so_far as known_url,
            min(coalesce(created_at, occurred_at)) over so_far as known_created_at,
            min(
                coalesce(
                    started_at,
                    case
                        when phase = 'in_progress' and state is not null
                        then occurred_at
                    end
                )
            ) over so_far as known_started_at,
            min(case when phase = 'succeeded' then occurred_at end) over so_far
            as succeeded_at,
            min(
                case
                    when phase in ('partial', 'cancelled', 'failed') then occurred_at
                end
            ) over so_far as failed_at,
            arg_max(
                case when phase in ('partial', 'cancelled', 'failed') then phase end,
                occurred_at
            ) over so_far as failure,
            bool_or(phase = 'superseded') over so_far as was_superseded
        from events
        window
            so_far as (
                partition by source, deployment_id
                order by read_at, page_id, ordinal
                rows between unbounded preceding and current row
            )
    )
select
    deployment_id,
    known_repository as repository,
    known_service as service_name,
    lower(known_environment) as environment_id,
    known_commit as commit_sha,
    coalesce(
        version,
        nullif(regexp_extract(artifact, '[?&]tag=([^&#]+)', 1), ''),
        case
            when nullif(digest, '') is null
            then nullif(regexp_extract(artifact, '@([^?#]+)', 1), '')
        end
    ) as version,
    nullif(digest, '') as artifact_digest,
    case
        event_type when 'service.removed' then 'remove' else coalesce(task, 'deploy')
    end as task,
    ref,
    change_request_number,
    known_actor as actor_id,
    known_url as source_url,
    case
        when succeeded_at is not null
        then 'succeeded'
        when failed_at is not null
        then failure
        when was_superseded
        then 'superseded'
        else 'in_progress'
    end as status,
    coalesce(
        event_type = 'service.rolledback' or task = 'deploy:rollback', false
    ) as is_rollback,
    false as is_failure,
    false as is_exposed,
    known_created_at as created_at,
    coalesce(known_started_at, known_created_at) as started_at,
    coalesce(succeeded_at, failed_at) as finished_at,
    source,
    page_id,
    ordinal,
    read_at
from versions
where
    not exists (
        select 1
        from polled
        where
            polled.deployment_id = versions.deployment_id
            and polled.read_at between versions.occurred_at and versions.read_at
    )
