"""Evidence from records to a file that verifies: one release of one service, and the chain."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.decision_heads import verify_log
from orchestration.evidence.inputs import Scope, read_inputs
from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from tests.transforms.requests import request
from transforms.decisions import append_details, read_decisions
from transforms.home import Home
from transforms.published import Published, open_published

TABLES = (
    "control_results",
    "control_definitions",
    "control_frameworks",
    "thresholds",
    "change_requests",
    "deployment_changes",
    "test_results",
    "ingest_runs",
)
DIGEST = "sha256:" + "a" * 64


def _exempt(home: Home, service: str, reason: str, *, days: int = 0) -> None:
    """Lift what traces deployments of a service on the morning of its last release, or later."""
    granted = at("2026-03-04 09:00") + timedelta(days=days)
    kept = append_details(
        home.lake, kind="exemption", subject=f"exemption:service:{service}", verdict="granted",
        details={
            "control_ids": ["deployment_traceability"], "subject_type": "service",
            "subject_id": service, "reason": reason,
            "expires_at": (granted + timedelta(hours=3)).isoformat(),
        },
        who="grace", decided_at=granted,
    )  # fmt: skip
    append_details(
        home.lake, kind="exemption_approval", subject=f"exemption:{kept.decision_id}",
        verdict="approved", details={}, who="linus", decided_at=granted,
    )  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home with a published build: two services, one of which deployed a release twice."""
    estate = Estate()
    pay = estate.service("pay", team="payments")
    search = estate.service("search", team="search")
    for service in (pay, search):
        sha = estate.commit(service, at("2026-03-01 09:00"))
        for day, version in (("02", "1.4.0"), ("03", "1.4.0"), ("04", "1.5.0")):
            estate.deploy(
                service, sha, at(f"2026-03-{day} 10:00"), minutes=10, version=version,
                artifact_digest=DIGEST,
            )  # fmt: skip
    # Nothing but service and planned time links it with the last release.
    opened = at("2026-03-04 09:00")
    request(estate, "3000001", service=pay, window=(opened, at("2026-03-04 11:00")),
            updated=opened, type="emergency")  # fmt: skip
    home = Home(root=tmp_path_factory.mktemp("evidence"))
    estate.write(home.lake, read_at=at("2026-03-10 00:00"))
    _exempt(home, "search", "password=hunter2hunter2 was lost")
    _exempt(home, "search", "another night", days=2)
    _exempt(home, "pay", "nobody asked for it", days=2)
    build_models(home, *TABLES)
    place = home.builds / "20260310T000000Z-one"
    place.mkdir(parents=True)
    (place / "warehouse.duckdb").write_bytes(home.warehouse_file.read_bytes())
    manifest = {
        "build_id": place.name, "as_of": "2026-03-10T00:00:00+00:00",
        "built_at": "2026-03-10T01:00:00+00:00", "sample_data": False,
        "report_timezone": "UTC", "definition_version": "1.0.0", "code_version": "1",
        "fingerprint": "f" * 64, "previous_build": None,
    }  # fmt: skip
    (place / "manifest.json").write_text(json.dumps(manifest))
    home.current.symlink_to(place)
    return home


@pytest.fixture
def published(home: Home) -> Iterator[Published]:
    yield open_published(home)


