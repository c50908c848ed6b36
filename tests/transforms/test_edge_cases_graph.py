"""What belongs to which deployment, on repositories made by git: branches, copies, rewrites.

Each case is a service with a repository of its own. They are read in two steps, so that a branch
can be moved in between. The same repositories are built from git's text alone and with git's
commit-graph, which was written before their last commits were made.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import git
from orchestration.lake import Lake
from orchestration.sync import sync
from tests.transforms.conftest import METRICS, read_built
from tests.transforms.estate import Estate, at
from tests.transforms.repositories import Repository, make_repository
from transforms.home import Home
from transforms.published import Published

READ_AT = datetime(2026, 5, 1, tzinfo=UTC)
BETWEEN = datetime(2026, 2, 15, tzinfo=UTC)
FUTURE = int(datetime(2037, 1, 1, tzinfo=UTC).timestamp())
HOUR = 3600.0
Names = dict[str, str]


@dataclass(frozen=True)
class World:
    """The repositories, the commits by name in each, and what the hosts know of deployments."""

    root: Path
    repositories: Mapping[str, Repository]
    shas: dict[str, Names]
    estate: Estate

    def sha(self, case: str, name: str) -> str:
        return self.shas[case][name]


def _backport(repo: Repository) -> Names:
    shas = {"one": repo.commit("one", "2026-01-02 10:00")}
    repo.tag("1.0.0", "2026-01-02 12:00")
    shas["two"] = repo.commit("two", "2026-01-05 10:00")
    shas["three"] = repo.commit("three", "2026-01-06 10:00")
    repo.tag("2.0.0", "2026-01-07 10:00")
    repo.switch("line-1", "1.0.0")
    shas["fix"] = repo.commit("fix", "2026-01-08 08:00")
    repo.tag("1.0.1", "2026-01-08 10:00")
    repo.switch("main")
    shas["merge"] = repo.merge("line-1", "2026-01-09 08:00")
    shas["four"] = repo.commit("four", "2026-01-09 09:00")
    repo.tag("2.0.1", "2026-01-09 10:00")
    return shas


def _cherry_pick(repo: Repository) -> Names:
    shas = {"one": repo.commit("one", "2026-01-02 10:00")}
    repo.tag("1.0.0", "2026-01-02 12:00")
    shas["other"] = repo.commit("other", "2026-01-05 10:00")
    shas["fix"] = repo.commit("fix", "2026-01-06 10:00")
    repo.switch("hotfix", "1.0.0")
    shas["picked"] = repo.pick(shas["fix"], "2026-01-06 11:00")
    repo.tag("1.0.1", "2026-01-06 12:00")
    repo.switch("main")
    repo.tag("1.1.0", "2026-01-08 10:00")
    repo.switch("line-1", "hotfix")
    shas["never live"] = repo.pick(shas["other"], "2026-01-09 11:00")
    return shas


def _squash(repo: Repository) -> Names:
    shas = {"one": repo.commit("one", "2026-01-02 10:00")}
    repo.tag("1.0.0", "2026-01-02 12:00")
    repo.switch("work", "main")
    for name in ("a", "b"):
        shas[name] = repo.commit(name, "2026-01-05 10:00")
    repo.switch("main")
    repo.git("merge", "-q", "--squash", "work", when="2026-01-06 10:00")
    repo.git("commit", "-q", "-m", "both", when="2026-01-06 10:00")
    shas["both"] = repo.head()
    repo.tag("1.1.0", "2026-01-06 12:00")
    return shas


def _rebase(repo: Repository) -> Names:
    shas = {"one": repo.commit("one", "2026-01-02 10:00")}
    repo.tag("1.0.0", "2026-01-02 12:00")
    repo.switch("work", "main")
    shas["before"] = repo.commit("work", "2026-01-05 10:00")
    repo.switch("main")
    shas["two"] = repo.commit("two", "2026-01-06 10:00")
    return shas


def _rebase_later(repo: Repository, shas: Names) -> None:
    repo.switch("work")
    repo.git("rebase", "-q", "main", when="2026-03-02 10:00")
    shas["after"] = repo.head()
    repo.switch("main")
    repo.git("merge", "-q", "--ff-only", "work", when="2026-03-02 10:00")
    repo.tag("1.1.0", "2026-03-02 12:00")


def _revert(repo: Repository) -> Names:
    shas = {"one": repo.commit("one", "2026-01-02 10:00")}
    repo.tag("1.0.0", "2026-01-02 12:00")
    shas["bad"] = repo.commit("bad", "2026-01-05 10:00")
    repo.tag("1.1.0", "2026-01-05 12:00")
    repo.git("revert", "--no-edit", shas["bad"], when="2026-01-06 10:00")
    shas["undone"] = repo.head()
    repo.tag("1.1.1", "2026-01-06 12:00")
    repo.git("revert", "--no-edit", shas["undone"], when="2026-01-08 10:00", authored="2026-01-08")
    shas["again"] = repo.head()
    repo.tag("1.2.0", "2026-01-08 12:00")
    return shas


def _roots(repo: Repository) -> Names:
    shas = {"one": repo.commit("one", "2026-01-02 10:00")}
    repo.tag("1.0.0", "2026-01-02 12:00")
    repo.git("switch", "-q", "--orphan", "docs", when="2026-01-03 10:00")
    shas["docs"] = repo.commit("docs", "2026-01-03 10:00")
    repo.git("switch", "-q", "--orphan", "tools", when="2026-01-03 10:00")
    shas["tools"] = repo.commit("tools", "2026-01-04 10:00")
    repo.switch("main")
    parents = ("-p", "main", "-p", "docs", "-p", "tools")
    octopus = repo.git(
        *("commit-tree", "main^{tree}", "-m", "Octopus", *parents), when="2026-01-05 10:00"
    )
    repo.git("reset", "-q", "--hard", octopus, when="2026-01-05 10:00")
    repo.tag("1.1.0", "2026-01-05 12:00")
    return shas


def _force_push(repo: Repository) -> Names:
    shas = {"one": repo.commit("one", "2026-01-02 10:00")}
    repo.tag("1.0.0", "2026-01-02 12:00")
    shas["lost"] = repo.commit("lost", "2026-01-05 10:00")
    repo.tag("1.1.0", "2026-01-05 12:00")
    return shas


def _force_push_later(repo: Repository, shas: Names) -> None:
    repo.git("reset", "-q", "--hard", shas["one"], when="2026-03-02 10:00")
    shas["new"] = repo.commit("new", "2026-03-02 10:00")
    repo.tag("1.2.0", "2026-03-02 12:00")
    shas["next"] = repo.commit("next", "2026-03-03 10:00")
    repo.tag("1.3.0", "2026-03-03 12:00")


def _odd_clocks(repo: Repository) -> Names:
    shas = {"one": repo.commit("one", "2026-01-02 10:00")}
    repo.tag("1.0.0", "2026-01-02 12:00")
    shas["future"] = repo.commit("future", "2026-01-05 10:00", authored=FUTURE)
    shas["1970"] = repo.commit("1970", "2026-01-05 11:00", authored=86_400)
    shas["usual"] = repo.commit("usual", "2026-01-05 11:30")
    repo.tag("1.1.0", "2026-01-05 12:00")
    return shas


def _mono(repo: Repository) -> Names:
    shas = {
        "start": repo.commit(
            "start", "2026-01-02 10:00", files={"pay/a": "1", "cart/a": "1", "libs/a": "1"}
        ),
        "pay": repo.commit("pay", "2026-01-05 08:00", files={"pay/a": "2"}),
        "cart": repo.commit("cart", "2026-01-05 09:00", files={"cart/deep/er/b é.py": "2"}),
        "library": repo.commit("library", "2026-01-05 10:00", files={"libs/a": "2"}),
        "readme": repo.commit("readme", "2026-01-05 11:00", files={"README": "2"}),
    }
    repo.switch("side", "main")
    repo.commit("side", "2026-01-06 08:00", files={"cart/c.py": "3"})
    shas["side"] = repo.head()
    repo.switch("main")
    shas["merge"] = repo.merge("side", "2026-01-06 09:00")
    return shas


CASES: Mapping[str, Callable[[Repository], Names]] = {
    "backport": _backport,
    "cherry-pick": _cherry_pick,
    "squash": _squash,
    "rebase": _rebase,
    "revert": _revert,
    "roots": _roots,
    "force-push": _force_push,
    "odd-clocks": _odd_clocks,
    "mono": _mono,
}
LATER: Mapping[str, Callable[[Repository, Names], None]] = {
    "rebase": _rebase_later,
    "force-push": _force_push_later,
}


def _describe(world: World) -> None:
    """Say what the configuration and the host know; tags are the other cases' deployments."""
    estate = world.estate
    for case in CASES:
        if case != "mono":
            estate.service(case)
    for service, paths in (("pay", ["pay/**", "libs/**"]), ("cart", ["cart/**/*.py", "libs/a"])):
        estate.service(service, repository="acme/mono")
        estate.catalogue[-1]["paths"] = paths
        for name, finished in (("start", "2026-01-03 10:00"), ("merge", "2026-01-07 10:00")):
            sha = world.sha("mono", name)
            estate.deploy(service, sha, at(finished), repository="acme/mono")
    fix = world.sha("cherry-pick", "fix")
    written, merged = at("2026-01-06 10:00"), at("2026-01-07 10:00")
    estate.pull("cherry-pick", fix, merged, [(fix, written, "fix")])
    estate.service("treeless")
    estate.catalogue[-1]["paths"] = ["nowhere/**"]


