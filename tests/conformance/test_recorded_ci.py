"""Recorded replies of pipelines' hosts: through connector, lake and staging to the entities.

Every recorded row is served by a function that pages as its host does. What another project made
of the same rows is the yardstick; each difference stands here with its reason.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors import azure_devops, bitbucket, circleci, jenkins
from connectors._contract import Connector
from orchestration.warehouse import warehouse
from tests.conformance.recorded import (
    Recorded,
    epoch,
    expected,
    instant,
    milliseconds,
    replies,
    table,
)
from tests.connectors.ci_servers import FakeAzure, FakeBitbucket, FakeCircle, FakeJenkins
from tests.connectors.fakes import Handler, next_cursor, pages_of, read
from tests.transforms.landing import NOW, land
from tests.transforms.models import build_models, rows
from transforms.home import Home

Row = dict[str, Any]
JENKINS_JOB = "Test-jenkins-dir/test-jenkins-sub-dir/test-sub-sub-dir/devlake"
ENTITIES = ("pipeline_runs", "pipeline_jobs", "deployments", "changes", "change_commits")
# What their result is called here; where theirs is empty the run has not ended.
RESULTS = {"SUCCESS": {"success"}, "FAILURE": {"failure", "cancelled", "timed_out"}}


@pytest.fixture(scope="module")
def payloads(conformance: Path) -> Path:
    return conformance / "data" / "payloads"


@pytest.fixture(scope="module")
def home(payloads: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home whose lake holds every recorded reply, with the entities built from it."""
    home = Home(root=tmp_path_factory.mktemp("recorded"))
    report = land(home, _sources(payloads), deploy_job_pattern="(?i)deploy")
    assert report.is_complete, report
    build_models(home, *ENTITIES, now=NOW)
    return home


def _sources(payloads: Path) -> list[tuple[Connector, Handler]]:
    return [
        *_jenkins_sources(payloads / "jenkins" / "e2e"),
        _circle_source(payloads / "circleci" / "e2e"),
        _bitbucket_source(payloads / "bitbucket" / "e2e"),
        _azure_source(payloads / "azuredevops_go" / "e2e"),
    ]


# -- Jenkins -------------------------------------------------------------------------------------


def _jenkins_sources(folder: Path) -> list[tuple[Connector, Handler]]:
    servers = {
        "jenkins": FakeJenkins(_builds(replies(folder, "_raw_jenkins_api_builds"))),
        "jenkins_branches": FakeJenkins(
            _builds(replies(folder, "_raw_jenkins_api_builds_multibranch")),
            _stages(replies(folder, "_raw_jenkins_api_stages_multibranch")),
        ),
        "jenkins_stages": FakeJenkins(
            {JENKINS_JOB: _pipeline_builds(folder)},
            _stages(replies(folder, "_raw_jenkins_api_stages")),
        ),
    }
    return [
        (
            jenkins.connect(
                jenkins.Config(
                    base_url="https://jenkins.test", user="reader", token=SecretStr("secret")
                ),
                name=name,
            ),
            server,
        )
        for name, server in servers.items()
    ]


def _job_of(row: Recorded) -> str:
    if "FullName" in row.asked:
        return str(row.asked["FullName"])
    folders = [part for part in row.asked["Path"].split("/") if part not in ("", "job")]
    return "/".join([*folders, row.asked["Name"]])


