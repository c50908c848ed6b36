"""Whether a window is for somebody: patterns with * and ?, in any case."""

from collections.abc import Sequence
from fnmatch import fnmatchcase


def matches(patterns: Sequence[str] | None, value: str | None) -> bool:
    """Whether a value fits one of the patterns; no pattern is for all, and nothing fits none."""
    if not patterns:
        return True
    if value is None:
        return False
    # A bracket is a letter here, not a set of letters.
    return any(fnmatchcase(value.lower(), one.lower().replace("[", "[[]")) for one in patterns)
