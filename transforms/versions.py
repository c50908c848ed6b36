"""Understand version numbers: SemVer's grammar, its precedence, and what a step between two means.

Source: https://semver.org/spec/v2.0.0.html; the grammar is the library semver's.
"""

from functools import cmp_to_key
from typing import Literal

from semver import Version

# What a step between two versions is; `same` differs in nothing that counts for precedence.
Step = Literal["major", "minor", "patch", "prerelease", "same", "backwards"]


def parse_version(text: str) -> Version | None:
    """Return the version that a text is, or None if it is none as SemVer has them."""
    try:
        return Version.parse(text)
    except ValueError:
        return None


def version_of_tag(tag: str, *, prefix: str = "") -> Version | None:
    """Return the version that a tag names after its prefix and one "v", or None."""
    if not tag.startswith(prefix):
        return None
    return parse_version(tag.removeprefix(prefix).removeprefix("v"))


def in_precedence(versions: list[Version]) -> list[Version]:
    """Return versions from the lowest to the highest; equals keep their order."""
    return sorted(versions, key=cmp_to_key(Version.compare))


def step_between(before: Version, after: Version) -> Step:
    """Return which number a version raised; what is built differs in nothing."""
    compared = after.compare(before)
    if compared <= 0:
        return "backwards" if compared < 0 else "same"
    if after.major != before.major:
        return "major"
    if after.minor != before.minor:
        return "minor"
    return "patch" if after.patch != before.patch else "prerelease"
