{#
  One row per event as it was pushed, in one vocabulary: what it tells (null: it is only kept), of
  which subject, in its sender's words.
#}
{{ config(kind="push", stream="events", key=["delivery_id", "position"]) }}

with
    sent as (
        select
            *,
            page_row - min(page_row) over (partition by page_id) as position,
            regexp_extract(
                cd_type,
                '^dev\.cdevents\.([a-z]+\.[a-z]+)\.([0-9].*)$',
                ['name', 'version']
            ) as cd,
            case
                when vendor in ('github', 'gitea')
                then event_type
                when vendor = 'gitlab'
                then gl_kind
            end as kind
        from
            {{
                records(
                    {
                        "cd_type": "$.context.type",
                        "cd_time": "$.context.timestamp",
                        "cd_subject": "$.subject.id",
                        "cd_environment": "$.subject.content.environment.id",
                        "cd_service": "$.subject.content.service.id",
                        "cd_artifact": "$.subject.content.artifactId",
                        "cd_outcome": "$.subject.content.outcome",
                        "cd_reason": "$.subject.content.reason",
                        "cd_title": "$.subject.content.description",
                        "cd_ticket": "$.subject.content.ticketURI",
                        "cd_url": "$.subject.content.uri",
                        "cd_pipeline": "$.subject.content.pipelineName",
                        "cd_task": "$.subject.content.taskName",
                        "cd_run": "$.subject.content.pipelineRun.id",
                        "cd_repository": "$.subject.content.repository.id",
                        "cd_suite": "$.subject.content.testSuite.name",
                        "cd_suite_id": "$.subject.content.testSuite.id",
                        "cd_suite_run": "$.subject.content.testSuiteRun.id",
                        "cd_case": "$.subject.content.testCase.name",
                        "cd_case_id": "$.subject.content.testCase.id",
                        "gh_repository": "$.repository.full_name",
                        "gh_id": "$.deployment.id",
                        "gh_sha": "$.deployment.sha",
                        "gh_ref": "$.deployment.ref",
                        "gh_task": "$.deployment.task",
                        "gh_environment": "$.deployment.environment",
                        "gh_created": "$.deployment.created_at",
                        "gh_url": "$.deployment.url",
                        "gh_login": "$.deployment.creator.login",
                        "gh_service": "$.deployment.payload.service",
                        "gh_version": "$.deployment.payload.version",
                        "gh_digest": "$.deployment.payload.artifact_digest",
                        "gh_request": "$.deployment.payload.change_request",
                        "gh_state": "$.deployment_status.state",
                        "gh_state_at": "$.deployment_status.created_at",
                        "gh_description": "$.deployment_status.description",
                        "run_id": "$.workflow_run.id",
                        "run_name": "$.workflow_run.name",
                        "run_sha": "$.workflow_run.head_sha",
                        "run_branch": "$.workflow_run.head_branch",
                        "run_event": "$.workflow_run.event",
                        "run_status": "$.workflow_run.status",
                        "run_conclusion": "$.workflow_run.conclusion",
                        "run_attempt": "$.workflow_run.run_attempt",
                        "run_url": "$.workflow_run.html_url",
                        "run_created": "$.workflow_run.created_at",
                        "run_started": "$.workflow_run.run_started_at",
                        "run_updated": "$.workflow_run.updated_at",
                        "job_id": "$.workflow_job.id",
                        "job_run": "$.workflow_job.run_id",
                        "job_name": "$.workflow_job.name",
                        "job_status": "$.workflow_job.status",
                        "job_conclusion": "$.workflow_job.conclusion",
                        "job_attempt": "$.workflow_job.run_attempt",
                        "job_url": "$.workflow_job.html_url",
                        "job_created": "$.workflow_job.created_at",
                        "job_started": "$.workflow_job.started_at",
                        "job_completed": "$.workflow_job.completed_at",
                        "gl_kind": "$.object_kind",
                        "gl_project": "$.project.path_with_namespace",
                        "gl_deployment": "$.deployment_id",
                        "gl_environment": "$.environment",
                        "gl_status": "$.status",
                        "gl_changed": "$.status_changed_at",
                        "gl_commit_url": "$.commit_url",
                        "gl_ref": "$.ref",
                        "gl_login": "$.user.username",
                        "gl_id": "$.object_attributes.id",
                        "gl_name": "$.object_attributes.name",
                        "gl_sha": "$.object_attributes.sha",
                        "gl_branch": "$.object_attributes.ref",
                        "gl_source": "$.object_attributes.source",
                        "gl_state": "$.object_attributes.status",
                        "gl_created": "$.object_attributes.created_at",
                        "gl_finished": "$.object_attributes.finished_at",
                        "gl_url": "$.object_attributes.url",
                        "gl_job": "$.build_id",
                        "gl_job_name": "$.build_name",
                        "gl_job_status": "$.build_status",
                        "gl_job_created": "$.build_created_at",
                        "gl_job_started": "$.build_started_at",
                        "gl_job_finished": "$.build_finished_at",
                        "gl_pipeline": "$.pipeline_id",
                        "pd_type": "$.event.event_type",
                        "pd_at": "$.event.occurred_at",
                        "pd_id": "$.event.data.id",
                        "pd_kind": "$.event.data.type",
                        "pd_status": "$.event.data.status",
                        "pd_title": "$.event.data.title",
                        "pd_service": "$.event.data.service.summary",
                        "pd_service_id": "$.event.data.service.id",
                        "pd_urgency": "$.event.data.urgency",
                        "pd_priority": "$.event.data.priority.summary",
                        "pd_created": "$.event.data.created_at",
                        "pd_url": "$.event.data.html_url",
                        "al_fingerprint": "$.fingerprint",
                        "al_name": "$.labels.alertname",
                        "al_severity": "$.labels.severity",
                        "al_labels": "$.labels",
                        "al_status": "$.status",
                        "al_start": "$.startsAt",
                        "al_end": "$.endsAt",
                        "al_url": "$.generatorURL",
                        "app_name": "$.metadata.name",
                        "app_kind": "$.kind",
                        "app_namespace": "$.spec.destination.namespace",
                        "app_phase": "$.status.operationState.phase",
                        "app_started": "$.status.operationState.startedAt",
                        "app_finished": "$.status.operationState.finishedAt",
                        "app_revision": "$.status.operationState.syncResult.revision",
                        "az_created": "$.createdDate",
                        "stated_time": "$.time",
                        "stated_subject": "$.subject",
                    },
                    {
                        "vendor": "$.vendor",
                        "event_type": "$.event_type",
                        "delivery_id": "$.delivery_id",
                        "cloud_time": "$.ce_time",
                        "cloud_subject": "$.ce_subject",
                        "mapping_tells": "$.mapping_tells",
                        "mapping_id": "$.mapping_id",
                        "mapping_time": "$.mapping_time",
                        "mapping_service": "$.mapping_service",
                        "mapping_environment": "$.mapping_environment",
                        "mapping_status": "$.mapping_status",
                        "mapping_version": "$.mapping_version",
                        "mapping_commit": "$.mapping_commit",
                        "mapping_repository": "$.mapping_repository",
                        "mapping_title": "$.mapping_title",
                        "mapping_url": "$.mapping_url",
                        "mapping_type": "$.mapping_type",
                        "mapping_only_type": "$.mapping_only_type",
                    },
                )
            }}
    ),
    told as (
        select
            *,
            case
                when mapping_tells is not null
                then 'mapping'
                when vendor in ('alertmanager', 'grafana')
                then 'alert'
                else vendor
            end as form,
            coalesce(
                json_extract_string(record, mapping_type), event_type
            ) as mapped_type
        from sent
    ),
    judged as (
        select
            *,
            case
                when form = 'mapping'
                then
                    case
                        when
                            mapping_only_type is null or mapping_only_type = mapped_type
                        then mapping_tells
                    end
                when form = 'alert'
                then case when al_fingerprint is not null then 'alert' end
                when form = 'cdevents'
                then
                    case
                        when
                            cd.name in (
                                'service.deployed',
                                'service.upgraded',
                                'service.rolledback',
                                'service.removed'
                            )
                        then 'deployment'
                        when
                            cd.name in (
                                'incident.detected',
                                'incident.reported',
                                'incident.resolved'
                            )
                        then 'incident'
                        when
                            cd.name in (
                                'pipelinerun.queued',
                                'pipelinerun.started',
                                'pipelinerun.finished'
                            )
                        then 'pipeline_run'
                        when cd.name in ('taskrun.started', 'taskrun.finished')
                        then 'pipeline_job'
                        when
                            cd.name
                            in ('change.created', 'change.merged', 'change.abandoned')
                        then 'change'
                        when cd.name = 'testsuiterun.finished'
                        then 'test_suite'
                        when cd.name in ('testcaserun.finished', 'testcaserun.skipped')
                        then 'test_case'
                    end
                when form in ('github', 'gitlab', 'gitea')
                then
                    case
                        when kind = 'deployment_status'
                        then 'deployment'
                        when kind = 'deployment'
                        then 'deployment'
                        when kind in ('workflow_run', 'pipeline')
                        then 'pipeline_run'
                        when kind in ('workflow_job', 'build')
                        then 'pipeline_job'
                    end
                when form = 'pagerduty'
                then case when pd_kind = 'incident' then 'incident' end
                when form = 'argocd'
                then
                    case
                        when app_kind = 'Application' and app_phase is not null
                        then 'deployment'
                    end
            end as tells
        from told
    ),
    named as (
        select
            *,
            case
                when form = 'mapping'
                then json_extract_string(record, mapping_id)
                when form = 'alert'
                then al_fingerprint
                when form = 'cdevents'
                then cd_subject
                when form = 'pagerduty'
                then pd_id
                when form = 'argocd'
                then app_name || '/' || app_started
                when form = 'gitlab'
                then
                    case
                        kind
                        when 'deployment'
                        then gl_deployment
                        when 'build'
                        then gl_job
                        else gl_id
                    end
                else coalesce(gh_id, run_id, job_id)
            end as subject_id,
            regexp_replace(
                case
                    form
                    when 'mapping'
                    then json_extract_string(record, mapping_time)
                    when 'alert'
                    then al_start
                    when 'cdevents'
                    then cd_time
                    when 'pagerduty'
                    then pd_at
                    when 'gitlab'
                    then
                        coalesce(
                            gl_changed,
                            gl_job_finished,
                            gl_job_started,
                            gl_job_created,
                            gl_finished,
                            gl_created
                        )
                    when 'argocd'
                    then coalesce(app_finished, app_started)
                    when 'azure_devops'
                    then az_created
                    when 'cloudevents'
                    then coalesce(cloud_time, stated_time)
                    when 'generic'
                    then null
                    else
                        coalesce(
                            gh_state_at,
                            gh_created,
                            run_updated,
                            job_completed,
                            job_started,
                            job_created
                        )
                end,
                ' ([+-][0-9]{2})([0-9]{2})$',
                '\1:\2'
            ) as happened
        from judged
    )
select
    delivery_id,
    position,
    vendor,
    coalesce(cd.name, event_type) as event_type,
    nullif(cd.version, '') as event_version,
    tells,
    coalesce(subject_id, cloud_subject, stated_subject) as subject_id,
    case
        form
        when 'mapping'
        then json_extract_string(record, mapping_status)
        when 'cdevents'
        then coalesce(cd_outcome, cd.name)
        when 'pagerduty'
        then pd_status
        when 'alert'
        then al_status
        when 'argocd'
        then app_phase
        when 'gitlab'
        then coalesce(gl_job_status, gl_state, gl_status)
        else coalesce(gh_state, run_status, job_status)
    end as state,
    coalesce(run_conclusion, job_conclusion) as conclusion,
    coalesce(
        json_extract_string(record, mapping_service),
        cd_service,
        pd_service,
        gh_service,
        case when vendor = 'argocd' then app_name end,
        case when cd.name like 'service.%' then cd_subject end
    ) as service_name,
    pd_service_id as source_service_id,
    coalesce(
        json_extract_string(record, mapping_environment),
        cd_environment,
        gh_environment,
        case when kind = 'deployment' then gl_environment end,
        case when vendor = 'argocd' then app_namespace end
    ) as environment_name,
    coalesce(
        json_extract_string(record, mapping_repository),
        cd_repository,
        case when vendor in ('github', 'gitea') then gh_repository end,
        gl_project
    ) as repository,
    coalesce(
        json_extract_string(record, mapping_commit),
        gh_sha,
        run_sha,
        gl_sha,
        regexp_extract(gl_commit_url, '/commit/([0-9a-f]{40})', 1),
        app_revision
    ) as commit_sha,
    coalesce(
        json_extract_string(record, mapping_version), gh_version, gh_ref
    ) as version,
    coalesce(cd_artifact, gh_digest) as artifact,
    coalesce(gh_ref, run_branch, gl_branch, gl_ref) as ref,
    gh_task as task,
    gh_request as change_request_number,
    gh_description as state_description,
    coalesce(
        json_extract_string(record, mapping_title),
        cd_title,
        pd_title,
        al_name,
        cd_pipeline,
        cd_task,
        cd_case,
        cd_suite,
        run_name,
        job_name,
        gl_name,
        gl_job_name
    ) as title,
    coalesce(
        json_extract_string(record, mapping_url),
        cd_ticket,
        cd_url,
        pd_url,
        al_url,
        gh_url,
        run_url,
        job_url,
        gl_url
    ) as source_url,
    coalesce(al_severity, pd_priority) as severity,
    pd_urgency as urgency,
    al_labels as labels,
    coalesce(cd_run, job_run, gl_pipeline) as pipeline_run,
    coalesce(cd_suite_run, cd_suite_id) as suite,
    cd_case_id as test_case,
    cd_reason as reason,
    coalesce(run_event, gl_source) as triggered_by,
    try_cast(coalesce(run_attempt, job_attempt) as bigint) as attempt,
    {{
        pseudonym(
            "coalesce(gh_login, case when kind = 'deployment' then gl_login end)"
        )
    }} as actor_id,
    {{ instant("happened") }} as occurred_at,
    {{
        instant(
            "coalesce(gh_created, run_created, job_created, gl_created, gl_job_created, pd_created, al_start)"
        )
    }}
    as created_at,
    {{ instant("coalesce(run_started, job_started, gl_job_started, app_started)") }}
    as started_at,
    {{
        instant(
            "coalesce(run_updated, job_completed, gl_finished, gl_job_finished, app_finished, al_end)"
        )
    }}
    as finished_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an event that tells a fact without the id of its subject": "tells is not null and subject_id is null",
                "an event that tells a fact without its time": "tells is not null and try_cast(happened as timestamptz) is null",
            }
        )
    }}
from named