@pytest.fixture
def run(home: Home, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a way to call the command line in the home."""
    monkeypatch.setenv("LEADLINE_HOME", str(home.root))

    def call(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["evidence", *arguments])
        told = f"{done.output}{done.exception or ''}"
        return getattr(done.exception, "exit_code", done.exit_code), " ".join(told.split())

    return call


def built(run: Any, folder: Path, *arguments: str) -> Path:
    """Build a package and return its file."""
    code, told = run("build", *arguments, "--out", str(folder))
    assert code == 0, told
    (file,) = folder.glob("*.zip")
    return file


def test_a_release_is_packed_with_its_results_and_the_rows_behind_them(
    published: Published,
) -> None:
    inputs = read_inputs(published, Scope(release="1.4.0", service="pay"))
    judged = inputs.results.filter(pl.col("subject_type") == "deployment")
    assert set(judged["subject_id"]) == set(inputs.deployments["deployment_id"])
    assert inputs.deployments.height == 2
    commits = inputs.extracts["commits"]
    assert set(commits["commit_sha"]) >= set(inputs.deployments["commit_sha"])
    assert "github" in set(inputs.extracts["ingest_runs"]["source"])


def test_a_release_is_packed_with_its_change_requests_however_they_are_linked_and_its_reviews(
    published: Published,
) -> None:
    inputs = read_inputs(published, Scope(release="1.5.0", service="pay"))
    subjects = set(inputs.results["subject_id"])
    (deployment,) = inputs.deployments["deployment_id"]
    assert "servicenow:chg-3000001" in subjects
    assert f"deployment:{deployment}" in subjects
    assert not any("1.4.0" in one for one in subjects)


def test_of_exemptions_a_package_tells_those_that_lifted_something_in_it_without_their_secrets(
    published: Published,
) -> None:
    inputs = read_inputs(published, Scope(release="1.5.0", service="search"))
    (told,) = inputs.declared["exemptions"].iter_rows(named=True)
    assert (told["exemption_id"], told["reason"]) == ("exemption-1", "[redacted] was lost")
    assert ("policy.json", "reason") in {(one.item, one.column) for one in inputs.redactions}
    assert (
        read_inputs(published, Scope(release="1.5.0", service="pay"))
        .declared["exemptions"]
        .is_empty()
    )


def test_a_service_is_packed_from_a_day_until_another(published: Published) -> None:
    scope = Scope(
        service="pay", since=at("2026-03-03 00:00").date(), until=at("2026-03-05 00:00").date()
    )
    assert read_inputs(published, scope).deployments.height == 2


def test_the_same_release_is_packed_to_the_same_bytes_and_is_kept_once(
    run: Any, home: Home, tmp_path: Path
) -> None:
    one = built(run, tmp_path / "one", "--release", "1.4.0", "--service", "pay")
    other = built(run, tmp_path / "other", "--release", "1.4.0", "--service", "pay")
    assert one.read_bytes() == other.read_bytes()
    kept = [one for one in read_decisions(home.lake) if one.kind == "evidence"]
    assert len(kept) == 1
    assert verify_log(home)[0] == len(read_decisions(home.lake))


def test_the_next_package_names_the_one_before(run: Any, tmp_path: Path) -> None:
    first = built(run, tmp_path / "first", "--release", "1.4.0", "--service", "pay")
    second = built(run, tmp_path / "second", "--release", "1.5.0", "--service", "pay")
    assert run("verify", str(second), "--previous", str(first))[0] == 0
    code, told = run("verify", str(first), "--previous", str(second))
    assert (code, "previous: it is not the package" in told) == (1, True)
    assert "release 1.5.0" in run("list")[1]


def test_a_file_that_was_altered_exits_1_and_names_the_item(run: Any, tmp_path: Path) -> None:
    file = built(run, tmp_path / "one", "--release", "1.4.0", "--service", "pay")
    content = file.read_bytes()
    file.write_bytes(content.replace(b"1.4.0", b"1.4.1", 1))
    code, told = run("verify", str(file))
    assert code == 1
    assert "NOT what was signed: " in told


def test_another_key_than_the_published_one_is_refused(run: Any, tmp_path: Path) -> None:
    file = built(run, tmp_path / "one", "--release", "1.4.0", "--service", "pay")
    assert run("verify", str(file), "--key", "0" * 64)[0] == 1
    assert run("verify", str(file), "--key", "no key")[0] == 2


def test_one_framework_packs_only_the_controls_that_it_asks_for(run: Any, tmp_path: Path) -> None:
    file = built(
        run, tmp_path / "one", "--release", "1.4.0", "--service", "pay", "--framework", "SOC 2"
    )
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
        policy = json.loads(archive.read("policy.json"))
    assert {one["framework"] for one in policy["control_frameworks"]} == {"SOC 2"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--release", "9.9.9"), "No production deployment has the version '9.9.9'"),
        (("--release", "1.4.0"), "2 services deployed 1.4.0: pay, search"),
        (("--service", "pay"), "--service with --from and --to"),
        (("--service", "pay", "--from", "soon", "--to", "2026-03-05"), "is no day"),
        (("--service", "pay", "--from", "2026-03-05", "--to", "2026-03-05"), "must be later"),
        (("--release", "1.4.0", "--service", "pay", "--framework", "XYZ"), "known are: "),
        (("--release", "1.4.0", "--service", "pay", "--at", "2026-01-01"), "No retained build"),
    ],
)
def test_a_scope_that_does_not_fit_is_a_sentence(
    run: Any, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    code, told = run("build", *arguments, "--out", str(tmp_path))
    assert code == 2
    assert said in told


def test_rows_of_the_package_are_those_of_the_build(run: Any, home: Home, tmp_path: Path) -> None:
    file = built(run, tmp_path / "one", "--release", "1.4.0", "--service", "pay")
    with zipfile.ZipFile(file) as archive:
        (tmp_path / "results.csv").write_bytes(archive.read("results.csv"))
    with duckdb.connect() as connection:
        counted = connection.execute(
            "select count(*) from read_csv(?, header = true, all_varchar = true)"
            " where subject_type = 'deployment'",
            [str(tmp_path / "results.csv")],
        ).fetchone()
    with duckdb.connect(str(home.warehouse_file), read_only=True) as connection:
        expected = connection.execute(
            "select count(*) from v1.control_results join v1.fct_deployments"
            " on subject_id = deployment_id where version = '1.4.0'"
            " and fct_deployments.service_id = 'pay'"
        ).fetchone()
    assert counted == expected


def test_the_next_build_lists_the_packages_with_their_chain(
    run: Any, home: Home, tmp_path: Path
) -> None:
    first = built(run, tmp_path / "first", "--release", "1.4.0", "--service", "pay")
    second = built(run, tmp_path / "second", "--release", "1.5.0", "--service", "search")
    later, estate = datetime.now(UTC) + timedelta(days=1), Estate()
    estate.write(home.lake, read_at=later)
    build_models(home, "evidence_packages", "evidence_package_controls", now=later)
    known = {one["package_sha256"]: one for one in rows(home, "evidence_packages")}
    digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in (first, second)]
    assert set(digests) <= set(known)
    assert all(one["is_linked"] for one in known.values())
    assert known[digests[1]]["previous_sha256"] in known
    assert (known[digests[1]]["service_id"], known[digests[1]]["release_version"]) == (
        "search", "1.5.0",
    )  # fmt: skip
    where = f"package_sha256 = '{digests[1]}'"
    controls = rows(home, "evidence_package_controls", where=where)
    (identified,) = (one for one in controls if one["control_id"] == "deployment_identified")
    assert (identified["pass_count"], identified["required_count"]) == (1, 3)
    one = known[digests[1]]
    assert sum(each["required_count"] for each in controls) == one["required_count"]
    assert one["required_count"] - one["filled_count"] == one["missing_count"]
    assert len(one["missing"]) == one["missing_count"]