def _builds(recorded: list[Recorded]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in recorded:
        found[_job_of(row)].append(row.data)
    return found


def _stages(recorded: list[Recorded]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in recorded:
        found[row.asked["FullName"]].append(row.data)
    return found


def _pipeline_builds(folder: Path) -> list[Row]:
    """Return replies for builds of which only a row made from them, or a stage, was recorded."""
    found = {
        row.asked["FullName"]: (row.data["startTimeMillis"], row.data["durationMillis"], "SUCCESS")
        for row in replies(folder, "_raw_jenkins_api_stages")
    }
    for row in table(folder / "raw_tables" / "_tool_jenkins_builds_for_stages.csv"):
        found[row["full_name"]] = (int(row["timestamp"]), int(row["duration"]), row["result"])
    return [
        {
            "_class": "org.jenkinsci.plugins.workflow.job.WorkflowRun",
            "number": int(name.split("#")[1]),
            "timestamp": timestamp,
            "duration": duration,
            "building": False,
            "result": result,
            "actions": [],
        }
        for name, (timestamp, duration, result) in found.items()
    ]


def test_every_build_of_jenkins_is_a_run_with_its_times_and_its_end(
    home: Home, payloads: Path
) -> None:
    folder = payloads / "jenkins" / "e2e"
    for source, name, only_ours in (
        # They file the build of another job under the one that they asked for, and drop it.
        ("jenkins", "cicd_pipelines", {"jenkins:pipeline-test2#1"}),
        ("jenkins_branches", "cicd_pipelines_multibranch", set()),
    ):
        found = _by_key(home, "pipeline_runs", source)
        theirs = {
            row["id"].replace("jenkins:JenkinsBuild:1", source): row
            for row in expected(folder, name)
        }
        assert set(found) - set(theirs) == only_ours
        assert set(theirs) <= set(found)
        for key, row in theirs.items():
            ours = found[key]
            # They cut the fraction of a second off the start, and the end with it.
            created, finished = instant(row["created_date"]), instant(row["finished_date"])
            assert ours["started_at"].replace(microsecond=0) == created
            assert (ours["status"] == "completed") == (row["status"] == "DONE")
            if finished is None:
                assert ours["finished_at"] is None
            else:
                assert created is not None
                assert ours["finished_at"] - ours["started_at"] == finished - created
            _agree(ours["conclusion"], row["result"] if finished else "")


def test_a_result_of_jenkins_that_they_leave_empty_is_kept_as_a_word(home: Home) -> None:
    found = _by_key(home, "pipeline_runs", "jenkins")
    words = {number: found[f"jenkins:{JENKINS_JOB}#{number}"] for number in (10003, 10004, 10005)}
    # NOT_BUILD is a hand-made word (Jenkins says NOT_BUILT), so it stays as it is.
    assert [one["conclusion"] for one in words.values()] == ["cancelled", "not_build", "partial"]


def test_commit_branch_and_repository_of_a_build_are_those_of_its_checkout(
    home: Home, payloads: Path
) -> None:
    folder = payloads / "jenkins" / "e2e"
    for source, name in (
        ("jenkins", "cicd_pipeline_commits"),
        ("jenkins_branches", "cicd_pipeline_commits_multibranch"),
    ):
        found = _by_key(home, "pipeline_runs", source)
        theirs = expected(folder, name)
        for row in theirs:
            ours = found[row["pipeline_id"].replace("jenkins:JenkinsBuild:1", source)]
            assert (ours["commit_sha"], ours["branch"]) == (row["commit_sha"], row["branch"])
            assert row["repo_url"].endswith(f"{ours['repository']}.git")
        assert len([one for one in found.values() if one["commit_sha"]]) == len(theirs)


def test_every_stage_of_jenkins_is_a_job_with_its_times(home: Home, payloads: Path) -> None:
    folder = payloads / "jenkins" / "e2e"
    found = _by_key(home, "pipeline_jobs", "jenkins_stages")
    recorded = replies(folder, "_raw_jenkins_api_stages")
    assert set(found) == {
        f"jenkins_stages:{row.asked['FullName']}/{row.data['id']}" for row in recorded
    }
    for row in expected(folder, "cicd_tasks_after_stages"):
        build, stage = row["id"].replace("jenkins:JenkinsStage:1", "jenkins_stages").rsplit(":", 1)
        ours = found[f"{build}/{stage}"]
        assert (ours["name"], ours["pipeline_run_id"]) == (row["name"], build)
        assert ours["started_at"].replace(microsecond=0) == instant(row["started_date"])
        if row["original_status"]:
            assert ours["finished_at"] == instant(row["finished_date"])
        else:
            # A stage without a status: they give it its build's result and an end.
            assert (ours["status"], ours["conclusion"]) == ("unknown", None)
        # Theirs is the result of the build, whatever the stage says (original_status).
        said = {"": None, "FAILED": "failure", "ABORTED": "cancelled", "SUCCESS": "success"}
        assert ours["conclusion"] == said[row["original_status"]]


def test_every_stage_of_every_branch_lands(home: Home, payloads: Path) -> None:
    folder = payloads / "jenkins" / "e2e"
    found = _by_key(home, "pipeline_jobs", "jenkins_branches")
    theirs = {
        f"jenkins_branches:{row['build_name']}/{row['id']}": row
        for row in expected(folder, "_tool_jenkins_stages_multibranch")
    }
    assert found.keys() == theirs.keys()
    for key, row in theirs.items():
        started = epoch(int(row["start_time_millis"]))
        ended = epoch(int(row["start_time_millis"]) + int(row["duration_millis"]))
        ours = found[key]
        assert (ours["name"], ours["started_at"], ours["finished_at"]) == (
            row["name"],
            started,
            ended,
        )


def test_a_stage_that_deploys_is_a_deployment_of_its_builds_commit(home: Home) -> None:
    found = _by_key(home, "deployments", "jenkins_branches")
    runs = _by_key(home, "pipeline_runs", "jenkins_branches")
    assert len(found) == 13
    for one in found.values():
        run = runs[one["pipeline_run_id"]]
        assert (one["commit_sha"], one["repository"]) == (run["commit_sha"], run["repository"])
        assert one["environment_id"] == "production"
    assert sorted(one["status"] for one in found.values()).count("cancelled") == 2


# -- CircleCI ------------------------------------------------------------------------------------

CIRCLE_PROJECT = "gh/coldgust/coldgust.github.io"


def _circle_server(folder: Path) -> FakeCircle:
    pipelines = [row.data for row in replies(folder, "_raw_circleci_api_pipelines")]
    workflows: dict[str, list[Row]] = defaultdict(list)
    for row in replies(folder, "_raw_circleci_api_workflows"):
        workflows[row.data["pipeline_id"]].append(row.data)
    jobs: dict[str, list[Row]] = defaultdict(list)
    for row in replies(folder, "_raw_circleci_api_jobs"):
        jobs[row.url.split("/")[-2]].append(row.data)
    # One workflow was recorded without its pipeline.
    lost = set(workflows) - {one["id"] for one in pipelines}
    pipelines += [{"id": one, "created_at": "2023-03-25T17:00:00.000Z"} for one in lost]
    server = FakeCircle({CIRCLE_PROJECT: pipelines}, workflows, jobs)
    server.page_size = 4
    return server


def _circle_source(folder: Path) -> tuple[Connector, Handler]:
    config = circleci.Config(token=SecretStr("secret"), projects=(CIRCLE_PROJECT,))
    return circleci.connect(config, name="circleci"), _circle_server(folder)


def test_every_workflow_of_circleci_is_a_run_with_its_times_and_its_end(
    home: Home, payloads: Path
) -> None:
    found = _by_key(home, "pipeline_runs", "circleci")
    folder = payloads / "circleci" / "e2e"
    theirs = {f"circleci:{row['id']}": row for row in expected(folder, "_tool_circleci_workflows")}
    assert found.keys() == theirs.keys()
    for key, row in theirs.items():
        ours = found[key]
        assert (ours["name"], ours["created_at"], ours["finished_at"]) == (
            row["name"],
            instant(row["created_date"]),
            instant(row["stopped_date"]),
        )
    judged = expected(folder, "cicd_pipelines")
    for row in judged:
        ours = found[row["id"].replace("circleci:CircleciWorkflow:1", "circleci")]
        assert (ours["status"] == "completed") == (row["status"] == "DONE")
        _agree(ours["conclusion"], row["result"])
    # They have no run for the workflow whose reply lacks its times; we keep it without them.
    assert len(found) - len(judged) == 1


def test_a_workflow_has_the_commit_and_the_branch_of_its_pipeline(
    home: Home, payloads: Path
) -> None:
    found = _by_key(home, "pipeline_runs", "circleci")
    folder = payloads / "circleci" / "e2e"
    pipelines = {row["id"]: row for row in expected(folder, "_tool_circleci_pipelines")}
    for row in expected(folder, "_tool_circleci_workflows"):
        ours = found[f"circleci:{row['id']}"]
        if row["pipeline_id"] in pipelines:
            checkout = json.loads(pipelines[row["pipeline_id"]]["vcs"])
            assert (ours["commit_sha"], ours["branch"], ours["repository"]) == (
                checkout["revision"],
                checkout["branch"],
                "coldgust/coldgust.github.io",
            )


def test_every_job_of_circleci_lands_with_its_times_and_its_end(home: Home, payloads: Path) -> None:
    found = _by_key(home, "pipeline_jobs", "circleci")
    theirs = {
        "circleci:{}/{}".format(*row["id"].split(":")[3:]): row
        for row in expected(payloads / "circleci" / "e2e", "cicd_tasks")
    }
    assert found.keys() == theirs.keys()
    for key, row in theirs.items():
        ours = found[key]
        assert (ours["name"], ours["started_at"], ours["finished_at"]) == (
            row["name"],
            instant(row["started_date"]),
            instant(row["finished_date"]),
        )
        assert ours["pipeline_run_id"] == f"circleci:{row['pipeline_id'].split(':')[-1]}"
        _agree(ours["conclusion"], row["result"])


def test_a_second_sync_of_circleci_lists_workflows_again_and_asks_for_no_job_twice(
    payloads: Path,
) -> None:
    folder = payloads / "circleci" / "e2e"
    connector, server = _circle_source(folder)
    assert isinstance(server, FakeCircle)
    cursor = next_cursor(connector, "pipelines", read(connector, "pipelines", server))
    server.asked.clear()
    second = read(connector, "pipelines", server, cursor=cursor)
    listed = {
        row["id"]
        for page in pages_of(second, "workflows")
        for row in json.loads(page.body)["items"]
    }
    assert {row["id"] for row in expected(folder, "_tool_circleci_workflows_incremental")} <= listed
    assert not [path for path in server.asked if path.endswith("/job")]


# -- Bitbucket -----------------------------------------------------------------------------------

BITBUCKET_REPOSITORY = "likyh/likyhphp"


def _bitbucket_source(folder: Path) -> tuple[Connector, Handler]:
    server = FakeBitbucket(
        BITBUCKET_REPOSITORY,
        page_size=10,
        **{
            name: [row.data for row in replies(folder, f"_raw_bitbucket_api_{name}")]
            for name in ("pull_requests", "pipelines", "deployments")
        },
    )
    for row in replies(folder, "_raw_bitbucket_api_pipeline_steps"):
        server.steps.setdefault(row.data["pipeline"]["uuid"], []).append(row.data)
    for row in replies(folder, "_raw_bitbucket_api_pull_request_commits"):
        server.commits.setdefault(str(row.asked["BitbucketId"]), []).append(row.data)
    config = bitbucket.Config(token=SecretStr("secret"), workspace="likyh")
    return bitbucket.connect(config, name="bitbucket"), server


def test_every_pipeline_of_bitbucket_is_a_run_with_its_times_and_its_end(
    home: Home, payloads: Path
) -> None:
    folder = payloads / "bitbucket" / "e2e"
    found = _by_key(home, "pipeline_runs", "bitbucket")
    recorded = {
        f"bitbucket:{row.data['uuid']}": row.data
        for row in replies(folder, "_raw_bitbucket_api_pipelines")
    }
    theirs = {
        row["id"].replace("bitbucket:BitbucketPipeline:1", "bitbucket"): row
        for row in expected(folder, "cicd_pipelines")
    }
    assert found.keys() == theirs.keys() == recorded.keys()
    for key, row in theirs.items():
        ours = found[key]
        assert ours["created_at"] == instant(recorded[key]["created_on"])
        assert ours["commit_sha"] == recorded[key]["target"]["commit"]["hash"]
        if row["original_result"] == "HALTED":
            # They call a pipeline that waits for somebody done when its state says HALTED.
            assert (ours["status"], ours["conclusion"]) == ("waiting", None)
        elif row["original_result"] == "EXPIRED":
            # They call it OTHER; it ended without having run.
            assert (ours["status"], ours["conclusion"]) == ("completed", "cancelled")
        elif row["original_result"] == "COMPLETED":
            # COMPLETED is a state and no result; they take it for success, we keep the word.
            assert ours["conclusion"] == "completed"
        else:
            assert (ours["status"] == "completed") == (row["status"] == "DONE")
            _agree(ours["conclusion"], row["result"])
        if ours["status"] == "completed":
            assert ours["finished_at"] == instant(recorded[key]["completed_on"])


def test_a_run_of_bitbucket_has_the_commit_and_the_branch_of_its_pipeline(
    home: Home, payloads: Path
) -> None:
    found = _by_key(home, "pipeline_runs", "bitbucket")
    for row in expected(payloads / "bitbucket" / "e2e", "cicd_pipeline_commits"):
        ours = found[row["pipeline_id"].replace("bitbucket:BitbucketPipeline:1", "bitbucket")]
        assert (ours["commit_sha"], ours["branch"]) == (row["commit_sha"], row["branch"])
        assert row["repo_id"].endswith(f":{ours['repository']}")


def test_every_step_of_bitbucket_is_a_job_with_its_times_and_its_end(
    home: Home, payloads: Path
) -> None:
    folder = payloads / "bitbucket" / "e2e"
    found = _by_key(home, "pipeline_jobs", "bitbucket")
    recorded = expected(folder, "_tool_bitbucket_pipeline_steps")
    assert found.keys() == {f"bitbucket:{row['bitbucket_id']}" for row in recorded}
    for row in recorded:
        ours = found[f"bitbucket:{row['bitbucket_id']}"]
        assert (ours["name"], ours["pipeline_run_id"]) == (
            row["name"],
            f"bitbucket:{row['pipeline_id']}",
        )
        assert milliseconds(ours["started_at"]) == instant(row["started_on"])
        if ours["status"] == "completed":
            assert milliseconds(ours["finished_at"]) == instant(row["completed_on"])
    # They have no task for the nine steps that have not begun; we keep them as queued.
    tasks = expected(folder, "cicd_tasks")
    assert len(found) - len(tasks) == 9
    for row in tasks:
        ours = found[row["id"].replace("bitbucket:BitbucketPipelineStep:1", "bitbucket")]
        # NOT_RUN and EXPIRED are OTHER with them and have ended with us.
        assert (ours["status"] == "completed") == (row["status"] in ("DONE", "OTHER"))
        if row["original_result"] == "COMPLETED":
            assert ours["conclusion"] == "completed"
        else:
            _agree(ours["conclusion"], row["result"])


def test_every_deployment_of_bitbucket_that_began_lands_with_its_times_and_its_end(
    home: Home, payloads: Path
) -> None:
    folder = payloads / "bitbucket" / "e2e"
    found = _by_key(home, "deployments", "bitbucket")
    recorded = expected(folder, "_tool_bitbucket_deployments")
    begun = [row for row in recorded if row["status"] != "UNDEPLOYED"]
    # UNDEPLOYED is what could be deployed; they keep it as OTHER, we as no deployment.
    assert (len(recorded), len(begun)) == (27, 23)
    assert found.keys() == {f"bitbucket:{row['bitbucket_id']}" for row in begun}
    for row in begun:
        ours = found[f"bitbucket:{row['bitbucket_id']}"]
        assert (ours["commit_sha"], ours["version"]) == (row["commit_sha"], row["name"])
        assert ours["environment_id"] == row["environment"].lower()
        assert ours["pipeline_run_id"] == f"bitbucket:{row['pipeline_id']}"
        assert milliseconds(ours["created_at"]) == instant(row["created_on"])
        assert milliseconds(ours["started_at"]) == instant(row["started_on"])
        if ours["status"] != "in_progress":
            assert milliseconds(ours["finished_at"]) == instant(row["completed_on"])


def test_a_deployment_of_bitbucket_ends_as_its_step_did(home: Home, payloads: Path) -> None:
    found = _by_key(home, "deployments", "bitbucket")
    jobs = rows(home, "pipeline_jobs", where="source = 'bitbucket'")
    failed = {job["started_at"] for job in jobs if job["conclusion"] in ("failure", "cancelled")}
    said = {
        "SUCCESSFUL": "succeeded",
        "FAILED": "failed",
        "STOPPED": "cancelled",
        "CANCELLED": "cancelled",
        "IN_PROGRESS": "in_progress",
        # OTHER with them:
        "PENDING": "in_progress",
        "ROLLED_BACK": "superseded",
        "UNKNOWN": "in_progress",
    }
    differing = 0
    for row in expected(payloads / "bitbucket" / "e2e", "cicd_deployments_for_deployment"):
        ours = found.get(row["id"].replace("bitbucket:BitbucketDeployment:1", "bitbucket"))
        if ours is None:
            assert row["original_status"] == "UNDEPLOYED"
        elif row["original_status"] != "COMPLETED":
            assert ours["status"] == said[row["original_status"]]
        elif ours["status"] != "succeeded":
            # They take COMPLETED for success; the step of these two failed or was stopped.
            differing += 1
            assert ours["started_at"] in failed
    assert differing == 2


def test_every_pull_request_of_bitbucket_is_a_change(home: Home, payloads: Path) -> None:
    folder = payloads / "bitbucket" / "e2e"
    found = _by_key(home, "changes", "bitbucket")
    theirs = {
        f"bitbucket:{BITBUCKET_REPOSITORY}#{row['pull_request_key']}": row
        for row in expected(folder, "pull_requests")
    }
    recorded = {
        f"bitbucket:{BITBUCKET_REPOSITORY}#{row.data['id']}": row.data
        for row in replies(folder, "_raw_bitbucket_api_pull_requests")
    }
    assert found.keys() == theirs.keys() == recorded.keys()
    for key, row in theirs.items():
        ours = found[key]
        assert (ours["state"], ours["title"]) == (row["status"].lower(), row["title"])
        assert (ours["head_branch"], ours["base_branch"]) == (row["head_ref"], row["base_ref"])
        assert (ours["merge_commit_sha"] or "") == row["merge_commit_sha"]
        assert (ours["source_url"], ours["created_at"]) == (
            row["url"],
            instant(recorded[key]["created_on"]),
        )
        # A merge has no date in the reply: the last change of the merged request is the nearest.
        merged_at = instant(recorded[key]["updated_on"]) if ours["is_merged"] else None
        assert ours["merged_at"] == merged_at


def test_every_commit_of_a_pull_request_of_bitbucket_lands_without_a_name(
    home: Home, payloads: Path
) -> None:
    found = {
        row["commit_sha"]: row for row in rows(home, "change_commits", where="source = 'bitbucket'")
    }
    theirs = expected(payloads / "bitbucket" / "e2e", "_tool_bitbucket_pull_request_commits")
    assert found.keys() == {row["commit_sha"] for row in theirs}
    for row in theirs:
        ours = found[row["commit_sha"]]
        assert ours["change_id"] == f"bitbucket:{BITBUCKET_REPOSITORY}#{row['pull_request_id']}"
        assert ours["authored_at"] == instant(row["commit_authored_date"])
        assert len(ours["author_id"]) == 24
        assert row["commit_author_name"] not in ours.values()


# -- Azure DevOps --------------------------------------------------------------------------------

AZURE_PROJECT = "test-project"


def _azure_server(folder: Path) -> FakeAzure:
    server = FakeAzure(
        AZURE_PROJECT,
        page_size=3,
        **{
            name: [row.data for row in replies(folder, f"_raw_azuredevops_go_api_{name}")]
            for name in ("builds", "pull_requests")
        },
    )
    for row in replies(folder, "_raw_azuredevops_go_api_timeline_records"):
        server.timelines.setdefault(str(row.asked["AzuredevopsId"]), []).append(row.data)
    for row in replies(folder, "_raw_azuredevops_go_api_pull_request_commits"):
        server.commits.setdefault(str(row.asked["AzuredevopsId"]), []).append(row.data)
    return server


def _azure_source(folder: Path) -> tuple[Connector, Handler]:
    config = azure_devops.Config(organisation="acme", token=SecretStr("secret"))
    return azure_devops.connect(config, name="azure"), _azure_server(folder)


def test_every_build_of_azure_is_a_run_with_its_times_and_its_end(
    home: Home, payloads: Path
) -> None:
    folder = payloads / "azuredevops_go" / "e2e"
    found = _by_key(home, "pipeline_runs", "azure")
    theirs = {
        row["id"].replace("azuredevops_go:AzuredevopsBuild:1", "azure"): row
        for row in expected(folder, "cicd_pipelines")
    }
    assert found.keys() == theirs.keys()
    for key, row in theirs.items():
        ours = found[key]
        assert ours["name"] == row["name"]
        assert milliseconds(ours["created_at"]) == instant(
            row["queued_date"] or row["created_date"]
        )
        assert milliseconds(ours["started_at"]) == instant(row["started_date"])
        assert milliseconds(ours["finished_at"]) == instant(row["finished_date"])
        assert (ours["status"] == "completed") == (row["status"] == "DONE")
        _agree(ours["conclusion"], row["result"])


def test_a_run_of_azure_has_the_commit_of_its_build_and_the_short_name_of_its_branch(
    home: Home, payloads: Path
) -> None:
    found = _by_key(home, "pipeline_runs", "azure")
    for row in expected(payloads / "azuredevops_go" / "e2e", "cicd_pipeline_commits"):
        ours = found[row["pipeline_id"].replace("azuredevops_go:AzuredevopsBuild:1", "azure")]
        # They keep the full ref, and say the repository that was asked for, not the build's own.
        assert (ours["commit_sha"], f"refs/heads/{ours['branch']}") == (
            row["commit_sha"],
            row["branch"],
        )
        assert ours["repository"] == "johndoe/test-repo"


def test_every_record_of_a_timeline_of_azure_is_a_job_with_its_times_and_its_end(
    home: Home, payloads: Path
) -> None:
    folder = payloads / "azuredevops_go" / "e2e"
    found = _by_key(home, "pipeline_jobs", "azure")
    theirs = {}
    for row in expected(folder, "cicd_tasks"):
        record, build = row["id"].split(":")[3:]
        theirs[f"azure:{build}/{record}"] = row
    assert found.keys() == theirs.keys()
    for key, row in theirs.items():
        ours = found[key]
        assert (ours["name"], ours["pipeline_run_id"]) == (
            row["name"],
            row["pipeline_id"].replace("azuredevops_go:AzuredevopsBuild:1", "azure"),
        )
        assert milliseconds(ours["started_at"]) == milliseconds(instant(row["started_date"]))
        assert milliseconds(ours["finished_at"]) == milliseconds(instant(row["finished_date"]))
        assert (ours["status"] == "completed") == (row["status"] == "DONE")
        _agree(ours["conclusion"], row["result"])


def test_a_pipeline_of_azure_whose_name_deploys_is_one_deployment(
    home: Home, payloads: Path
) -> None:
    found = _by_key(home, "deployments", "azure")
    theirs = [
        row["id"].replace("azuredevops_go:AzuredevopsBuild:1", "azure")
        for row in expected(payloads / "azuredevops_go" / "e2e", "cicd_pipelines")
        if row["type"] == "DEPLOYMENT"
    ]
    # They also take a build's tags for its name ("prod", "deploy": build 14), and count the job
    # that deploys within build 12 once more.
    assert set(theirs) - set(found) == {"azure:14"}
    assert {key: one["status"] for key, one in found.items()} == {
        "azure:12": "succeeded",
        "azure:13": "succeeded",
    }


def test_every_pull_request_of_azure_is_a_change_with_its_labels_and_commits(
    home: Home, payloads: Path
) -> None:
    folder = payloads / "azuredevops_go" / "e2e"
    (ours,) = rows(home, "changes", where="source = 'azure'")
    (theirs,) = expected(folder, "pull_requests")
    assert ours["change_id"] == f"azure:test-project/test-repo2#{theirs['pull_request_key']}"
    assert (ours["title"], ours["state"]) == (theirs["title"], theirs["status"].lower())
    assert milliseconds(ours["created_at"]) == instant(theirs["created_date"])
    assert [f"refs/heads/{ours[name]}" for name in ("head_branch", "base_branch")] == [
        theirs["head_ref"],
        theirs["base_ref"],
    ]
    # The commit that they state is that of a trial; an open request was not merged.
    assert (theirs["merge_commit_sha"][:8], ours["merge_commit_sha"]) == ("ebc6c7a2", None)
    # Their address is the interface's, ours one that people can open.
    assert ours["source_url"].endswith("/_git/0d50ba13-f9ad-49b0-9b21-d29eda50ca33/pullrequest/1")
    labels = expected(folder, "pull_request_labels")
    assert ours["labels"] == [row["label_name"] for row in labels]
    (commit,) = rows(home, "change_commits", where="source = 'azure'")
    (theirs,) = expected(folder, "pull_request_commits")
    assert (commit["change_id"], commit["commit_sha"]) == (ours["change_id"], theirs["commit_sha"])
    assert commit["authored_at"] == instant(theirs["commit_authored_date"])
    # One person wrote the request and its commit, and is known by neither name nor address.
    assert commit["author_id"] == ours["author_id"]
    assert "john" not in str([ours, commit]).lower().replace("johndoe/", "")


# -- what the sources share ----------------------------------------------------------------------


def _by_key(home: Home, entity: str, source: str) -> dict[str, Row]:
    key = f"{entity.removesuffix('s')}_id"
    return {row[key]: row for row in rows(home, entity, where=f"source = '{source}'")}


def _agree(conclusion: str | None, result: str) -> None:
    """Compare an end with theirs; a result that they leave empty may be a word of its own."""
    if result:
        assert conclusion in RESULTS[result]
    else:
        assert conclusion not in {"success", "failure"}


def test_no_recorded_record_is_set_aside(home: Home) -> None:
    with warehouse(home.staging_file) as connection:
        found = connection.execute(
            "select model, reason, count(*) from staging.staging.quarantined_records group by all"
        ).fetchall()
    assert found == []
