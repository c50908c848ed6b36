"""The whole chain on a real repository: what changes, what does not, and what blocks."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from orchestration import audit
from orchestration import run as chain
from orchestration.audit import Expectation, Suite, read_results
from orchestration.builds import read_builds, read_pointer
from orchestration.candidate import as_of_home
from orchestration.definitions import defs
from orchestration.errors import AuditBlocked, ConfigurationError, NotPublished
from orchestration.run import Context
from orchestration.sample import Sample, mark_sample
from orchestration.settings import Environment, Settings, git_settings
from transforms.home import Home

pytestmark = [pytest.mark.slow, pytest.mark.e2e]
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
MUST_FAIL = Suite(
    name="services",
    table="services",
    expectations=(
        Expectation("expect_table_row_count_to_be_between", "block", {"min_value": 1_000_000}),
    ),
)


def make_repository(folder: Path) -> Path:
    folder.mkdir()
    who = ["-c", "user.name=Dev", "-c", "user.email=dev@example.org"]
    day = "2026-11-02T10:00:00+00:00"
    lines = [["init", "-q", "-b", "main"]]
    for number in range(1, 5):
        lines.append([*who, "commit", "-q", "--allow-empty", "-m", f"change {number}"])
        lines.append(["tag", f"1.{number}.0"])
    for line in lines:
        environment = {"GIT_AUTHOR_DATE": day, "GIT_COMMITTER_DATE": day, "PATH": "/usr/bin:/bin"}
        subprocess.run(["git", *line], cwd=folder, check=True, env=environment)
    return folder


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return git_settings(make_repository(tmp_path_factory.mktemp("git") / "shop"))


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Iterator[Context]:
    context = Context(
        home=Home(root=tmp_path_factory.mktemp("home")),
        environment=Environment(),
        clock=lambda: NOW,
    )
    report = chain.refresh(context, settings=settings)
    assert report.sync.is_complete
    assert report.publication.is_new
    assert report.publication.manifest.tables["fct_deployments"] == 4
    yield context


def shown(context: Context) -> Path:
    current = read_pointer(context.home.current)
    assert current is not None
    return current


def test_the_same_sources_at_the_same_time_give_no_new_build(
    context: Context, settings: Settings
) -> None:
    before = shown(context)
    report = chain.refresh(context, settings=settings)
    assert not report.publication.is_new
    assert shown(context) == before


def test_everything_built_again_has_the_same_fingerprint(context: Context) -> None:
    before = shown(context)
    again = chain.build_and_publish(context, full_refresh=True)
    assert again.path == before


def test_a_blocking_check_leaves_what_is_shown_and_keeps_the_candidate(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, known = shown(context), read_builds(context.home.builds)
    monkeypatch.setattr(audit, "read_suites", lambda: [MUST_FAIL])
    with pytest.raises(AuditBlocked) as caught:
        chain.build_and_publish(context)
    assert caught.value.exit_code == 5
    assert shown(context) == before
    assert read_builds(context.home.builds) == known
    stored = read_results(context.home.warehouse_file)
    assert [one.suite for one in stored if one.is_blocking] == ["services"]
    with pytest.raises(AuditBlocked):
        chain.publish_candidate(context)
    assert shown(context) == before


def test_an_unfinished_build_cannot_be_published(context: Context) -> None:
    chain.build_candidate(context, arguments=["--select", "services"])
    with pytest.raises(NotPublished, match="no finished build"):
        chain.publish_candidate(context)


def test_a_build_for_a_past_instant_is_stored_and_shown_to_nobody(context: Context) -> None:
    before = shown(context)
    past = NOW + timedelta(minutes=1)
    publication = chain.build_and_publish(context, as_of=past, moves_current=False)
    assert publication.manifest.as_of.startswith("2026-11-22T08:01")
    assert publication.path.is_dir()
    assert as_of_home(context.home).warehouse_file.exists()
    assert shown(context) == before
    again = chain.build_and_publish(context, as_of=past, moves_current=False)
    assert again.path == publication.path


def test_the_sample_company_never_mixes_with_real_systems(
    context: Context, settings: Settings, home: Home
) -> None:
    with pytest.raises(ConfigurationError, match="holds data of git"):
        mark_sample(context.home, Sample(as_of=NOW))
    mark_sample(home, Sample(as_of=NOW))
    with pytest.raises(ConfigurationError, match="holds the sample company"):
        chain.sync_sources(replace(context, home=home), settings=settings)


def test_dagster_publishes_and_a_blocking_check_stops_it(
    context: Context, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "leadline.yml"
    path = settings.sources[0].section["path"]
    config.write_text(f"sources:\n  git: {{path: {path}}}\nservices: [{{id: shop}}]\n")
    monkeypatch.setenv("LEADLINE_HOME", str(context.home.root))
    monkeypatch.setenv("LEADLINE_CONFIG", str(config))
    before = shown(context)
    definitions = defs()
    assert isinstance(definitions, dg.Definitions)
    with dg.DagsterInstance.ephemeral() as instance:
        done = definitions.resolve_job_def("refresh").execute_in_process(instance=instance)
    assert done.success
    published = shown(context)
    assert published != before
    monkeypatch.setattr(audit, "read_suites", lambda: [MUST_FAIL])
    monkeypatch.setattr("orchestration.assets.audit.read_suites", lambda: [MUST_FAIL])
    definitions = defs()
    assert isinstance(definitions, dg.Definitions)
    with dg.DagsterInstance.ephemeral() as instance:
        failed = definitions.resolve_job_def("refresh").execute_in_process(
            instance=instance, raise_on_error=False
        )
    assert not failed.success
    assert shown(context) == published
