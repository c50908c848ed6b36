"""What runs is what was tested, comes from where it should, and can be followed back."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from orchestration.warehouse import warehouse
from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from tests.transforms.requests import HOUR, request
from transforms.home import Home

DAY = timedelta(days=1)
START = at("2026-03-02 10:00")
SLSA = "https://slsa.dev/provenance/v1"
BUILDER, BUILD_TYPE = "https://builder.test/trusted", "https://builder.test/workflow"
PARAMETERS = {"workflow.ref": "refs/heads/main", "workflow.path": "build.yml"}


def digest(name: str) -> str:
    return "sha256:" + name.encode().hex().ljust(64, "0")[:64]


@dataclass
class World:
    """A home with judged artifacts, and the deployments of it by name."""

    home: Home
    ids: dict[str, str] = field(default_factory=dict)

    def of(self, control: str, name: str) -> tuple[str, str]:
        """Return the verdict and its reason's code for one subject."""
        (row,) = self.rows(control, self.ids.get(name, name))
        return row["verdict"], row["reason_code"]

    def rows(self, control: str, subject: str) -> list[dict[str, Any]]:
        """Return the results of a control for one subject."""
        where = f"control_id = '{control}' and subject_id = '{subject}'"
        return rows(self.home, "control_results", where=where)


def _deploy(estate: Estate, service: str, instant: Any, **fields: Any) -> str:
    sha = fields.pop("sha", None) or estate.commit(service, instant - DAY)
    return estate.deploy(service, sha, instant, minutes=5, **fields)


def _merged(estate: Estate, service: str, instant: Any, title: str, *, parents: Any = ()) -> str:
    sha = estate.commit(service, instant, parents=parents, title="Merged")
    original = (f"{estate.number():040x}", instant - HOUR, "Work")
    estate.pull(service, sha, instant, [original])
    estate.streams["github", "pulls"][-1][0]["title"] = title
    return sha


def _traces(estate: Estate) -> dict[str, str]:
    """Twenty deployments of which nineteen can be followed back to their change request."""
    service = estate.service("traced", team="fleet")
    found: dict[str, str] = {}
    parents: tuple[str, ...] = ()
    for number in range(20):
        instant = START + number * DAY
        title = f"SHOP-{number}: pay once" if number != 7 else "Pay once"
        sha = _merged(estate, service, instant - HOUR, title, parents=parents)
        parents = (sha,)
        built = digest(f"traced{number}")
        estate.row("artifacts", id=f"traced-{number}", name="traced", digest=built,
                   commit=sha, repository="acme/traced", service="traced",
                   pushed_at=instant - HOUR)  # fmt: skip
        estate.row("work_items", id=f"item-{number}", key=f"SHOP-{number}", status="Done",
                   status_category="done", created_at=START - DAY)  # fmt: skip
        request(estate, f"7{number:06}", updated=instant + DAY)
        found[f"traced-{number}"] = _deploy(
            estate, service, instant, sha=sha, artifact_digest=built,
            change_request=f"CHG7{number:06}",
        )  # fmt: skip
    found["bare"] = _deploy(estate, service, START + 30 * DAY)
    found["unregistered"] = _deploy(
        estate, service, START + 31 * DAY, artifact_digest=digest("elsewhere")
    )
    return found


def _tags(estate: Estate) -> None:
    for number, (tag, built, index) in enumerate(
        (
            ("1.2.0", "one", None), ("1.2.0", "two", None), ("1.3.0", "three", None),
            ("latest", "one", None), ("latest", "three", None),
            ("2.0.0", "index", None), ("2.0.0", "amd64", "index"), ("2.0.0", "arm64", "index"),
        )
    ):  # fmt: skip
        estate.row("artifacts", id=f"tag-{number}", name="image", tag=tag, registry="r.test",
                   digest=digest(built), pushed_at=START,
                   index_digest=digest(index) if index else None)  # fmt: skip


