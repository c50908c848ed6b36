{{ config(kind="argocd", stream="applications", key=["namespace", "name"]) }}

select
    coalesce(namespace, '') as namespace,
    name,
    project,
    lower(coalesce(environment, env, destination_namespace)) as environment_id,
    coalesce(service, instance, name) as service_name,
    list_transform(
        coalesce(json_extract(record, '$.status.history[*]'), []),
        lambda entry:struct_pack(
            id := coalesce(
                entry ->> '$.deployStartedAt',
                entry ->> '$.deployedAt',
                entry ->> '$.id'
            ),
            started_at := {{ instant("entry ->> '$.deployStartedAt'") }},
            deployed_at := {{ instant("entry ->> '$.deployedAt'") }},
            revisions := list_filter(
                [entry ->> '$.revision']
                || coalesce(json_extract_string(entry, '$.revisions[*]'), []),
                lambda revision:revision is not null and revision <> ''
            ),
            repositories := list_filter(
                [entry ->> '$.source.repoURL']
                || coalesce(json_extract_string(entry, '$.sources[*].repoURL'), []),
                lambda address:address is not null and address <> ''
            ),
            chart
            := coalesce(entry ->> '$.source.chart', entry ->> '$.sources[0].chart'),
            target := coalesce(
                entry ->> '$.source.targetRevision',
                entry ->> '$.sources[0].targetRevision'
            ),
            actor_id := {{ pseudonym("entry ->> '$.initiatedBy.username'") }}
        )
    ) as syncs,
    phase,
    operation_started as operation_id,
    {{ instant("operation_started") }} as operation_started_at,
    {{ instant("operation_finished") }} as operation_finished_at,
    coalesce(dry_run = 'true', false) as is_dry_run,
    coalesce(
        nullif(synced_revision, ''), nullif(wanted_revision, '')
    ) as operation_revision,
    {{ pseudonym("username") }} as operation_actor_id,
    {{ repository_of("repository_address") }} as repository,
    target_revision,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an application without name": "name is null",
                "an application whose history is no list": "json_type(record, '$.status.history') not in ('ARRAY', 'NULL')",
            }
        )
    }}
from
    {{
        records(
            {
                "name": "$.metadata.name",
                "namespace": "$.metadata.namespace",
                "project": "$.spec.project",
                "environment": "$.metadata.labels.environment",
                "env": "$.metadata.labels.env",
                "service": '$.metadata.labels."app.kubernetes.io/name"',
                "instance": "$.metadata.labels.service",
                "destination_namespace": "$.spec.destination.namespace",
                "repository_address": "$.spec.source.repoURL",
                "target_revision": "$.spec.source.targetRevision",
                "phase": "$.status.operationState.phase",
                "operation_started": "$.status.operationState.startedAt",
                "operation_finished": "$.status.operationState.finishedAt",
                "dry_run": "$.status.operationState.operation.sync.dryRun",
                "wanted_revision": "$.status.operationState.operation.sync.revision",
                "synced_revision": "$.status.operationState.syncResult.revision",
                "username": "$.status.operationState.operation.initiatedBy.username",
            }
        )
    }}
