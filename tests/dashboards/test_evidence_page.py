"""The page of evidence packages, and the auditor who looks back at an earlier build."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from dashboards.access import Viewer
from dashboards.evidence_words import packages_sentence, state_words
from dashboards.lookback import labels, may_look_back
from tests.dashboards.conftest import OpenPage
from tests.dashboards.estate import Estate, make_estate, publish
from tests.dashboards.test_pages import assert_sound, said
from transforms.current import current_build, retained_builds
from transforms.home import Home

FIRST, SECOND, THIRD = "1" * 64, "2" * 64, "3" * 64
EARLY, LATE = "20261120T090000Z-00000001", "20261122T090000Z-00000002"


def packages(estate: Estate) -> pl.DataFrame:
    """Return three packages: the newest lacks something, the second does not follow the first."""
    made = estate.as_of.replace(tzinfo=None)
    rows = [
        (THIRD, "1.5.0", SECOND, 8, 11, ["no_freeze · github:1 · <b>evidence</b>"], True, 0),
        (SECOND, "1.4.0", "9" * 64, 6, 6, [], False, 1),
        (FIRST, "1.4.0", None, 6, 6, [], True, 2),
    ]
    return pl.DataFrame(
        [
            {
                "package_sha256": sha, "release_version": release, "service_id": "checkout",
                "from_date": None, "to_date": None, "framework": None, "as_of_at": made,
                "build_id": LATE, "previous_sha256": previous, "supersedes_sha256": None,
                "filled_count": filled, "required_count": required,
                "missing_count": required - filled, "missing": missing,
                "is_complete": filled == required, "is_linked": linked,
                "made_at": made - timedelta(days=days),
            }
            for sha, release, previous, filled, required, missing, linked, days in rows
        ],
        schema_overrides={"from_date": pl.Date, "to_date": pl.Date, "framework": pl.String,
                          "supersedes_sha256": pl.String, "missing": pl.List(pl.String)},
    )  # fmt: skip


def controls() -> pl.DataFrame:
    """Return how the controls of the newest package came out."""
    counts = ("pass", "warn", "fail", "exempt", "unproven", "not_applicable")
    rows = [
        ("approvals", "Approved changes", 6, 6, (1, 0, 1, 0, 0, 0)),
        ("freeze", "No deployment in a freeze", 2, 3, (0, 0, 0, 1, 0, 1)),
        ("tests", "Test evidence", 0, 2, (0, 0, 0, 0, 1, 0)),
    ]
    return pl.DataFrame(
        [
            {
                "package_sha256": THIRD, "control_id": name, "service_id": "checkout",
                "title": title, "filled_count": filled, "required_count": required,
                **{f"{word}_count": n for word, n in zip(counts, numbers, strict=True)},
            }
            for name, title, filled, required, numbers in rows
        ]
    )  # fmt: skip


def add(folder: Path, estate: Estate) -> None:
    """Put the packages into a published build."""
    tables = {"evidence_packages": packages(estate), "evidence_package_controls": controls()}
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        for name, frame in tables.items():
            connection.register("given", frame)
            connection.execute(f"create or replace table v1.{name} as select * from given")
            connection.unregister("given")


@pytest.fixture(scope="module")
def evidence_home(tmp_path_factory: pytest.TempPathFactory, estate: Estate) -> Iterator[Path]:
    """Two builds, the older one of two days before and without packages."""
    home = tmp_path_factory.mktemp("evidence")
    early = make_estate(as_of=estate.as_of - timedelta(days=2), days=60)
    publish(home, early, build_id=EARLY)
    add(publish(home, estate, build_id=LATE), estate)
    yield home


def test_the_page_says_how_the_newest_stands_and_that_the_chain_is_broken(
    open_page: OpenPage, evidence_home: Path
) -> None:
    page = open_page(evidence_home, "evidence")
    assert_sound(page)
    text = said(page)
    assert "3 packages of evidence; the newest lacks 3 pieces of evidence" in text
    assert "and 1 of them does not follow the one before" in text
    assert "8 of 11 places for evidence are filled" in text
    assert "What is missing" in str([one.label for one in page.expander])


def test_controls_and_chain_are_tables(open_page: OpenPage, evidence_home: Path) -> None:
    page = open_page(evidence_home, "evidence")
    complete, chain = (one.value for one in page.dataframe)
    assert list(complete["State"]) == [
        "✕ not satisfied", "? not shown to hold", "? not shown to hold",
    ]  # fmt: skip
    assert list(chain["Chain"]) == ["✓ follows", "✕ does not follow", "✓ follows"]
    assert list(chain["Follows"]) == [SECOND[:12], "9" * 12, "the first"]


def test_text_of_records_is_shown_and_not_run(open_page: OpenPage, evidence_home: Path) -> None:
    page = open_page(evidence_home, "evidence")
    assert not any("<b>evidence</b>" in one.value for one in page.markdown)


def test_the_address_opens_a_package(open_page: OpenPage, evidence_home: Path) -> None:
    page = open_page(evidence_home, "evidence", package=SECOND)
    assert "6 of 6 places for evidence are filled" in said(page)
    wrong = open_page(evidence_home, "evidence", package="x")
    assert "names a package that is not in this build" in said(wrong)


def test_without_a_package_the_page_says_what_to_do(
    open_page: OpenPage, published_home: Path
) -> None:
    page = open_page(published_home, "evidence")
    assert_sound(page)
    assert "No package of evidence was made yet" in said(page)
    assert any("leadline evidence build" in one.value for one in page.code)


def test_one_complete_package_is_said_to_be_complete(estate: Estate) -> None:
    one = packages(estate).tail(1)
    assert packages_sentence(one) == "One package of evidence was made; it is complete."


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"pass_count": 2}, "✓ satisfied"),
        ({"pass_count": 1, "warn_count": 1}, "◐ satisfied, with warnings"),
        ({"pass_count": 9, "unproven_count": 1}, "? not shown to hold"),
        ({"fail_count": 1, "unproven_count": 1}, "✕ not satisfied"),
        ({}, "– nothing to judge"),
    ],
)
def test_no_data_never_counts_as_satisfied(counts: dict[str, int], words: str) -> None:
    nothing = dict.fromkeys(
        ("pass_count", "warn_count", "fail_count", "exempt_count", "unproven_count"), 0
    )
    assert state_words(nothing | counts) == words


def test_an_earlier_build_is_read_by_every_page_and_is_told(
    open_page: OpenPage, evidence_home: Path
) -> None:
    for name in ("evidence", "summary", "recovery"):
        page = open_page(evidence_home, name, build=EARLY)
        assert_sound(page)
        assert "You look at an earlier build" in said(page)
        assert page.query_params["build"] in (EARLY, [EARLY])
    page = open_page(evidence_home, "evidence", build=EARLY)
    assert "No package of evidence was made yet" in said(page)


def test_the_button_goes_back_to_the_current_build(
    open_page: OpenPage, evidence_home: Path
) -> None:
    page = open_page(evidence_home, "evidence", build=EARLY)
    (back,) = (one for one in page.button if one.label == "Show the current one")
    back.click().run()
    assert "You look at an earlier build" not in said(page)
    assert "build" not in page.query_params
    assert "3 packages" in said(page)


def test_a_build_is_chosen_from_those_that_are_kept(
    open_page: OpenPage, evidence_home: Path
) -> None:
    page = open_page(evidence_home, "evidence")
    (choice,) = (one for one in page.selectbox if one.label == "Build")
    assert len(choice.options) == 2
    choice.select(EARLY).run()
    (show,) = (one for one in page.button if one.label == "Show this build")
    show.click().run()
    assert "You look at an earlier build" in said(page)


def test_a_build_that_is_not_kept_falls_back_with_a_notice(
    open_page: OpenPage, evidence_home: Path
) -> None:
    page = open_page(evidence_home, "evidence", build="../../etc")
    assert_sound(page)
    assert any(
        "is not kept any more; the current one is shown" in one.value for one in page.warning
    )
    assert "3 packages" in said(page)


def test_the_current_builds_own_address_is_the_current_build(
    open_page: OpenPage, evidence_home: Path
) -> None:
    page = open_page(evidence_home, "evidence", build=LATE)
    assert "You look at an earlier build" not in said(page)


@pytest.mark.parametrize(
    ("role", "may"), [("", True), ("auditor", True), ("executive", False), ("analyst", False)]
)
def test_only_auditors_and_the_machines_own_user_look_back(role: str, may: bool) -> None:
    assert may_look_back(Viewer(name="a", role=role)) is may


def test_builds_of_the_same_instant_are_told_apart(evidence_home: Path) -> None:
    home = Home(root=evidence_home)
    builds = retained_builds(home)
    assert [one.build_id for one in builds] == [LATE, EARLY]
    assert current_build(home) == builds[0]
    assert len(set(labels([builds[0], builds[0]]))) == 1
    assert labels(builds[:1])[0].endswith("UTC")
