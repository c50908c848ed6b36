{# Whether what runs in production now was scanned in each way that its service needs. #}
with
    running as (
        select
            service_id,
            arg_max(subject_id, (started_at, subject_id)) as deployment_id,
            arg_max(artifact_digest, (started_at, subject_id)) as artifact_digest,
            arg_max(commit_sha, (started_at, subject_id)) as commit_sha,
            max(started_at) as started_at
        from {{ ref("control_subjects") }}
        where status = 'succeeded' and service_id is not null
        group by service_id
    ),
    needed as (
        select running.*, unnest(identities.required_scans) as kind
        from running
        inner join
            {{ ref("signing_identities") }} as identities
            on running.service_id = identities.service_id
    ),
    scanned as (
        select
            needed.service_id,
            needed.kind,
            arg_max(scans.scan_id, (scans.scanned_at, scans.scan_id)) as scan_id,
            max(scans.scanned_at) as scanned_at,
            min(
                epoch(scans.scanned_at - scans.database_updated_at) / 3600.0
            ) as database_hours
        from needed
        inner join
            {{ ref("scans") }} as scans
            on needed.kind = scans.kind
            and (
                needed.artifact_digest = scans.artifact_digest
                or (
                    scans.artifact_digest is null
                    and needed.commit_sha = scans.commit_sha
                )
            )
        group by needed.service_id, needed.kind
    )
select
    needed.service_id,
    needed.kind,
    needed.deployment_id,
    needed.artifact_digest,
    scanned.scan_id,
    scanned.scanned_at,
    scanned.database_hours,
    scanned.scan_id is not null
    and (
        needed.kind <> 'dependency'
        or coalesce(
            scanned.database_hours <= {{ threshold("scan_database_hours_max") }}, false
        )
    ) as is_covered
from needed
left join
    scanned on needed.service_id = scanned.service_id and needed.kind = scanned.kind
