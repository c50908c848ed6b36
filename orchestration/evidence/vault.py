"""Whether what was received can still be had: pages of the lake, restored and hashed again."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil

import zstandard

from orchestration.lake import Lake
from orchestration.redactions import leads_to

P95 = 0.95


@dataclass(frozen=True)
class Restored:
    """What became of one item when somebody asked for it.

    Units: `seconds` until its bytes were there and hashed.
    """

    name: str
    seconds: float
    trouble: str = ""


def item_names(lake: Lake) -> dict[str, dict[str, object]]:
    """Return every page that the lake holds, by the name of its file, with its journal line."""
    return {
        str(line["raw_file"] or line["records_file"]): line
        for line in lake.lines()
        if line["event"] == "page"
    }


def restore(lake: Lake, names: Iterable[str], *, timer: Callable[[], float]) -> list[Restored]:
    """Read items and hash them again; what is gone or altered says so.

    An item that was redacted since is held against what the redaction left.
    """
    known = item_names(lake)
    found = []
    for name in names:
        began = timer()
        trouble = _trouble(lake, name, known[name])
        found.append(Restored(name=name, seconds=timer() - began, trouble=trouble))
    return found


def _trouble(lake: Lake, name: str, line: dict[str, object]) -> str:
    try:
        digest = hashlib.sha256(lake.body(line, raw=True)).hexdigest()
    except FileNotFoundError:
        return "it is gone"
    except (OSError, zstandard.ZstdError):
        return "it cannot be read"
    stated = str(line["sha256"])
    if digest == stated or leads_to(lake.root, name=name, stated=stated, found=digest):
        return ""
    return "its bytes are not those that were received"


def p95_seconds(restored: Sequence[Restored]) -> float | None:
    """Return the time within which 95 of 100 were there (nearest rank); None of nothing."""
    times = sorted(one.seconds for one in restored)
    return times[ceil(P95 * len(times)) - 1] if times else None