def _versions(estate: Estate) -> None:
    for service, before, after, title in (
        ("broke", "1.4.2", "1.5.0", "feat!: drop the old field"),
        ("young", "0.4.2", "0.5.0", "feat!: drop the old field"),
        ("grew", "1.4.2", "1.4.3", "feat: add a field"),
    ):
        estate.service(service)
        base = _merged(estate, service, START - 9 * DAY, "fix: begin")
        _deploy(estate, service, START - 8 * DAY, sha=base, version=before)
        sha = _merged(estate, service, START - 2 * DAY, title, parents=(base,))
        _deploy(estate, service, START, sha=sha, version=after)
    for name, version, branch, days in (
        ("lib", "1.1.0", "main", 0), ("lib", "2.0.0", "main", 1), ("lib", "1.1.1", "release-1", 2),
        ("lib", "1.9.9", "main", 3), ("lib", "01.2.3", "main", 4), ("lib", "2.0.0+7", "side", 5),
        ("lib", "2.0.0+8", "side", 6), ("dated", "2026.3.1", None, 0),
        ("dated", "2026.10.1", None, 1), ("dated", "2026.9.30", None, 2),
        ("loose", "build-7", None, 0),
    ):  # fmt: skip
        if name != "lib":
            estate.service(name) if not any(
                record.get("service_id") == name for record in estate.catalogue
            ) else None
        estate.row("artifacts", id=f"{name}-{version}", name=name, version=version,
                   branch=branch, digest=digest(name + version), pushed_at=START + days * DAY,
                   service=None if name == "lib" else name)  # fmt: skip
    estate.policy("versioning", "dated", {"scheme": "date", "kind": "api"})


def _releases(estate: Estate) -> dict[str, str]:
    found = {}
    for name, digests in (
        ("rebuilt", "aab"), ("same", "aaa"), ("declared", "abc"), ("alone", "  a"),
    ):  # fmt: skip
        service = estate.service(name)
        sha = estate.commit(service, START - DAY)
        for turn, (environment, letter) in enumerate(
            zip(("dev", "staging", "production"), digests, strict=True)
        ):
            if letter == " ":
                continue
            found[name] = _deploy(
                estate, service, START + turn * HOUR, sha=sha, environment=environment,
                version="3.1.0", artifact_digest=digest(name + letter),
            )  # fmt: skip
    estate.policy("versioning", "declared", {"builds_per_environment": "signed for each store"})
    service = estate.service("platforms")
    for turn, platform in enumerate(("amd64", "arm64")):
        estate.row("artifacts", id=f"platform-{platform}", name="platforms",
                   digest=digest("p" + platform), index_digest=digest("p-index"))  # fmt: skip
        found["platforms"] = _deploy(
            estate, service, START + turn * HOUR, version="3.1.0",
            environment=("staging", "production")[turn], artifact_digest=digest("p" + platform),
        )  # fmt: skip
    return found


CASES: dict[str, dict[str, Any]] = {
    "verified": {},
    "signature_invalid": {"signature_state": "invalid"},
    "signature_not_checked": {"signature_state": "not_checked"},
    "subject_mismatch": {"subject_digest": digest("another build")},
    "predicate_type_unexpected": {"predicate_type": "https://spdx.dev/Document"},
    "builder_not_trusted": {"builder_id": "https://laptop.test"},
    "level_too_low": {"builder_id": "https://builder.test/old"},
    "build_type_unexpected": {"build_type": "https://builder.test/by-hand"},
    "parameter_unknown": {"external_parameters": {**PARAMETERS, "debug": "true"}},
    "parameter_unexpected": {
        "external_parameters": {**PARAMETERS, "workflow.ref": "refs/heads/mine"}
    },
    "no_expectation": {},
    "no_attestation": {"created_at": "2026-04-01T00:00:00Z"},
}


