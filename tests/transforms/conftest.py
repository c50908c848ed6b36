"""A home that is built from an estate the test writes."""

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.candidate import as_of_home
from orchestration.run import Context, build_and_publish
from orchestration.settings import Environment
from tests.transforms.estate import Estate
from tests.transforms.models import build_models
from transforms.home import Home
from transforms.published import CONNECTION, Build, Published, open_published

READ_AT = datetime(2026, 5, 1, tzinfo=UTC)
METRICS = "path:models/metrics"


def publish_estate(root: Path, estate: Estate, *, read_at: datetime = READ_AT) -> Published:
    """Write an estate to a lake, build and publish it, and open what was published."""
    home = Home(root=root)
    estate.write(home.lake, read_at=read_at)
    build_and_publish(Context(home=home, environment=Environment(), clock=lambda: read_at))
    return open_published(home)


def build_estate(root: Path, estate: Estate, *names: str, read_at: datetime = READ_AT) -> Published:
    """Write an estate to a lake and build what is named; see read_built."""
    home = Home(root=root)
    estate.write(home.lake, read_at=read_at)
    return read_built(home, *names, read_at=read_at)


def read_built(
    home: Home, *names: str, read_at: datetime = READ_AT, as_of: datetime | None = None
) -> Published:
    """Build what is named, with all that it needs and nothing else, as of now or of an instant.

    It reads as if it were published: for tests of numbers, to which the rest of a build is a wait.
    """
    work = as_of_home(home) if as_of else home
    build_models(home, *names, "metric_definitions", now=read_at, work=work, as_of=as_of)
    file = Path(tempfile.mkdtemp(dir=home.root)) / work.warehouse_file.name
    shutil.copyfile(work.warehouse_file, file)
    build = Build(
        build_id="built", path=file.parent, as_of=as_of or read_at, built_at=read_at,
        sample_data=False, report_timezone="UTC", definition_version="", code_version="",
        fingerprint="", previous_build=None,
    )  # fmt: skip
    return Published(
        build=build, connection=duckdb.connect(str(file), read_only=True, config=CONNECTION)
    )
