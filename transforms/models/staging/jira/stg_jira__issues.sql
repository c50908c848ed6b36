{# Which field holds what is decided by the settings, which the page's context carries. #}
{{
    config(
        kind="jira",
        stream="issues",
        key=["issue_id"],
        known_values={
            "status_category": ["new", "indeterminate", "done", "undefined"]
        },
    )
}}

with
    issues as (
        select
            *,
            {{ jira_field("service_field") }} as service_value,
            {{ jira_field("severity_field") }} as severity_value,
            {{ jira_field("risk_field") }} as risk_value,
            {{ jira_field("impact_started_field") }} as impact_started_value,
            {{ jira_field("planned_start_field") }} as planned_start_value,
            {{ jira_field("planned_end_field") }} as planned_end_value,
            {{ jira_field("work_started_field") }} as work_started_value,
            {{ jira_field("work_ended_field") }} as work_ended_value
        from
            {{
                records(
                    {
                        "id": "$.id",
                        "key": "$.key",
                        "title": "$.fields.summary",
                        "project": "$.fields.project.key",
                        "type": "$.fields.issuetype.name",
                        "status": "$.fields.status.name",
                        "category": "$.fields.status.statusCategory.key",
                        "category_changed": "$.fields.statuscategorychangedate",
                        "priority": "$.fields.priority.name",
                        "parent": "$.fields.parent.key",
                        "labels": "$.fields.labels",
                        "versions": "$.fields.fixVersions",
                        "links": "$.fields.issuelinks",
                        "assignee_account": "$.fields.assignee.accountId",
                        "assignee_key": "$.fields.assignee.key",
                        "assignee_name": "$.fields.assignee.name",
                        "reporter_account": "$.fields.reporter.accountId",
                        "reporter_key": "$.fields.reporter.key",
                        "reporter_name": "$.fields.reporter.name",
                        "resolution": "$.fields.resolution.name",
                        "resolved": "$.fields.resolutiondate",
                        "due": "$.fields.duedate",
                        "created": "$.fields.created",
                        "updated": "$.fields.updated",
                    },
                    context={
                        "site": "$.site",
                        "service_field": "$.service_field",
                        "severity_field": "$.severity_field",
                        "risk_field": "$.risk_field",
                        "impact_started_field": "$.impact_started_field",
                        "planned_start_field": "$.planned_start_field",
                        "planned_end_field": "$.planned_end_field",
                        "work_started_field": "$.work_started_field",
                        "work_ended_field": "$.work_ended_field",
                    },
                )
            }}
    )
select
    id as issue_id,
    key,
    project,
    type,
    status,
    category as status_category,
    title,
    priority,
    parent as parent_key,
    resolution,
    {{ json_texts("labels", "$") }} as labels,
    {{ json_texts("versions", "$.id") }} as fix_version_ids,
    {{ json_texts("versions", "$.name") }} as fix_version_names,
    {{ json_texts("links", "$.type.inward") }} as link_words,
    {{ json_texts("links", "$.inwardIssue.key") }} as linked_keys,
    {{ pseudonym("coalesce(assignee_account, assignee_key, assignee_name)") }}
    as assignee_id,
    {{ pseudonym("coalesce(reporter_account, reporter_key, reporter_name)") }}
    as reporter_id,
    {{ jira_word("service_value") }} as service_name,
    {{ jira_word("severity_value") }} as severity,
    {{ jira_word("risk_value") }} as risk,
    site || '/browse/' || key as source_url,
    try_cast(due as date) as due_date,
    {{ instant("created") }} as created_at,
    {{ instant("category_changed") }} as status_category_changed_at,
    {{ instant("resolved") }} as resolved_at,
    {{ instant(jira_word("impact_started_value")) }} as impact_started_at,
    {{ instant(jira_word("planned_start_value")) }} as planned_start_at,
    {{ instant(jira_word("planned_end_value")) }} as planned_end_at,
    {{ instant(jira_word("work_started_value")) }} as work_started_at,
    {{ instant(jira_word("work_ended_value")) }} as work_ended_at,
    {{ instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an issue without id": "id is null",
                "an issue without key": "key is null",
                "an issue without status": "status is null",
                "an issue without time of creation": "try_cast(created as timestamptz) is null",
                "an issue without time of update": "try_cast(updated as timestamptz) is null",
            }
        )
    }}
from issues