def _provenance(estate: Estate) -> dict[str, str]:
    found = {}
    for name, told in CASES.items():
        service = estate.service(f"built-{name}")
        sha = estate.commit(service, START - DAY)
        found[name] = _deploy(estate, service, START, sha=sha, artifact_digest=digest(name))
        stated = {
            "attestation_key": name, "subject_name": name, "subject_digest": digest(name),
            "predicate_type": SLSA, "builder_id": BUILDER, "build_type": BUILD_TYPE,
            "external_parameters": PARAMETERS, "key_ids": [], "signature_state": "verified",
            "service_name": service, "repository": f"acme/{service}", "commit_sha": sha,
            "created_at": "2026-03-01T12:00:00Z", **told,
        }  # fmt: skip
        estate.add("reports", "attestations", stated)
        if name != "no_expectation":
            estate.policy("provenance", service, {
                "builders": [
                    {"id": BUILDER, "level": 3}, {"id": "https://builder.test/old", "level": 1},
                ],
                "minimum_level": 2, "build_types": [BUILD_TYPE],
                "parameters": {"workflow.ref": "refs/heads/main", "workflow.path": "*"},
            })  # fmt: skip
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home, estate = Home(root=tmp_path_factory.mktemp("artifacts")), Estate()
    ids = _traces(estate) | _releases(estate) | _provenance(estate)
    _tags(estate)
    _versions(estate)
    estate.write(home.lake, read_at=at("2026-05-01 00:00"))
    build_models(home, "control_results", "control_matrix", "link_coverage")
    yield World(home, ids)


def test_19_of_20_deployments_are_traceable_and_the_other_is_listed(world: World) -> None:
    keys = [world.ids[f"traced-{number}"] for number in range(20)]
    judged = [row for key in keys for row in world.rows("deployment_traceability", key)]
    counts = Counter(row["verdict"] for row in judged)
    assert counts == {"pass": 19, "fail": 1}
    assert counts["pass"] / counts.total() == 0.95
    (lost,) = [row for row in judged if row["verdict"] == "fail"]
    assert lost["subject_id"] == world.ids["traced-7"]
    assert lost["reason_code"] == "missing_work_item"
    assert lost["reason"] == "The change of its commit names no work item."


def test_the_trace_names_every_record_on_the_way(world: World) -> None:
    (row,) = world.rows("deployment_traceability", world.ids["traced-3"])
    kinds = [key.split(":")[0] for key in row["evidence"]]
    assert kinds == ["commits", "changes", "work_items", "change_requests"]


@pytest.mark.parametrize(
    ("name", "code"), [("bare", "missing_digest"), ("unregistered", "missing_artifact")]
)
def test_the_first_missing_link_is_named(world: World, name: str, code: str) -> None:
    assert world.of("deployment_traceability", name) == ("fail", code)


@pytest.mark.parametrize(
    ("tag", "verdict", "mutations"),
    [("1.2.0", "fail", 1), ("1.3.0", "pass", 0), ("2.0.0", "pass", 0)],
)
def test_a_tag_with_a_second_digest_has_moved_and_the_platforms_of_an_index_have_not(
    world: World, tag: str, verdict: str, mutations: int
) -> None:
    (row,) = world.rows("tag_immutability", f"r.test/image:{tag}")
    assert (row["verdict"], row["value"]) == (verdict, mutations)


def test_latest_may_move(world: World) -> None:
    assert world.rows("tag_immutability", "r.test/image:latest") == []


