"""The sample company's folder: what `demo --remove` takes away, whatever state it is in."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration import builds
from orchestration.sample import Sample, mark_sample, read_sample, remove_sample
from tests.orchestration.conftest import NOON, Publisher
from transforms.home import Home


@pytest.fixture
def shown(home: Home, publisher: Publisher) -> Home:
    """Return a folder with a marked lake, two published sample builds and a generated company."""
    mark_sample(home, Sample(as_of=NOON))
    (home.lake / "pages").mkdir()
    sample = replace(publisher, origin=replace(publisher.origin, sample_data=True))
    sample(1, second=1)
    sample(2, second=2)
    (home.root / "sandbox" / "generated" / "reports").mkdir(parents=True)
    return home


def test_nothing_of_the_sample_company_stays(shown: Home) -> None:
    assert remove_sample(shown)
    assert sorted(path.name for path in shown.root.iterdir()) == ["published", "work"]
    assert builds.read_builds(shown.builds) == []
    assert not shown.current.is_symlink()
    assert list(shown.work.iterdir()) == []
    assert not remove_sample(shown)


def test_a_build_without_a_readable_manifest_hinders_nothing(shown: Home) -> None:
    first, second = builds.read_builds(shown.builds)
    (first / builds.MANIFEST).write_text("{")
    (second / builds.MANIFEST).unlink()
    assert remove_sample(shown)
    assert builds.read_builds(shown.builds) == []


def test_a_build_of_real_systems_stays(shown: Home, publisher: Publisher) -> None:
    real = publisher(3, second=3)
    assert remove_sample(shown)
    assert builds.read_builds(shown.builds) == [real.path]
    assert builds.read_pointer(shown.current) == real.path.resolve()


def test_pages_are_never_left_without_their_mark(
    shown: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shutil.rmtree

    def killed(path: Path, ignore_errors: bool = False) -> None:
        if ignore_errors or path.parent == shown.builds:
            real(path, ignore_errors=ignore_errors)
            return
        (path / "sample.json").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("orchestration.sample.shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            remove_sample(shown)
    assert not shown.lake.exists() or read_sample(shown) is not None
    assert not remove_sample(shown)
    assert not list(shown.root.glob(".lake*"))
