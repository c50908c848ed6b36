{{
    config(
        kind="azure_devops",
        stream="pull_requests",
        key=["repository_id", "pull_number"],
    )
}}

select
    repository_id,
    coalesce(project_name, project) || '/' || repository_name as repository,
    try_cast(number as bigint) as pull_number,
    title,
    status,
    regexp_replace(
        url, '/_apis/git/repositories/([^/]+)/pullRequests/', '/_git/\1/pullrequest/'
    ) as source_url,
    {{ branch_of("source_ref") }} as head_branch,
    {{ branch_of("target_ref") }} as base_branch,
    merge_commit as merge_commit_sha,
    json_extract_string(
        try_cast(coalesce(labels, '[]') as json), '$[*].name'
    ) as labels,
    {{ pseudonym("coalesce(author_name, author_number)") }} as author_id,
    is_draft = 'true' as is_draft,
    {{ azure_instant("created") }} as created_at,
    {{ azure_instant("closed") }} as closed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a pull request without number": "try_cast(number as bigint) is null",
                "a pull request without repository": "repository_name is null",
            }
        )
    }}
from
    {{
        records(
            {
                "number": "$.pullRequestId",
                "repository_id": "$.repository.id",
                "repository_name": "$.repository.name",
                "project_name": "$.repository.project.name",
                "title": "$.title",
                "status": "$.status",
                "url": "$.url",
                "source_ref": "$.sourceRefName",
                "target_ref": "$.targetRefName",
                "merge_commit": "$.lastMergeCommit.commitId",
                "labels": "$.labels",
                "author_name": "$.createdBy.uniqueName",
                "author_number": "$.createdBy.id",
                "is_draft": "$.isDraft",
                "created": "$.creationDate",
                "closed": "$.closedDate",
            },
            {"project": "$.project"},
        )
    }}
