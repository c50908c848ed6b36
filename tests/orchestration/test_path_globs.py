"""Services told by paths: what leadline.yml may say, and who reads the paths then."""

from pathlib import Path

import pytest

from connectors.git import GitConnector
from orchestration.errors import ConfigurationError
from orchestration.settings import parse_settings
from orchestration.sources import connect_sources

SETTINGS = """
sources:
  git:
    path: {path}
{more}
services:
  - id: pay
    repositories: [mono]
    paths: [{globs}]
"""


def _text(path: Path, *, globs: str = "'services/pay/**'", more: str = "") -> str:
    return SETTINGS.format(path=path, globs=globs, more=more)


def test_the_models_are_told_the_paths_of_a_service(tmp_path: Path) -> None:
    settings = parse_settings(_text(tmp_path, globs="'services/pay/**', libs/money"))
    (service,) = [one for one in settings.catalogue if one["record_type"] == "service"]
    assert service["paths"] == ["services/pay/**", "libs/money"]


@pytest.mark.parametrize("glob", ["/services/**", "!docs/**", "./a", "'a[bc]'", "'{a,b}/**'", "''"])
def test_a_path_that_is_none_of_the_repository_is_refused(tmp_path: Path, glob: str) -> None:
    text = _text(tmp_path, globs=f"'{glob}'" if glob.startswith("!") else glob)
    with pytest.raises(ConfigurationError, match="services/pay"):
        parse_settings(text)


@pytest.mark.parametrize(("more", "are_read"), [("", True), ("    changed_paths: false", False)])
def test_git_reads_changed_paths_where_a_service_is_told_by_them(
    tmp_path: Path, more: str, are_read: bool
) -> None:
    (connector,) = connect_sources(parse_settings(_text(tmp_path, more=more)))
    assert isinstance(connector, GitConnector)
    assert connector.config.changed_paths is are_read


def test_git_reads_no_changed_paths_where_nobody_needs_them(tmp_path: Path) -> None:
    text = _text(tmp_path).replace("paths:", "aliases:")
    (connector,) = connect_sources(parse_settings(text))
    assert isinstance(connector, GitConnector)
    assert not connector.config.changed_paths
