"""Versions sort as SemVer 2.0.0 says, and are raised as far as their changes ask."""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import duckdb
import pytest
import semver
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.rendering import render

OPEN: list[duckdb.DuckDBPyConnection] = []
ORDER = (
    "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
    "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0",
)  # fmt: skip
NUMBER = st.integers(min_value=0, max_value=10**25).map(str)
WORD = st.from_regex(r"[0-9]{0,2}[a-zA-Z-][0-9a-zA-Z-]{0,3}", fullmatch=True)
PRE = st.lists(NUMBER | WORD, max_size=3).map(".".join)
VERSION = st.builds(
    lambda parts, pre, build: ".".join(parts) + (f"-{pre}" if pre else "") + build,
    st.lists(NUMBER, min_size=3, max_size=3),
    PRE,
    st.sampled_from(["", "+build.7", "+001"]),
)


@pytest.fixture(scope="module", autouse=True)
def _open() -> Iterator[None]:
    with duckdb.connect() as connection:
        OPEN.append(connection)
        yield
    OPEN.clear()


def _answer(text: str, values: list[str]) -> object:
    found = OPEN[0].execute(f"select {text}", values).fetchone()
    assert found is not None
    return found[0]


@cache
def _text(macro: str) -> str:
    return render("{{ " + macro + '("cast(? as varchar)") }}')


def _sql(macro: str, version: str) -> object:
    text = _text(macro)
    return _answer(text, [version] * text.count("cast(? as"))


def key(version: str) -> str | None:
    found = _sql("semver_key", version)
    return None if found is None else str(found)


def test_pre_releases_sort_as_the_standard_lists_them() -> None:
    keys = [key(version) for version in ORDER]
    assert all(before < after for before, after in pairwise(keys) if before and after)
    assert None not in keys


@given(VERSION, VERSION)
@settings(max_examples=60, deadline=None)
def test_two_versions_sort_as_the_library_sorts_them(one: str, other: str) -> None:
    expected = semver.Version.parse(one).compare(other)
    first, second = key(one), key(other)
    assert first is not None
    assert second is not None
    assert (first > second) - (first < second) == expected


@pytest.mark.parametrize(
    ("version", "is_valid"),
    [
        ("1.2.3", True), ("v1.2.3", True), ("01.2.3", False), ("1.2", False), ("1.2.3-", False),
        ("1.2.3-01", False), ("1.2.3-0a", True), ("1.2.3+exp.sha.5114f85", True), ("", False),
        ("release-7", False),
    ],
)  # fmt: skip
def test_a_version_is_valid_by_the_official_pattern(version: str, is_valid: bool) -> None:
    assert bool(_sql("is_semver", version)) is is_valid
    assert semver.Version.is_valid(version.removeprefix("v")) is is_valid


def test_metadata_of_the_build_does_not_count() -> None:
    assert key("1.0.0+1") == key("1.0.0+2") == key("v1.0.0")


def test_dates_sort_by_their_numbers() -> None:
    dates = ["2026.9.30", "2026.10.1", "2026.10.1-2", "2026.10.1-11", "2027.01.05"]
    keys = [str(_sql("date_version_key", one)) for one in dates]
    assert keys == sorted(keys)
    assert _sql("date_version_key", "1.2.3") is None
    assert _sql("date_version_key", "2026.13.4") is None


def _rank(macro: str, texts: tuple[str, ...], *counts: int) -> int:
    places = [f"\"'{text}'\"" for text in texts] + [str(count) for count in counts]
    text = render("{{ " + f"{macro}({', '.join(places)})" + " }}")
    return int(str(_answer(text, [])))


@pytest.mark.parametrize(
    ("previous", "version", "breaking", "features", "is_violation"),
    [
        ("1.4.2", "1.5.0", 1, 0, True),
        ("1.4.2", "2.0.0", 1, 0, False),
        ("0.4.2", "0.5.0", 1, 0, False),
        ("0.4.2", "0.4.3", 1, 0, True),
        ("1.4.2", "1.4.3", 0, 1, True),
        ("1.4.2", "1.5.0", 0, 1, False),
        ("1.4.2", "1.4.3", 0, 0, False),
        ("v1.4.2", "v2.0.0-rc.1", 3, 1, False),
    ],
)
def test_a_breaking_change_asks_for_a_major_version_from_1_0_0_on(
    previous: str, version: str, breaking: int, features: int, is_violation: bool
) -> None:
    actual = _rank("bump_rank", (previous, version))
    expected = _rank("expected_bump_rank", (previous,), breaking, features)
    assert (actual < expected) is is_violation