def _treeless(world: World) -> Path:
    """Clone a repository without trees, as `git clone --filter=tree:0` does."""
    origin = world.repositories["squash"]
    origin.git("config", "uploadpack.allowFilter", "true", when="2026-01-01")
    target = world.root / "treeless.git"
    origin.git(
        *("clone", "-q", "--bare", "--filter=tree:0", f"file://{origin.path}", str(target)),
        when="2026-01-01",
    )
    return target


def _sync(home: Home, world: World, *, now: datetime, treeless: Path) -> None:
    paths = {f"acme/{case}": repo.path for case, repo in world.repositories.items()}
    config = git.Config(repositories=paths | {"acme/treeless": treeless}, changed_paths=True)
    report = sync([git.connect(config, name="git")], lake=Lake(home.lake), clock=lambda: now)
    assert [one.error for one in report.streams if one.status != "complete"] == []


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Published, Published]:
    """Return the repositories, and what is published of them without and with commit-graphs."""
    root = tmp_path_factory.mktemp("graph")
    repositories = {case: make_repository(root / "repositories" / case) for case in CASES}
    world = World(root=root, repositories=repositories, shas={}, estate=Estate())
    homes = [Home(root=root / name) for name in ("text", "graph")]
    for case, make in CASES.items():
        world.shas[case] = make(repositories[case])
    treeless = _treeless(world)
    _sync(homes[0], world, now=BETWEEN, treeless=treeless)
    for place, repo in enumerate(repositories.values()):
        split = ["--split"] if place % 2 else []
        repo.git("commit-graph", "write", "--reachable", *split, when="2026-02-01")
    _sync(homes[1], world, now=BETWEEN, treeless=treeless)
    for case, change in LATER.items():
        change(repositories[case], world.shas[case])
    _describe(world)
    streams = dict(world.estate.streams)
    published = []
    for home in homes:
        _sync(home, world, now=READ_AT, treeless=treeless)
        world.estate.streams = dict(streams)
        world.estate.write(home.lake, read_at=READ_AT)
        published.append(
            read_built(home, METRICS, "fct_commits", "coverage_figures", read_at=READ_AT)
        )
    return world, published[0], published[1]


