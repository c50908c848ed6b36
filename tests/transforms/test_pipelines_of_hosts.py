"""What pipelines of Jenkins, CircleCI, Azure DevOps and Bitbucket deployed, from their replies."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from connectors import azure_devops, bitbucket, circleci, jenkins
from tests.connectors.ci_servers import FakeAzure, FakeBitbucket, FakeCircle, FakeJenkins
from tests.connectors.fakes import Handler
from tests.transforms.landing import NOW, land
from tests.transforms.models import build_models, rows
from transforms.home import Home

Row = dict[str, Any]
TOKEN = SecretStr("secret")
BEGUN = NOW - timedelta(hours=3)


def _moment(minutes: float) -> str:
    return (BEGUN + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.0000000Z")


def _ms(minutes: float) -> int:
    return int((BEGUN + timedelta(minutes=minutes)).timestamp() * 1000)


def _jenkins() -> FakeJenkins:
    checkout = {
        "lastBuiltRevision": {"SHA1": "a" * 40, "branch": [{"name": "main"}]},
        "remoteUrls": ["git@github.com:acme/pay.git"],
    }
    build = {
        "_class": "hudson.model.FreeStyleBuild",
        "timestamp": _ms(0),
        "duration": 60_000,
        "actions": [{"causes": [{"userId": "jane"}]}, checkout],
    }
    return FakeJenkins(
        {
            "deploy-prod": [
                build | {"number": 1, "result": "SUCCESS"},
                build | {"number": 2, "result": "UNSTABLE"},
                build | {"number": 3, "result": "NOT_BUILT"},
                build | {"number": 4, "result": None, "building": True, "duration": 0},
            ],
            "test": [build | {"number": 1, "result": "FAILURE"}],
        }
    )


def _circle() -> FakeCircle:
    pipeline = {
        "id": "p",
        "number": 7,
        "project_slug": "gh/acme/pay",
        "created_at": _moment(0),
        "vcs": {
            "revision": "b" * 40,
            "branch": "main",
            "target_repository_url": "https://github.com/acme/pay",
        },
    }
    job = {"name": "deploy-prod", "type": "build", "started_at": _moment(1)}
    kept = job | {"id": "j1", "status": "success", "stopped_at": _moment(2)}
    waits = {"id": "j2", "name": "deploy-prod-approval", "type": "approval", "status": "on_hold"}
    failed = job | {"id": "j3", "status": "infrastructure_fail", "stopped_at": _moment(3)}
    return FakeCircle(
        {"gh/acme/pay": [pipeline]},
        {
            "p": [
                {"id": name, "pipeline_id": "p", "name": "release", "status": "failed"}
                for name in ("w1", "w2")
            ]
        },
        {"w1": [kept, waits, failed], "w2": [kept]},
    )


def _azure() -> FakeAzure:
    def build(number: int, name: str) -> Row:
        return {
            "id": number,
            "buildNumber": f"2026.{number}",
            "definition": {"name": name},
            "status": "completed",
            "result": "succeeded",
            "sourceVersion": "c" * 40,
            "sourceBranch": "refs/heads/main",
            "repository": {"id": "r1", "type": "TfsGit"},
            "queueTime": _moment(0),
            "startTime": _moment(1),
            "finishTime": _moment(number),
        }

    def record(name: str, kind: str, parent: str | None = None, result: str = "succeeded") -> Row:
        return {
            "id": f"{kind}-{name}",
            "parentId": parent,
            "type": kind,
            "name": name,
            "state": "completed",
            "result": result,
            "startTime": _moment(1),
            "finishTime": _moment(2),
        }

    server = FakeAzure(
        builds=[
            build(11, "deploy-prod"),
            build(12, "pipeline"),
            build(13, "pipeline"),
            build(14, "pipeline"),
        ],
        environments=[{"id": 7, "name": "Production"}],
        pull_requests=[
            {
                "pullRequestId": 5,
                "status": "completed",
                "closedDate": _moment(1),
                "repository": {"id": "r1", "name": "pay", "project": {"name": "shop"}},
                "lastMergeCommit": {"commitId": "c" * 40},
            }
        ],
    )
    server.timelines = {
        "11": [record("deploy prod", "Job")],
        "12": [
            record("deploy_prod", "Stage", result="failed"),
            record("phase", "Phase", "Stage-deploy_prod"),
            record("deploy to prod eu", "Job", "Phase-phase"),
            record("deploy to prod us", "Job"),
            record("deploy the prod files", "Task", "Job-deploy to prod us"),
        ],
        "13": [record("deploy_prod", "Stage")],
        "14": [record("deploy_prod", "Stage", result="skipped"), record("unit tests", "Job")],
    }
    server.deployed = {
        "7": [
            {
                "id": 90,
                "owner": {"id": 13},
                "result": "succeeded",
                "queueTime": _moment(1),
                "startTime": _moment(2),
                "finishTime": _moment(3),
            }
        ]
    }
    return server


def _releases() -> FakeAzure:
    def deployment(number: int, status: str, operation: str = "", **more: Any) -> Row:
        return {
            "id": number,
            "deploymentStatus": status,
            "operationStatus": operation,
            "release": {
                "name": f"Release-{number}",
                "artifacts": [
                    {
                        "type": "Build",
                        "definitionReference": {
                            "sourceVersion": {"id": "d" * 40},
                            "branch": {"name": "refs/heads/main"},
                            "repository": {"name": "pay"},
                        },
                    }
                ],
            },
            "releaseDefinition": {"name": "pay"},
            "releaseEnvironment": {"name": "Production"},
            "queuedOn": _moment(0),
            "startedOn": _moment(1),
            "completedOn": _moment(2),
            "lastModifiedOn": _moment(2),
            **more,
        }

    unset = "0001-01-01T00:00:00"
    return FakeAzure(
        release_deployments=[
            deployment(1, "succeeded"),
            deployment(2, "partiallySucceeded"),
            deployment(3, "failed"),
            deployment(4, "inProgress", completedOn=unset),
            deployment(5, "notDeployed", "pending", startedOn=unset, completedOn=unset),
            deployment(6, "notDeployed", "canceled"),
        ]
    )


def _bitbucket() -> FakeBitbucket:
    server = FakeBitbucket(
        pipelines=[
            {
                "uuid": "{p}",
                "build_number": 4,
                "state": {"name": "COMPLETED", "result": {"name": "FAILED"}},
                "created_on": _moment(0),
                "completed_on": _moment(4),
                "target": {"ref_name": "main", "commit": {"hash": "e" * 40}},
            }
        ],
        environments=[{"uuid": "{e}", "name": "Production"}],
        deployments=[
            {
                "uuid": "{d1}",
                "environment": {"uuid": "{e}"},
                "step": {"uuid": "{s1}"},
                "state": {"name": "COMPLETED", "started_on": _moment(1)},
                "release": {"pipeline": {"uuid": "{p}"}, "created_on": _moment(0)},
            },
            {
                "uuid": "{d2}",
                "environment": {"uuid": "{e}"},
                "state": {"name": "COMPLETED", "status": {"name": "STOPPED"}},
                "release": {"pipeline": {"uuid": "{p}"}, "created_on": _moment(0)},
            },
        ],
    )
    failed = {"name": "COMPLETED", "result": {"name": "FAILED"}}
    server.steps = {"{p}": [{"uuid": "{s1}", "name": "prod", "state": failed}]}
    return server


def _sources() -> list[tuple[Any, Handler]]:
    shop = {"organisation": "acme", "token": TOKEN, "projects": ("shop",)}
    azure, releases = azure_devops.Config(**shop), azure_devops.Config(**shop, area="releases")
    return [
        (
            jenkins.connect(
                jenkins.Config(base_url="https://ci.test", user="u", token=TOKEN), name="jenkins"
            ),
            _jenkins(),
        ),
        (
            circleci.connect(
                circleci.Config(token=TOKEN, projects=("gh/acme/pay",)), name="circleci"
            ),
            _circle(),
        ),
        (azure_devops.connect(azure, name="azure"), _azure()),
        (azure_devops.connect(releases, name="releases"), _releases()),
        (
            bitbucket.connect(
                bitbucket.Config(token=TOKEN, repositories=("acme/pay",)), name="bitbucket"
            ),
            _bitbucket(),
        ),
    ]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(root=tmp_path_factory.mktemp("hosts"))
    assert land(home, _sources()).is_complete
    build_models(home, "deployments", "pipeline_jobs", "pipeline_runs", "changes", now=NOW)
    # The build that ran has ended an hour later.
    later = NOW + timedelta(hours=1)
    server = _jenkins()
    server.builds["deploy-prod"][3].update(result="ABORTED", building=False, duration=5_000)
    connector = _sources()[0][0]
    assert land(home, [(connector, server)], now=later).is_complete
    build_models(home, "deployments", "pipeline_jobs", "pipeline_runs", "changes", now=later)
    return home


def _statuses(home: Home, source: str) -> dict[str, str]:
    found = rows(home, "deployments", where=f"source = '{source}' and is_current")
    return {row["deployment_id"].removeprefix(f"{source}:"): row["status"] for row in found}


def test_a_job_of_jenkins_whose_name_deploys_makes_a_deployment_of_each_build(home: Home) -> None:
    assert _statuses(home, "jenkins") == {
        "deploy-prod#1": "succeeded",
        "deploy-prod#2": "partial",
        "deploy-prod#4": "cancelled",
    }
    (one,) = rows(home, "deployments", where="deployment_id = 'jenkins:deploy-prod#1'")
    assert (one["repository"], one["commit_sha"], one["ref"]) == ("acme/pay", "a" * 40, "main")
    assert one["finished_at"] - one["started_at"] == timedelta(minutes=1)
    assert len(one["actor_id"]) == 24


def test_a_build_that_ran_and_then_ended_has_two_versions(home: Home) -> None:
    found = rows(home, "deployments", where="deployment_id = 'jenkins:deploy-prod#4'")
    assert {row["version_number"]: (row["status"], row["finished_at"]) for row in found} == {
        1: ("in_progress", None),
        2: ("cancelled", found[0]["started_at"] + timedelta(seconds=5)),
    }


def test_a_job_of_circleci_that_is_kept_by_a_second_workflow_deployed_once(home: Home) -> None:
    assert _statuses(home, "circleci") == {"j1": "succeeded", "j3": "failed"}
    jobs = rows(home, "pipeline_jobs", where="source = 'circleci'")
    assert len(jobs) == 4
    (run,) = rows(home, "pipeline_runs", where="pipeline_run_id = 'circleci:w1'")
    assert (run["repository"], run["commit_sha"]) == ("acme/pay", "b" * 40)
    assert run["source_url"].endswith("/pipelines/github/acme/pay/7/workflows/w1")


def test_a_build_of_azure_counts_once_by_what_tells_most_of_its_deployments(home: Home) -> None:
    assert _statuses(home, "azure") == {
        # the name of the pipeline, though a job of it deploys too
        "11": "succeeded",
        # a stage with the jobs below it, and a job outside of it
        "12/Stage-deploy_prod": "failed",
        "12/Job-deploy to prod us": "succeeded",
        # its environment, though a stage deploys too
        "environment/7/90": "succeeded",
    }


def test_a_build_of_azure_knows_its_repository_by_a_pull_request(home: Home) -> None:
    found = rows(home, "deployments", where="source = 'azure'")
    assert {(row["repository"], row["commit_sha"]) for row in found} == {("shop/pay", "c" * 40)}
    assert {row["environment_id"] for row in found} == {"production"}
    (change,) = rows(home, "changes", where="source = 'azure'")
    assert (change["change_id"], change["state"]) == ("azure:shop/pay#5", "merged")
    assert change["merge_commit_sha"] == "c" * 40


def test_a_release_of_azure_that_waits_is_no_deployment(home: Home) -> None:
    assert _statuses(home, "releases") == {
        "release/1": "succeeded",
        "release/2": "partial",
        "release/3": "failed",
        "release/4": "in_progress",
        "release/6": "cancelled",
    }
    found = rows(home, "deployments", where="source = 'releases'")
    assert {(row["repository"], row["commit_sha"], row["ref"]) for row in found} == {
        ("shop/pay", "d" * 40, "main")
    }
    assert [row["finished_at"] is None for row in found] == [False, False, False, True, False]


def test_a_deployment_of_bitbucket_takes_its_end_from_its_status_or_its_step(home: Home) -> None:
    assert _statuses(home, "bitbucket") == {"{d1}": "failed", "{d2}": "cancelled"}
    found = rows(home, "deployments", where="source = 'bitbucket'")
    assert {row["environment_id"] for row in found} == {"production"}
