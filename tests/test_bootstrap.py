"""What bootstrap.sh promises before it installs; .ci/run shows the rest in a fresh clone."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.checkout import ROOT

NAMES = ("bootstrap.sh", "requirements.lock", "requirements-dev.lock", "pyproject.toml")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder with what bootstrap.sh reads, and no environment."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in NAMES:
        shutil.copy(ROOT / name, folder / name)
    return folder.resolve()


def bootstrap(folder: Path, *options: str, python: str) -> subprocess.CompletedProcess[str]:
    """Run bootstrap.sh with a Python of the test's choice."""
    return subprocess.run(
        ["sh", str(folder / "bootstrap.sh"), *options],
        env=os.environ | {"PYTHON": python},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def pretend_python(folder: Path, *, fits: bool) -> str:
    """Write a program that answers like a Python without a venv module; return its path."""
    file = folder / "python-pretended"
    answer = "0" if fits else "1"
    file.write_text(
        '#!/bin/sh\ncase "$*" in\n'
        f"  *version_info*) exit {answer} ;;\n"
        "  -V) echo 'Python 3.9.2' ;;\n"
        "  *) exit 1 ;;\nesac\n",
        encoding="utf-8",
    )
    file.chmod(0o755)
    return str(file)


def pretend_environment(folder: Path, *, lock: str, stamp: str) -> None:
    """Write what a finished bootstrap.sh leaves behind."""
    scripts = folder / ".venv" / "bin"
    scripts.mkdir(parents=True)
    (scripts / "leadline").write_text("#!/bin/sh\n", encoding="utf-8")
    (scripts / "leadline").chmod(0o755)
    content = (folder / lock).read_bytes() + (folder / "pyproject.toml").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    (folder / ".venv" / stamp).write_text(f"{digest} {folder}\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("option", "lock", "stamp"),
    [((), "requirements.lock", ".lock"), (("--dev",), "requirements-dev.lock", ".lock-dev")],
)
def test_a_second_run_does_nothing(
    checkout: Path, option: tuple[str, ...], lock: str, stamp: str
) -> None:
    pretend_environment(checkout, lock=lock, stamp=stamp)
    ended = bootstrap(checkout, *option, python="/nonexistent")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_is_installed_again(checkout: Path, name: str) -> None:
    pretend_environment(checkout, lock="requirements.lock", stamp=".lock")
    with (checkout / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert bootstrap(checkout, python="/nonexistent").returncode == 2


def test_a_moved_environment_is_made_again(checkout: Path) -> None:
    pretend_environment(checkout, lock="requirements.lock", stamp=".lock")
    moved = checkout.rename(checkout.with_name("elsewhere"))
    assert bootstrap(moved, python="/nonexistent").returncode == 2


def test_a_python_that_does_not_fit_is_refused_with_the_remedy(checkout: Path) -> None:
    ended = bootstrap(checkout, python=pretend_python(checkout, fits=False))
    assert ended.returncode == 2
    assert "Python 3.11, 3.12 or 3.13 is needed" in ended.stderr
    assert "Python 3.9.2" in ended.stderr
    assert not (checkout / ".venv").exists()


def test_a_missing_venv_module_is_named_with_the_package_that_has_it(checkout: Path) -> None:
    ended = bootstrap(checkout, python=pretend_python(checkout, fits=True))
    assert ended.returncode == 2
    assert "apt-get install python3-venv" in ended.stderr
    assert not (checkout / ".venv").exists()


def test_an_unknown_option_is_refused(checkout: Path) -> None:
    ended = bootstrap(checkout, "--prod", python="/nonexistent")
    assert ended.returncode == 2
    assert "--dev" in ended.stderr