@pytest.fixture(scope="module")
def world(worlds: tuple[World, Published, Published]) -> World:
    return worlds[0]


@pytest.fixture(scope="module")
def published(worlds: tuple[World, Published, Published]) -> Published:
    return worlds[1]


def _commits(world: World, published: Published, service: str, case: str = "") -> dict[str, Any]:
    """Return by the test's names of commits (version of the first deployment, reason)."""
    names = {sha: name for name, sha in world.shas[case or service].items()}
    versions = {
        row["deployment_id"]: row["version"]
        for row in published.rows("fct_deployments").iter_rows(named=True)
    }
    return {
        names[row["commit_sha"]]: (versions.get(row["deployment_id"]), row["exclusion_reason"])
        for row in published.rows("fct_commits", filters={"service_id": service}).iter_rows(
            named=True
        )
        if row["commit_sha"] in names
    }


def _deployments(published: Published, service: str) -> dict[str, dict[str, Any]]:
    rows = published.rows("fct_deployments", filters={"service_id": service})
    return {row["version"]: row for row in rows.iter_rows(named=True)}


def test_a_back_port_counts_at_its_own_release_and_not_again_when_merged(
    world: World, published: Published
) -> None:
    assert _commits(world, published, "backport") == {
        "one": ("1.0.0", "no_baseline"),
        "two": ("2.0.0", None),
        "three": ("2.0.0", None),
        "fix": ("1.0.1", None),
        "merge": ("2.0.1", "merge_commit"),
        "four": ("2.0.1", None),
    }
    changes = {at: row["change_count"] for at, row in _deployments(published, "backport").items()}
    assert changes == {"1.0.0": 1, "2.0.0": 2, "1.0.1": 1, "2.0.1": 1}


