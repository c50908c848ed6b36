"""The measurement of the walk over commit graphs, on sizes that take no time."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from connectors._git_graph import read_commit_graph
from orchestration.cli import app
from orchestration.commands import bench_graph, terminal
from orchestration.errors import ConfigurationError
from tests.transforms.repositories import make_repository


def test_a_generated_estate_is_measured_from_files_and_from_arrays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, size in (("REPOSITORIES", 3), ("COMMITS", 600), ("DEPLOYMENTS", 60)):
        monkeypatch.setattr(bench_graph, name, size)
    monkeypatch.setattr(terminal.out, "width", 200)
    told = CliRunner().invoke(app, ["bench", "graph"])
    assert told.exit_code == 0
    assert told.stdout.count("600") == 3
    assert "commit-graph files to first deployments" in told.stdout


def test_a_repository_is_measured_from_its_text_and_from_its_commit_graph(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repo")
    for number in range(9):
        repository.commit(f"change {number}", "2026-01-02 10:00")
    repository.tag("1.0.0", "2026-01-03 10:00")
    repository.git("commit-graph", "write", "--reachable", when="2026-01-03 10:00")
    for tagged in (True, False):
        told = CliRunner().invoke(app, ["bench", "graph", "--repository", str(repository.path)])
        assert told.exit_code == 0, tagged
        assert told.stdout.count(" 9 ") == 2
        repository.git("tag", "-d", "1.0.0", when="2026-01-03 10:00") if tagged else None


def test_a_folder_without_commits_is_said_in_a_sentence(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    for_git = make_repository(empty)
    for folder, word in ((for_git.path, "holds no commits"), (tmp_path, "git repository")):
        with pytest.raises(ConfigurationError, match=word):
            bench_graph.bench_graph(repository=folder)


def test_a_generated_file_is_one_that_git_could_have_written() -> None:
    graph = read_commit_graph(bench_graph._draw_page(np.random.default_rng(1), 500))
    assert len(graph.oids) == 500
    child = np.repeat(np.arange(500), np.diff(graph.starts))
    assert bool((graph.generation[child] > graph.generation[graph.parents]).all())
    assert int((np.diff(graph.starts) == 0).sum()) == 1
