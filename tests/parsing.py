"""Let builds of one test process share what dbt parsed: the models are equal, the folders not."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from transforms.home import Home

PARSED = "partial_parse.msgpack"
_kept = Path(tempfile.mkdtemp(prefix="leadline-parsed-"))


@contextlib.contextmanager
def shared_parse(home: Home) -> Iterator[None]:
    """Give a home that was never built what an earlier build of this process parsed.

    dbt itself compares every file of the project with what was parsed; only that the profile names
    another folder, which no model's meaning depends on, does not count here.
    """
    _ignore_the_folder()
    target = home.work / "dbt" / PARSED
    kept = _kept / PARSED
    if kept.exists() and not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(kept, target)
    yield
    if target.exists():
        shutil.copyfile(target, kept)


def _ignore_the_folder() -> None:
    from dbt.artifacts.resources.base import FileHash
    from dbt.parser.manifest import ManifestLoader

    known = ManifestLoader.build_manifest_state_check
    if getattr(known, "ignores_the_folder", False):
        return

    def without_the_folder(self):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        check = known(self)  # type: ignore[no-untyped-call]
        check.profile_hash = FileHash.from_contents("any folder")
        return check

    without_the_folder.ignores_the_folder = True  # type: ignore[attr-defined]
    ManifestLoader.build_manifest_state_check = without_the_folder  # type: ignore[method-assign]