def test_a_cherry_picked_commit_counts_once_at_the_copy_that_went_live_first(
    world: World, published: Published
) -> None:
    assert _commits(world, published, "cherry-pick") == {
        "one": ("1.0.0", "no_baseline"),
        "other": ("1.1.0", None),
        "picked": ("1.0.1", None),
        "fix": ("1.1.0", "same_patch"),
        "never live": (None, "same_patch"),
    }
    rows = published.rows("fct_commits", filters={"service_id": "cherry-pick"})
    originals = dict(zip(rows["commit_sha"], rows["original_commit_sha"], strict=True))
    assert originals[world.sha("cherry-pick", "fix")] == world.sha("cherry-pick", "picked")
    assert originals[world.sha("cherry-pick", "other")] is None
    changes = published.rows("fct_changes", filters={"service_id": "cherry-pick"})
    pulls = changes.filter(changes["is_reviewable"])
    assert pulls["exclusion_reason"].to_list() == ["same_patch"]
    deployments = _deployments(published, "cherry-pick")
    assert [deployments[at]["change_count"] for at in ("1.0.1", "1.1.0")] == [1, 1]
    assert [deployments[at]["commit_count"] for at in ("1.0.1", "1.1.0")] == [1, 1]


def test_a_squash_counts_once_and_its_branch_is_not_live(
    world: World, published: Published
) -> None:
    found = _commits(world, published, "squash")
    assert found["both"] == ("1.1.0", None)
    assert found["a"] == found["b"] == (None, "not_deployed")


def test_a_rebased_commit_counts_once_from_the_moment_it_was_written(
    world: World, published: Published
) -> None:
    assert _commits(world, published, "rebase") == {
        "one": ("1.0.0", "no_baseline"),
        "two": ("1.1.0", None),
        "before": (None, "same_patch"),
        "after": ("1.1.0", None),
    }
    rows = published.rows("fct_commits", filters={"service_id": "rebase"})
    row = rows.filter(rows["commit_sha"] == world.sha("rebase", "after")).to_dicts()[0]
    lead = at("2026-03-02 12:00") - at("2026-01-05 10:00")
    assert row["lead_time_seconds"] == lead.total_seconds()


def test_a_revert_and_what_is_done_again_are_changes_of_their_own(
    world: World, published: Published
) -> None:
    assert _commits(world, published, "revert") == {
        "one": ("1.0.0", "no_baseline"),
        "bad": ("1.1.0", None),
        "undone": ("1.1.1", None),
        "again": ("1.2.0", None),
    }
    deployments = _deployments(published, "revert")
    failed = {version for version, row in deployments.items() if row["is_failed"]}
    assert failed == {"1.1.0", "1.1.1"}


def test_commits_of_several_roots_count_where_an_octopus_brought_them(
    world: World, published: Published
) -> None:
    assert _commits(world, published, "roots") == {
        "one": ("1.0.0", "no_baseline"),
        "docs": ("1.1.0", None),
        "tools": ("1.1.0", None),
    }


def test_case_28_after_a_force_push_the_difference_is_still_by_reachability(
    world: World, published: Published
) -> None:
    assert _commits(world, published, "force-push") == {
        "one": ("1.0.0", "no_baseline"),
        "lost": ("1.1.0", None),
        "new": ("1.2.0", None),
        "next": ("1.3.0", None),
    }
    flags = {
        version: row["is_history_rewritten"]
        for version, row in _deployments(published, "force-push").items()
    }
    assert flags == {"1.0.0": False, "1.1.0": False, "1.2.0": True, "1.3.0": False}


