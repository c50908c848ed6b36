"""Which retained build answers for an instant."""

import json
from datetime import datetime

from orchestration.errors import NothingToRead
from transforms.home import Home
from transforms.published import Build, NothingPublished, current_build, read_build


def build_at(home: Home, at: datetime | None) -> tuple[Build, bool]:
    """Return the build that readers saw at an instant (None: now), and whether it is a later one.

    Where none of that time is retained, the oldest that is answers from what happened by then;
    what was corrected since is seen as it is now. The sample company has its own clock, so its
    builds count from their as-of.
    Errors: NothingToRead when nothing is published.
    """
    try:
        current = current_build(home)
    except NothingPublished as exc:
        raise NothingToRead(f"{exc}.") from exc
    if current is None:
        raise NothingToRead("Nothing is published to judge by; run `leadline run` first.")
    if at is None:
        return current, False
    shown = sorted(_shown(home), key=_since)
    before = [build for build in shown if _since(build) <= at]
    if before:
        return before[-1], False
    return (shown[0] if shown else current), True


def _since(build: Build) -> datetime:
    return build.as_of if build.sample_data else build.built_at


def _shown(home: Home) -> list[Build]:
    """Return the retained builds that were current once; those of `build --as-of` never were."""
    shown = []
    for file in home.builds.glob("*/manifest.json"):
        try:
            if json.loads(file.read_text(encoding="utf-8")).get("moves_current", True):
                shown.append(read_build(file.parent))
        except (OSError, ValueError, KeyError, NothingPublished):
            # A build that retention is just removing is none that can answer.
            continue
    return shown
