"""What Sentry says of releases, deploys and errors, in the tables."""

from datetime import datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors import sentry
from tests.connectors.sentry_records import SHA, deploy, details, issue, release
from tests.connectors.test_sentry import ROOT, FakeSentry
from tests.transforms.estate import Estate
from tests.transforms.models import NOW, build_models, rows
from tests.transforms.synced import sync_into
from transforms.home import Home

COMMIT = {"id": "b" * 40, "repository": {"name": "acme/checkout"}}
TWO_PROJECTS = [{"slug": "checkout"}, {"slug": "worker"}]


def _fake() -> FakeSentry:
    first = issue(1, "2026-11-20T09:00:00Z", status="resolved")
    second = issue(2, "2026-11-19T09:00:00Z")
    releases = [
        release("checkout@1.1", "2026-11-20T09:00:00Z", deployCount=1, lastCommit=COMMIT),
        release(SHA, "2026-11-19T09:00:00Z", deployCount=1, projects=TWO_PROJECTS),
        release("1.0", "2026-11-18T09:00:00Z"),
    ]
    fake = FakeSentry(releases=releases, issues=[first, second])
    fake.lists[f"{ROOT}/releases/checkout%401.1/deploys/"] = [deploy(1, "2026-11-20T10:00:00.5Z")]
    fake.lists[f"{ROOT}/releases/{SHA}/deploys/"] = [
        deploy(2, "2026-11-19T10:00:00Z", environment="Staging")
    ]
    fake.lists[f"{ROOT}/issues/1/"] = details(
        first, version="checkout@1.1", resolved="2026-11-21T08:00:00Z"
    )
    fake.lists[f"{ROOT}/issues/2/"] = details(second, version=None, resolved="2026-11-18T08:00:00Z")
    return fake


def _home(root: Path, *, deploys: bool) -> Home:
    home = Home(root=root)
    estate = Estate()
    estate.service("checkout")
    estate.write(home.lake, read_at=NOW)
    config = sentry.Config(token=SecretStr("t"), organisation="acme", deploys=deploys)
    report = sync_into(home, sentry.connect(config, name="sentry"), _fake(), now=NOW)
    assert {stream.status for stream in report.streams} == {"complete"}
    build_models(home, "deployments", "releases", "error_groups")
    return home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home in which deploys count as deployments."""
    return _home(tmp_path_factory.mktemp("sentry"), deploys=True)


def test_a_deploy_is_a_deployment_of_each_project_of_its_release(home: Home) -> None:
    found = rows(home, "deployments")
    assert [(row["deployment_id"], row["service_name"]) for row in found] == [
        ("sentry:1", "checkout"), ("sentry:2:checkout", "checkout"), ("sentry:2:worker", "worker"),
    ]  # fmt: skip
    assert [row["environment_id"] for row in found] == ["production", "staging", "staging"]
    assert {row["status"] for row in found} == {"succeeded"}
    assert found[0]["finished_at"] == datetime(2026, 11, 20, 10, 0, 0, 500_000)  # noqa: DTZ001


def test_the_commit_of_a_deploy_is_the_last_of_its_release_or_the_version_itself(
    home: Home,
) -> None:
    found = rows(home, "deployments")
    assert [row["commit_sha"] for row in found] == ["b" * 40, SHA, SHA]
    assert [row["repository"] for row in found] == ["acme/checkout", "checkout", "worker"]


def test_deploys_are_kept_out_where_the_settings_do_not_count_them(tmp_path: Path) -> None:
    home = _home(tmp_path, deploys=False)
    assert rows(home, "deployments") == []
    assert len(rows(home, "releases")) == 3


def test_a_release_keeps_its_version_as_its_tag(home: Home) -> None:
    assert [row["tag"] for row in rows(home, "releases")] == ["1.0", SHA, "checkout@1.1"]


def test_an_issue_is_an_error_group_with_the_release_it_began_in(home: Home) -> None:
    first, second = rows(home, "error_groups")
    assert (first["service_id"], first["first_version"]) == ("checkout", "checkout@1.1")
    assert (first["event_count"], first["user_count"]) == (150, 12)
    assert first["resolved_at"] == datetime(2026, 11, 21, 8)  # noqa: DTZ001
    assert (second["first_version"], second["state"]) == (None, "unresolved")


def test_an_issue_that_came_back_has_no_end(home: Home) -> None:
    assert rows(home, "error_groups")[1]["resolved_at"] is None


def test_no_address_of_a_person_is_in_a_title(home: Home) -> None:
    found = rows(home, "error_groups")
    assert str(found[0]["title"]).startswith("KeyError: no basket of address-")
    assert "jane" not in str([*found, *rows(home, "releases"), *rows(home, "deployments")])