@pytest.mark.parametrize(
    ("version", "verdict", "code"),
    [
        ("broke@1.4.2", "pass", "first_version"),
        ("broke@1.5.0", "fail", "api_major_version_not_bumped"),
        ("young@0.5.0", "pass", "increased"),
        ("grew@1.4.3", "fail", "version_bump_too_small"),
        ("lib@2.0.0", "pass", "increased"),
        ("lib@1.1.1", "pass", "first_version"),
        ("lib@1.9.9", "fail", "api_version_decreased"),
        ("lib@01.2.3", "fail", "version_not_valid"),
        ("lib@2.0.0+8", "fail", "api_version_not_bumped"),
        ("dated@2026.10.1", "pass", "increased"),
        ("dated@2026.9.30", "fail", "api_version_decreased"),
        ("loose@build-7", "warn", "version_not_valid"),
    ],
)
def test_versions_go_up_on_their_branch_and_say_what_changed(
    world: World, version: str, verdict: str, code: str
) -> None:
    assert world.of("version_rules", version) == (verdict, code)


@pytest.mark.parametrize(
    ("name", "verdict", "code", "size"),
    [
        ("rebuilt", "fail", "rebuilt", 2),
        ("same", "pass", "one_digest", 1),
        ("declared", "not_applicable", "built_per_environment", 3),
        ("alone", "not_applicable", "nothing_to_compare", 1),
        ("platforms", "pass", "one_digest", 1),
    ],
)
def test_a_release_is_one_digest_in_all_environments(
    world: World, name: str, verdict: str, code: str, size: int
) -> None:
    (row,) = world.rows("artifact_immutability", world.ids[name])
    assert (row["verdict"], row["reason_code"], row["value"]) == (verdict, code, size)


def test_a_release_that_was_built_again_says_for_what(world: World) -> None:
    (row,) = world.rows("artifact_immutability", world.ids["rebuilt"])
    assert row["reason"] == (
        "3.1.0 was rebuilt for production: 2 digests in dev, production, staging."
    )


@pytest.mark.parametrize("name", CASES)
def test_provenance_is_verified_step_by_step(world: World, name: str) -> None:
    verdict, code = world.of("artifact_provenance", name)
    expected = {
        "verified": "pass", "signature_not_checked": "inconclusive",
        "no_expectation": "inconclusive", "no_attestation": "no_data",
    }  # fmt: skip
    assert (verdict, code) == (expected.get(name, "fail"), name)


@pytest.mark.parametrize(
    ("control", "service", "built", "expected"),
    [
        ("artifact_provenance", "built-verified", "verified", ("pass", "verified")),
        ("artifact_provenance", "built-parameter_unknown", "parameter_unknown",
         ("fail", "parameter_unknown")),
        ("artifact_immutability", "same", "samea", ("pass", "one_digest")),
        ("artifact_immutability", "rebuilt", "rebuiltb", ("fail", "rebuilt")),
        ("deployment_traceability", "traced", "traced3", ("fail", "missing_change_request")),
    ],
)  # fmt: skip
def test_a_deployment_to_come_is_judged_by_its_digest(
    world: World, control: str, service: str, built: str, expected: tuple[str, str]
) -> None:
    with warehouse(world.home.warehouse_file) as connection:
        found = connection.execute(
            f"select verdict, reason_code from v1.control_{control}_at(?, ?, ?, ?)",
            [service, digest(built), "production", (START + 60 * DAY).replace(tzinfo=None)],
        ).fetchall()
    assert found == [expected]


def test_how_many_links_there_are_is_counted_and_never_more_than_there_could_be(
    world: World,
) -> None:
    table = {(row["relation"], row["from_type"]): row for row in rows(world.home, "link_coverage")}
    assert all(row["numerator"] <= row["denominator"] for row in table.values())
    assert table["ran_under", "deployment"]["numerator"] == 20
    assert table["implements", "change"]["numerator"] == 19


def test_platforms_are_linked_with_their_index(world: World) -> None:
    found = rows(world.home, "entity_links", where="relation = 'platform_of'")
    pairs = {(row["from_id"], row["to_id"]) for row in found}
    assert (digest("arm64"), digest("index")) in pairs
    keys = [(r["from_type"], r["from_id"], r["to_type"], r["to_id"], r["relation"]) for r in found]
    assert len(keys) == len(set(keys))
