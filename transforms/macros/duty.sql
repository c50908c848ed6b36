{#
  Who made, reviewed, approved and started a deployment, and which duties one person had that two
  should have. All of it are CTEs over `subjects` (macros/control.sql), so that the same text judges
  deployments that were made and one that a gate asks about; the last is `duty_findings`:
  subject_id, finding_order, finding, is_certain, change_id, person_ids, reason, evidence.
#}
{% macro duty_findings() -%}
robots as (
    select person_id from {{ ref("people") }} where kind <> 'human'
),
trusted_robots as (
    select person_id, held_from_at, held_to_at
    from {{ ref("approver_roles") }}
    where role_name = 'trusted_robot'
),
{{ changes_of_subjects() }},
changes_brought as (
    select change_id, min(started_at) as started_at from changed group by change_id
),
original_commits as (
    select commits.*
    from {{ ref("change_commits") }} as commits
    inner join changes_brought on commits.change_id = changes_brought.change_id
),
written as (
    select change_id, author_id as person_id, is_bot from changed
    union all
    select change_id, author_id, is_bot from original_commits where not is_merge
    union all
    select
        told.change_id, coalesce(aliases.person_id, told.co_author_id),
        starts_with(told.co_author_id, 'bot-')
    from (
        select change_id, unnest(co_author_ids) as co_author_id from original_commits where not is_merge
    ) as told
    left join {{ ref("identity_aliases") }} as aliases on told.co_author_id = aliases.alias_id
),
authors as (
    select
        written.change_id,
        written.person_id,
        bool_and(
            (coalesce(written.is_bot, false) or robots.person_id is not null)
            and trusted_robots.person_id is not null
        ) as is_trusted_robot
    from written
    left join robots on written.person_id = robots.person_id
    left join changes_brought on written.change_id = changes_brought.change_id
    left join
        trusted_robots
        on written.person_id = trusted_robots.person_id
        and {{ held_at("trusted_robots", "changes_brought.started_at") }}
    group by written.change_id, written.person_id
),
heads as (
    {# sources list the commits of a change oldest first #}
    select change_id, arg_max(commit_sha, (committed_at, ordinal)) as commit_sha
    from original_commits
    group by change_id
),
{# the last word of each reviewer; a bot's counts where it is trusted #}
opinions as (
    select
        brought.subject_id,
        reviews.change_id,
        reviews.reviewer_id,
        reviews.submitted_at <= brought.merged_at as was_before_merge,
        arg_max(reviews.review_id, (reviews.submitted_at, reviews.review_id)) as review_id,
        arg_max(reviews.state, (reviews.submitted_at, reviews.review_id)) as state,
        arg_max(coalesce(reviews.commit_sha, ''), (reviews.submitted_at, reviews.review_id)) as commit_sha,
        max(reviews.submitted_at) as submitted_at
    from changed as brought
    inner join {{ ref("reviews") }} as reviews on brought.change_id = reviews.change_id
    left join robots on reviews.reviewer_id = robots.person_id
    left join
        trusted_robots
        on reviews.reviewer_id = trusted_robots.person_id
        and {{ held_at("trusted_robots", "reviews.submitted_at") }}
    where
        reviews.state in ('approved', 'changes_requested', 'dismissed')
        and reviews.reviewer_id is not null
        and (not brought.is_candidate or reviews.submitted_at <= brought.started_at)
        and (
            trusted_robots.person_id is not null
            or (not coalesce(reviews.is_bot, false) and robots.person_id is null)
        )
    group by all
),
independent as (
    select opinions.*
    from opinions
    left join
        authors
        on opinions.change_id = authors.change_id
        and opinions.reviewer_id = authors.person_id
    where opinions.state = 'approved' and authors.person_id is null
),
by_change as (
    select
        changed.subject_id,
        changed.change_id,
        any_value(changed.is_reviewable) as is_reviewable,
        any_value(changed.repository) as repository,
        any_value(changed.merged_at) as merged_at,
        any_value(changed.started_at) as started_at,
        any_value(coalesce(changed.finished_at, changed.started_at)) as ended_at,
        any_value(changed.is_candidate) as is_candidate,
        any_value(heads.commit_sha) as head_sha,
        list(distinct authors.person_id order by authors.person_id) as author_ids,
        bool_or(authors.person_id is null) as has_unknown_author,
        bool_or(not authors.is_trusted_robot) as needs_review
    from changed
    left join authors on changed.change_id = authors.change_id
    left join heads on changed.change_id = heads.change_id
    group by changed.subject_id, changed.change_id
),
reviewed as (
    select
        by_change.subject_id,
        by_change.change_id,
        count(case when was_before_merge then 1 end) as review_count,
        count(
            case when was_before_merge and independent.commit_sha = by_change.head_sha then 1 end
        ) as final_count,
        count(
            case
                when was_before_merge and (independent.commit_sha = '' or by_change.head_sha is null)
                then 1
            end
        ) as unknown_count,
        min(
            case
                when
                    not was_before_merge
                    and independent.submitted_at
                    <= by_change.ended_at + interval 1 hour * {{ threshold("post_review_hours_max") }}
                then independent.submitted_at
            end
        ) as post_reviewed_at,
        coalesce(
            list('reviews:' || independent.review_id order by independent.review_id) filter (
                where independent.review_id is not null
            ),
            []
        ) as evidence,
        coalesce(
            list(distinct independent.reviewer_id order by independent.reviewer_id) filter (
                where independent.reviewer_id is not null
            ),
            []
        ) as reviewer_ids
    from by_change
    left join
        independent
        on by_change.subject_id = independent.subject_id
        and by_change.change_id = independent.change_id
    group by by_change.subject_id, by_change.change_id
),
hosts as (
    {# a repository that only git tells of has no reviews that could be missed #}
    select distinct repository from {{ ref("changes") }}
),
unreviewed as (
    select
        by_change.*,
        reviewed.post_reviewed_at,
        reviewed.evidence,
        subjects.service_id,
        subjects.team_id,
        hosts.repository is not null as has_host
    from by_change
    inner join
        reviewed
        on by_change.subject_id = reviewed.subject_id
        and by_change.change_id = reviewed.change_id
    inner join subjects on by_change.subject_id = subjects.subject_id
    left join hosts on by_change.repository = hosts.repository
    where by_change.needs_review and reviewed.review_count = 0
),
{# a team too small for two pairs of eyes beforehand may look at it within a day #}
{# somebody belongs to a team for 90 days after a change; what runs on is one stretch #}
memberships as (
    {%- for owner in ("team", "service") %}
        select
            '{{ owner }}' as owner_kind, {{ owner }}_id as owner_id, author_id, merged_at,
            coalesce(
                merged_at > lag(merged_at) over (
                    partition by {{ owner }}_id, author_id order by merged_at
                ) + interval 90 days,
                true
            ) as is_start
        from {{ ref("fct_changes") }}
        where not is_bot and author_id is not null and merged_at is not null
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
),
stretches as (
    select
        owner_kind, owner_id, author_id,
        min(merged_at) as began_at, max(merged_at) + interval 90 days as ended_at
    from (
        select
            *,
            count(case when is_start then 1 end) over (
                partition by owner_kind, owner_id, author_id
                order by merged_at
                rows between unbounded preceding and current row
            ) as stretch_number
        from memberships
    )
    group by owner_kind, owner_id, author_id, stretch_number
),
alone as (
    select distinct subject_id, service_id, team_id, started_at
    from unreviewed
    where has_host and is_reviewable
),
team_sizes as (
    select alone.subject_id, count(distinct stretches.author_id) as member_count
    from alone
    inner join
        stretches
        on coalesce(alone.team_id, alone.service_id) = stretches.owner_id
        and case when alone.team_id is null then 'service' else 'team' end = stretches.owner_kind
        and stretches.began_at <= alone.started_at
        and stretches.ended_at > alone.started_at
    group by alone.subject_id
),
compensated as (
    select
        unreviewed.subject_id,
        unreviewed.change_id,
        unreviewed.post_reviewed_at is not null as is_reviewed_after
    from unreviewed
    inner join
        team_sizes
        on unreviewed.subject_id = team_sizes.subject_id
    where
        unreviewed.has_host
        and unreviewed.is_reviewable
        and team_sizes.member_count < {{ threshold("small_team_members") }}
        and (
            unreviewed.post_reviewed_at is not null
            or unreviewed.ended_at + interval 1 hour * {{ threshold("post_review_hours_max") }} > {{ as_of() }}
        )
),
{{ request_of_subjects() }},
subject_authors as (
    select distinct by_change.subject_id, authors.person_id
    from by_change
    inner join authors on by_change.change_id = authors.change_id
    where authors.person_id is not null
),
{# somebody whom one source alone knows may be an author under another name #}
known_people as (
    select person_id from {{ ref("people") }} where source_count > 1 or origin = 'declared'
    union
    select person_id from {{ ref("approver_roles") }}
),
{# an approval of the run comes before its job, though no source says when #}
approvers as (
    select
        subjects.subject_id, approvals.approver_id as person_id,
        'approvals:' || approvals.approval_id as evidence, true as is_resolved,
        coalesce(approvals.decided_at, subjects.started_at) as approved_at
    from subjects
    inner join
        {{ ref("approvals") }} as approvals
        on approvals.subject_type = 'pipeline_run'
        and subjects.pipeline_run_id = approvals.subject_id
        and coalesce(approvals.environment_id, subjects.environment_id) = subjects.environment_id
    where approvals.state = 'approved' and approvals.approver_id is not null
    union all
    select
        subjects.subject_id, approvals.approver_id, 'approvals:' || approvals.approval_id,
        known_people.person_id is not null,
        coalesce(approvals.decided_at, subjects.started_at)
    from subjects
    inner join subject_requests on subjects.subject_id = subject_requests.subject_id
    inner join
        {{ ref("approvals") }} as approvals
        on subject_requests.change_request_id = approvals.change_request_id
    left join known_people on approvals.approver_id = known_people.person_id
    where
        approvals.state = 'approved'
        and approvals.approver_id is not null
        and (
            (subject_requests.type = 'emergency' and not subjects.is_candidate)
            or coalesce(approvals.decided_at, subjects.started_at) <= subjects.started_at
        )
),
approved as (
    select
        approvers.subject_id,
        count(case when subject_authors.person_id is null then 1 end) as independent_count,
        count(
            case when subject_authors.person_id is null and approvers.is_resolved then 1 end
        ) as resolved_count,
        list(distinct approvers.person_id order by approvers.person_id) as person_ids,
        list(distinct approvers.evidence order by approvers.evidence) as evidence
    from approvers
    left join
        subject_authors
        on approvers.subject_id = subject_authors.subject_id
        and approvers.person_id = subject_authors.person_id
    group by approvers.subject_id
),
protected as (
    select
        subjects.subject_id,
        bool_or(protections.requires_approval) as requires_approval
    from subjects
    inner join
        {{ ref("environment_protections") }} as protections
        on subjects.repository = protections.repository
        and subjects.environment_id = protections.environment_id
    group by subjects.subject_id
),
authorised as (
    select distinct approvers.subject_id
    from approvers
    inner join subjects on approvers.subject_id = subjects.subject_id
    inner join
        {{ ref("approver_roles") }} as roles
        on approvers.person_id = roles.person_id
        and {{ held_at("roles", "approvers.approved_at") }}
    inner join
        {{ ref("approval_authorities") }} as authorities
        on roles.role_name = authorities.role_name
        and coalesce(subjects.tier, 1) = authorities.tier
    left join
        subject_authors
        on approvers.subject_id = subject_authors.subject_id
        and approvers.person_id = subject_authors.person_id
    where subject_authors.person_id is null
),
has_roles as (select count(*) > 0 as is_stated from {{ ref("approver_roles") }} where role_name <> 'trusted_robot'),
participants as (
    select subject_id, person_id, 'author' as part from subject_authors
    union
    select subject_id, person_id, 'approver' from approvers
    union
    select subject_id, actor_id, 'deployer' from subjects where actor_id is not null
),
duty_findings as (
    select
        unreviewed.subject_id,
        cast(1 as bigint) as finding_order,
        'unreviewed_change' as finding,
        unreviewed.has_host as is_certain,
        unreviewed.change_id,
        unreviewed.author_ids as person_ids,
        case
            when not unreviewed.has_host
            then 'Whether ' || unreviewed.change_id || ' was reviewed is not known: no source of reviews was read.'
            when unreviewed.is_reviewable
            then 'Nobody but its authors approved ' || {{ without_source("unreviewed.change_id") }} || '.'
            else unreviewed.change_id || ' went to the branch without a review.'
        end as reason,
        ['changes:' || unreviewed.change_id] || unreviewed.evidence as evidence
    from unreviewed
    left join
        compensated
        on unreviewed.subject_id = compensated.subject_id
        and unreviewed.change_id = compensated.change_id
    where compensated.change_id is null
    union all
    select
        by_change.subject_id, 1, 'author_unknown', false, by_change.change_id, by_change.author_ids,
        'Not every author of ' || by_change.change_id || ' is known.',
        ['changes:' || by_change.change_id]
    from by_change
    where by_change.has_unknown_author
    union all
    select
        subjects.subject_id,
        2,
        'no_independent_approval',
        true,
        null,
        coalesce(approved.person_ids, []),
        case
            when approved.subject_id is null
            then 'The deployment needs an approval and has none.'
            else 'Everybody who approved the deployment is an author of what it brought.'
        end,
        coalesce(approved.evidence, ['deployments:' || subjects.subject_id])
    from subjects
    left join approved on subjects.subject_id = approved.subject_id
    left join protected on subjects.subject_id = protected.subject_id
    left join subject_requests on subjects.subject_id = subject_requests.subject_id
    where
        approved.independent_count = 0
        or (
            approved.subject_id is null
            and (
                coalesce(protected.requires_approval, false)
                or coalesce(subject_requests.type, '') in ('normal', 'emergency')
            )
        )
    union all
    select
        approved.subject_id, 2, 'approver_identity_unknown', false, null, approved.person_ids,
        'Whoever approved the deployment is known to one source alone and may be an author under another name.',
        approved.evidence
    from approved
    where
        approved.independent_count > 0
        and approved.resolved_count = 0
        and approved.subject_id in (select subject_id from subject_authors)
    union all
    select
        subjects.subject_id, 3, 'author_deployed', subjects.tier is not null, null, [subjects.actor_id],
        'Who started the deployment is an author of what it brought, and the service is of '
        || case when subjects.tier is null then 'no stated tier.' else 'tier 1.' end,
        ['deployments:' || subjects.subject_id]
    from subjects
    inner join
        subject_authors
        on subjects.subject_id = subject_authors.subject_id
        and subjects.actor_id = subject_authors.person_id
    left join robots on subjects.actor_id = robots.person_id
    left join
        trusted_robots
        on subjects.actor_id = trusted_robots.person_id
        and {{ held_at("trusted_robots", "subjects.started_at") }}
    where
        coalesce(subjects.tier, 1) = 1
        and trusted_robots.person_id is null
        and robots.person_id is null
        and not starts_with(subjects.actor_id, 'bot-')
    union all
    select
        by_change.subject_id,
        4,
        'changed_after_approval',
        reviewed.unknown_count = 0,
        by_change.change_id,
        by_change.author_ids,
        case
            when reviewed.unknown_count = 0
            then 'The last revision of ' || by_change.change_id || ' is newer than every approval of it.'
            else 'Which revision of ' || {{ without_source("by_change.change_id") }} || ' was approved is not known.'
        end,
        ['changes:' || by_change.change_id] || reviewed.evidence
    from by_change
    inner join
        reviewed
        on by_change.subject_id = reviewed.subject_id
        and by_change.change_id = reviewed.change_id
    where by_change.needs_review and reviewed.review_count > 0 and reviewed.final_count = 0
    union all
    select
        approved.subject_id,
        5,
        'approver_without_authority',
        has_roles.is_stated,
        null,
        approved.person_ids,
        case
            when has_roles.is_stated
            then 'Nobody who approved the deployment has a role that may approve services of its tier.'
            else 'Who may approve deployments is not stated in the policy.'
        end,
        approved.evidence
    from approved
    cross join has_roles
    left join authorised on approved.subject_id = authorised.subject_id
    where authorised.subject_id is null and approved.independent_count > 0
    union all
    select
        participants.subject_id,
        6,
        'toxic_pair',
        true,
        null,
        list(distinct participants.person_id order by participants.person_id),
        'Somebody who took part holds rights that one person must not hold together: '
        || string_agg(distinct holders.pair_words, '; ' order by holders.pair_words)
        || '.',
        list(distinct 'toxic_holders:' || holders.toxic_holder_id order by 'toxic_holders:' || holders.toxic_holder_id)
    from participants
    inner join subjects on participants.subject_id = subjects.subject_id
    inner join
        {{ ref("toxic_holders") }} as holders
        on participants.person_id = holders.person_id
        and (holders.pair <> 'author_and_deployer' or participants.part = 'author')
        and subjects.started_at >= holders.held_from_at
        and subjects.started_at < coalesce(holders.held_to_at, timestamp '9999-01-01')
    group by participants.subject_id
)
{%- endmacro %}

{#
  CTE `subject_requests`: of the change requests that a subject is linked with, the surest and newest.
#}
{% macro request_of_subjects() -%}
{{ linked_requests() }},
{# of which type it was when the deployment began; before its first version, as that says #}
request_types as (
    select
        request_matches.subject_id,
        request_matches.change_request_id,
        coalesce(
            arg_max(versions.type, versions.moment_number) filter (
                where versions.known_from <= subjects.started_at
            ),
            arg_min(versions.type, versions.moment_number)
        ) as type
    from request_matches
    inner join subjects on request_matches.subject_id = subjects.subject_id
    inner join
        {{ ref("change_request_states") }} as versions
        on request_matches.change_request_id = versions.change_request_id
    group by request_matches.subject_id, request_matches.change_request_id
),
subject_requests as (
    select
        request_matches.subject_id,
        requests.* replace (coalesce(request_types.type, requests.type) as type)
    from request_matches
    left join
        request_types
        on request_matches.subject_id = request_types.subject_id
        and request_matches.change_request_id = request_types.change_request_id
    inner join
        {{ ref("change_requests") }} as requests
        on request_matches.change_request_id = requests.change_request_id
        and requests.is_current
        and not requests.is_deleted
    qualify
        row_number() over (
            partition by request_matches.subject_id
            order by
                request_matches.confidence desc,
                request_matches.method <> 'deployment_record',
                requests.created_at desc nulls last,
                requests.change_request_id
        )
        = 1
)
{%- endmacro %}

{#
  CTE `authors` (subject_id, author_id): everybody who wrote a part of what a subject brings, whose
  word for it is nobody else's.
#}
{% macro authors_of_subjects() -%}
{{ changes_of_subjects() }},
commits_brought as (
    select changed.subject_id, commits.author_id, commits.co_author_ids
    from changed
    inner join {{ ref("change_commits") }} as commits on changed.change_id = commits.change_id
    where not commits.is_merge
),
authors as (
    select subject_id, author_id from changed where author_id is not null
    union
    select subject_id, author_id from commits_brought where author_id is not null
    union
    select told.subject_id, coalesce(aliases.person_id, told.co_author_id)
    from (select subject_id, unnest(co_author_ids) as co_author_id from commits_brought) as told
    left join {{ ref("identity_aliases") }} as aliases on told.co_author_id = aliases.alias_id
    union
    select subjects.subject_id, commits.author_id
    from subjects
    inner join {{ ref("commits") }} as commits on subjects.commit_sha = commits.commit_sha
    where commits.author_id is not null
)
{%- endmacro %}

{# CTEs `brought` and `changed`: the changes of each subject, with and without those that do not count. #}
{% macro changes_of_subjects() -%}
{# only what is asked about: of deployments that were made nothing, so no commit is read for them #}
commits_asked_about as (
    select commits.repository, commits.commit_sha, min(commits.committed_at) as committed_at
    from {{ ref("commits") }} as commits
    inner join
        (select distinct repository, commit_sha from subjects where is_candidate) as asked
        on commits.repository = asked.repository
        and commits.commit_sha = asked.commit_sha
    group by commits.repository, commits.commit_sha
),
{# what a deployment brought; of one not made yet, what was merged by its commit and is not live #}
brought as (
    select
        subjects.subject_id, facts.change_id, facts.repository, facts.author_id, facts.is_bot,
        facts.is_reviewable, facts.merged_at, facts.exclusion_reason, subjects.started_at,
        subjects.finished_at, subjects.is_candidate
    from subjects
    inner join {{ ref("fct_changes") }} as facts on subjects.subject_id = facts.deployment_id
    where not subjects.is_candidate
    union all
    select
        subjects.subject_id, facts.change_id, facts.repository, facts.author_id, facts.is_bot,
        facts.is_reviewable, facts.merged_at,
        nullif(facts.exclusion_reason, 'not_deployed'), subjects.started_at,
        subjects.finished_at, subjects.is_candidate
    from subjects
    inner join
        commits_asked_about as commits
        on subjects.repository = commits.repository
        and subjects.commit_sha = commits.commit_sha
    inner join
        {{ ref("fct_changes") }} as facts
        on subjects.service_id = facts.service_id
        and facts.merged_at <= commits.committed_at + interval 120 seconds
        and coalesce(facts.deploy_started_at, timestamp '9999-01-01') >= subjects.started_at
    where
        subjects.is_candidate
        and coalesce(facts.exclusion_reason, '') in ('', 'not_deployed', 'no_baseline')
),
{# what was live before anything is known of a service is nobody's change #}
changed as (
    select *
    from brought
    where coalesce(exclusion_reason, '') not in ('no_baseline', 'same_patch', 'outside_paths')
)
{%- endmacro %}
