"""`leadline report` writes a file, names it by the build, and tells what it cannot do."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.commands import report as command
from orchestration.errors import ConfigurationError, LeadlineError, NothingToRead
from tests.dashboards.estate import make_estate, publish

BUILD = "20261122T090000Z-0000aaaa"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    publish(folder, make_estate(days=60))
    return folder


@pytest.fixture(autouse=True)
def work_in(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_HOME", str(home))
    monkeypatch.chdir(tmp_path)


def test_a_report_is_named_by_its_build(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["report", "--format", "markdown", "--period", "30 days"])
    assert result.exit_code == 0
    [written] = tmp_path.iterdir()
    assert written.name == "leadline_report_as-of-20261122T0900Z_build-0000aaaa.md"
    assert written.read_text().startswith("# Release report")


def test_a_report_goes_to_the_file_that_is_named(tmp_path: Path) -> None:
    command.report(
        format="html", team="Payments", period="90 days", file=tmp_path / "r.html", build_id=BUILD
    )
    assert "Payments" in (tmp_path / "r.html").read_text()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"team": "Nobody"}, "There is no team 'Nobody'; known: .*Payments"),
        ({"period": "3 days"}, "There is no period '3 days'; choose 30 days"),
        ({"build_id": "none"}, "There is no build 'none'"),
        ({"file": Path("missing/r.html")}, "cannot be written"),
    ],
)
def test_what_cannot_be_used_is_told(asked: dict[str, object], told: str) -> None:
    given = {"format": "html", "team": "", "period": "90 days", "file": None, "build_id": None}
    with pytest.raises(ConfigurationError, match=told):
        command.report(**(given | asked))  # type: ignore[arg-type]


def test_nothing_published_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_HOME", str(tmp_path / "empty"))
    with pytest.raises(NothingToRead, match="leadline demo"):
        command.report(format="html", team="", period="90 days", file=None, build_id=None)


def test_without_pango_the_command_that_installs_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import builtins

    load = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return load(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(LeadlineError, match=r"apt-get install .* libpango-1.0-0"):
        command.report(format="pdf", team="", period="90 days", file=None, build_id=None)
