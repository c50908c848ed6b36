{#
  Commits that change nothing of a service, of the services that are told by paths. Each glob has a
  folder that it lies in, so that paths are joined by their folders; only globs with signs behind
  that folder are compared as patterns. A commit whose paths are not known is outside of nothing.
#}
with
    told as (
        select service_id, repository, unnest(path_globs) as path_glob
        from {{ ref("service_repositories") }}
        where len(path_globs) > 0
    ),
    globs as (
        select distinct
            service_id,
            repository,
            rtrim(regexp_extract(path_glob, '^([^*?]*/)?', 1), '/') as folder,
            case
                when regexp_matches(path_glob, '^[^*?]+/\*\*$')
                then null
                else {{ glob_pattern("path_glob") }}
            end as pattern
        from told
        where regexp_matches(path_glob, '[*?]')
        union
        {# a plain path is a file, or a folder with all that is in it #}
        select service_id, repository, rtrim(path_glob, '/') as folder, null as pattern
        from told
        where not regexp_matches(path_glob, '[*?]')
    ),
    changed as (
        select repository, commit_sha, paths
        from {{ newest("stg_git__paths", "source, repository, commit_sha") }}
        where repository in (select repository from globs)
        qualify
            row_number() over (
                partition by repository, commit_sha order by source, page_id, ordinal
            )
            = 1
    ),
    commit_paths as (select repository, commit_sha, unnest(paths) as path from changed),
    depths as (
        select
            repository,
            path,
            string_split(path, '/') as names,
            unnest(range(0, len(string_split(path, '/')) + 1)) as depth
        from (select distinct repository, path from commit_paths)
    ),
    folders as (
        select repository, path, array_to_string(names[1:depth], '/') as folder
        from depths
    ),
    matches as (
        select distinct globs.service_id, folders.repository, folders.path
        from folders
        inner join
            globs
            on folders.repository = globs.repository
            and folders.folder = globs.folder
        where globs.pattern is null or regexp_full_match(folders.path, globs.pattern)
    ),
    inside as (
        select distinct
            matches.service_id, commit_paths.repository, commit_paths.commit_sha
        from commit_paths
        inner join
            matches
            on commit_paths.repository = matches.repository
            and commit_paths.path = matches.path
    ),
    services as (select distinct service_id, repository from globs)
select services.service_id, changed.repository, changed.commit_sha
from changed
inner join services on changed.repository = services.repository
left join
    inside
    on services.service_id = inside.service_id
    and changed.repository = inside.repository
    and changed.commit_sha = inside.commit_sha
where inside.commit_sha is null