def test_case_29_a_commit_of_the_future_or_of_1970_is_excluded_and_counted(
    world: World, published: Published
) -> None:
    assert _commits(world, published, "odd-clocks") == {
        "one": ("1.0.0", "no_baseline"),
        "future": ("1.1.0", "impossible_time"),
        "1970": ("1.1.0", "impossible_time"),
        "usual": ("1.1.0", None),
    }
    changes = published.rows("fct_changes", filters={"service_id": "odd-clocks"})
    reasons = changes["exclusion_reason"].to_list()
    assert reasons.count("impossible_time") == 2
    lead = published.window(
        "lead_time_for_changes",
        since=at("2026-01-01").date(),
        until=at("2026-05-01").date(),
        service_ids=["odd-clocks"],
    ).to_dicts()[0]
    assert (lead["n"], lead["value"], lead["excluded_count"]) == (1, HOUR / 2, 3)
    figure = _figure(published, "commits_with_plausible_times")
    assert figure["denominator"] - figure["numerator"] == 2


def _figure(published: Published, name: str) -> dict[str, Any]:
    figures = published.coverage_figures()
    (row,) = figures.filter((figures["figure"] == name) & (figures["source"] == "git")).to_dicts()
    return dict(row)


def test_services_of_one_repository_have_the_commits_of_their_paths(
    world: World, published: Published
) -> None:
    reasons = {
        service: {
            name: reason
            for name, (_, reason) in _commits(world, published, service, "mono").items()
        }
        for service in ("pay", "cart")
    }
    assert reasons["pay"] == {
        "start": "no_baseline",
        "pay": None,
        "cart": "outside_paths",
        "library": None,
        "readme": "outside_paths",
        "side": "outside_paths",
        "merge": "merge_commit",
    }
    assert reasons["cart"] == {
        "start": "no_baseline",
        "pay": "outside_paths",
        "cart": None,
        "library": None,
        "readme": "outside_paths",
        "side": None,
        "merge": "merge_commit",
    }
    rows = published.rows("fct_commits", filters={"service_id": "pay"})
    outside = rows.filter(rows["exclusion_reason"] == "outside_paths")
    assert outside["deployment_id"].to_list() == [None] * 3


def test_a_commit_of_a_shared_library_counts_once_a_service_and_once_together(
    world: World, published: Published
) -> None:
    numbers = {
        services: published.window(
            "commit_lead_time",
            since=at("2026-01-01").date(),
            until=at("2026-05-01").date(),
            service_ids=list(services),
        )["n"].item()
        for services in (("pay",), ("cart",), ("pay", "cart"))
    }
    # pay: pay, library; cart: cart, library, side; together four commits, not five.
    assert numbers == {("pay",): 2, ("cart",): 3, ("pay", "cart"): 4}


def test_where_trees_are_missing_paths_and_copies_are_not_told_and_the_reason_is(
    world: World, published: Published
) -> None:
    rows = published.rows("fct_commits", filters={"service_id": "treeless"})
    assert rows.height == len(world.shas["squash"])
    assert "outside_paths" not in set(rows["exclusion_reason"])
    paths = _figure(published, "repositories_with_changed_paths")
    assert (paths["numerator"], paths["denominator"], paths["reason"]) == (1, 2, "trees_missing")
    patches = _figure(published, "repositories_with_patch_ids")
    assert patches["denominator"] - patches["numerator"] == 1
    assert patches["reason"] == "trees_missing"


@pytest.mark.parametrize("table", ["fct_commits", "fct_changes", "fct_deployments"])
def test_git_text_and_the_commit_graph_give_equal_rows(
    worlds: tuple[World, Published, Published], table: str
) -> None:
    _, text, graph = worlds
    # The two homes have pseudonym keys of their own.
    people = ("author_id", "actor_id")
    tables = [build.rows(table).drop(people, strict=False) for build in (text, graph)]
    rows = [sorted(map(str, one.rows())) for one in tables]
    assert rows[0]
    assert rows[0] == rows[1]


def test_the_commit_graph_was_read_and_then_outgrown(
    worlds: tuple[World, Published, Published],
) -> None:
    world = worlds[0]
    lines = {
        name: [
            line
            for line in Lake(Home(root=world.root / name).lake).journal("git", "commit_graph")
            if line["event"] == "page"
        ]
        for name in ("text", "graph")
    }
    read = {line["context"]["repository"]: line["row_count"] for line in lines["graph"]}
    assert {f"acme/{case}" for case in CASES} <= set(read)
    assert read["acme/force-push"] == 2
    assert len(world.shas["force-push"]) == 4
