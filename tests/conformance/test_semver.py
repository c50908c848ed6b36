"""Version numbers as semver.org lists them, and as node's library tries its own.

Of node's fixtures those count that are about plain SemVer: no `loose` parsing, no "v", "=" or blank
before the number. Versions that node calls too big or too long are valid by the specification,
which knows neither a largest number nor a longest text.
"""

import json
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
from semver import Version

from transforms.versions import in_precedence, parse_version, step_between, version_of_tag

TOO_LARGE = ("too big", "too long")
NODE_VALID, NODE_COMPARED, NODE_EQUAL, NODE_STEPS = 21, 19, 2, 13


@pytest.fixture(scope="module")
def listed(conformance: Path) -> dict[str, list[str]]:
    text = (conformance / "data" / "semver" / "semver_org.json").read_text(encoding="utf-8")
    data: dict[str, list[str]] = json.loads(text)
    return data


@pytest.fixture(scope="module")
def node(conformance: Path) -> dict[str, list[list[Any]]]:
    path = conformance / "data" / "semver" / "node_semver_fixtures.json"
    data: dict[str, list[list[Any]]] = json.loads(path.read_text(encoding="utf-8"))
    return data


def _known(text: str) -> Version:
    version = parse_version(text)
    assert version is not None, text
    return version


def _is_plain(*texts: object) -> bool:
    return all(isinstance(text, str) and text.strip()[:1].isdigit() for text in texts)


def test_every_valid_version_is_accepted_and_every_invalid_one_refused(
    listed: dict[str, list[str]],
) -> None:
    assert (len(listed["valid"]), len(listed["invalid"])) == (31, 39)
    assert [text for text in listed["valid"] if parse_version(text) is None] == []
    assert [text for text in listed["invalid"] if parse_version(text) is not None] == []
    assert [str(_known(text)) for text in listed["valid"]] == listed["valid"]


def test_the_chain_of_precedence_is_in_order(listed: dict[str, list[str]]) -> None:
    chain = [_known(text) for text in listed["precedence_ascending"]]
    assert in_precedence(chain[::-1]) == chain
    assert all(step_between(before, after) == "prerelease" for before, after in pairwise(chain))


def test_node_reads_the_same_parts(node: dict[str, list[list[Any]]]) -> None:
    plain = [row for row in node["valid-versions"] if _is_plain(row[0])]
    assert len(plain) == NODE_VALID
    for text, major, minor, patch, prerelease, build in plain:
        version = _known(text)
        assert (version.major, version.minor, version.patch) == (major, minor, patch)
        assert (version.prerelease or "") == ".".join(str(part) for part in prerelease)
        assert (version.build or "") == ".".join(build)


def test_node_puts_the_same_first(node: dict[str, list[list[Any]]]) -> None:
    plain = [row for row in node["comparisons"] if _is_plain(*row[:2]) and row[2:] != [True]]
    assert len(plain) == NODE_COMPARED
    for higher, lower, *_ in plain:
        assert in_precedence([_known(higher), _known(lower)]) == [_known(lower), _known(higher)]
        assert step_between(_known(higher), _known(lower)) == "backwards"


def test_builds_of_a_version_are_the_same(node: dict[str, list[list[Any]]]) -> None:
    plain = [row for row in node["equality"] if _is_plain(*row[:2]) and row[0] == row[0].strip()]
    assert len(plain) == NODE_EQUAL
    for left, right, *_ in plain:
        assert step_between(_known(left), _known(right)) == "same"


def test_what_node_raises_is_the_step_that_is_seen(node: dict[str, list[list[Any]]]) -> None:
    steps = {"major", "minor", "patch"}
    plain = [row for row in node["increments"] if row[1] in steps and len(row) == 3 and row[2]]
    releases = [row for row in plain if parse_version(row[0])]
    assert len(releases) == NODE_STEPS
    for before, step, after in releases:
        raised = step_between(_known(before), _known(after))
        # 1.2.3-4 becomes 1.2.3 by any step: it was on its way there.
        assert raised == step or (raised == "prerelease" and "-" in before)


def test_node_refuses_the_same_but_for_big_numbers(node: dict[str, list[list[Any]]]) -> None:
    for row in node["invalid-versions"]:
        if isinstance(row[0], str):
            is_valid = parse_version(row[0]) is not None
            assert is_valid is (row[1] in TOO_LARGE)


@pytest.mark.parametrize(
    "text",
    ["1.2.3\n", " 1.2.3", "v1.2.3", "1２.0.0", "1.2.3-ä", "", "1" * 5_000 + ".0.0"],  # noqa: RUF001
)
def test_what_only_looks_like_a_version_is_refused(text: str) -> None:
    assert parse_version(text) is None


@pytest.mark.parametrize(
    ("tag", "prefix", "version"),
    [
        ("v1.2.3", "", "1.2.3"),
        ("1.2.3-rc.1", "", "1.2.3-rc.1"),
        ("shop/v2.0.0", "shop/", "2.0.0"),
        ("shop/v2.0.0", "pay/", None),
        ("vv1.2.3", "", None),
        ("release-7", "release-", None),
    ],
)
def test_a_tag_names_a_version_after_its_prefix(tag: str, prefix: str, version: str | None) -> None:
    found = version_of_tag(tag, prefix=prefix)
    assert (None if found is None else str(found)) == version


def test_a_step_is_the_leftmost_number_that_changed() -> None:
    cases = {
        ("1.2.3", "2.0.0"): "major",
        ("1.2.3", "1.3.0"): "minor",
        ("1.2.3", "1.2.4-rc.1"): "patch",
        ("1.2.4-rc.1", "1.2.4"): "prerelease",
        ("1.2.3", "1.2.3+7"): "same",
        ("2.0.0", "1.9.9"): "backwards",
    }
    assert {pair: step_between(*map(_known, pair)) for pair in cases} == cases


def test_one_of_two_different_versions_is_always_the_higher() -> None:
    texts = ("1.0.0-1", "1.0.0-a", "1.0.0-a.1", "1.0.0-1.a", "1.0.0", "1.0.1-0")
    for left, right in product(texts, repeat=2):
        forward, back = (
            step_between(_known(left), _known(right)),
            step_between(_known(right), _known(left)),
        )
        assert (forward == "same") is (left == right)
        assert left == right or (forward == "backwards") is not (back == "backwards")
