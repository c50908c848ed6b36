{{ config(kind="circleci", stream="pipelines", key=["pipeline_id"]) }}

select
    id as pipeline_id,
    try_cast(number as bigint) as pipeline_number,
    'https://app.circleci.com/pipelines/'
    || regexp_replace(project_slug, '^gh/', 'github/')
    || '/'
    || number as source_url,
    project_slug,
    state,
    trigger_type as event,
    coalesce(revision, checkout_revision) as commit_sha,
    branch,
    tag,
    coalesce(
        {{ repository_of("repository_url") }},
        case
            when regexp_matches(project_slug, '^(gh|bb|github|bitbucket)/')
            then regexp_replace(project_slug, '^[^/]+/', '')
        end
    ) as repository,
    {{ pseudonym("login") }} as actor_id,
    {{ instant("created") }} as created_at,
    {{ lineage() }},
    {{ quarantine({"a pipeline without id": "id is null"}) }}
from
    {{
        records(
            {
                "id": "$.id",
                "number": "$.number",
                "project_slug": "$.project_slug",
                "state": "$.state",
                "trigger_type": "$.trigger.type",
                "login": "$.trigger.actor.login",
                "revision": "$.vcs.revision",
                "checkout_revision": "$.trigger_parameters.git.checkout_sha",
                "branch": "$.vcs.branch",
                "tag": "$.vcs.tag",
                "repository_url": "$.vcs.target_repository_url",
                "created": "$.created_at",
            }
        )
    }}
