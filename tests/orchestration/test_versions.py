"""The code version: it changes with everything that makes numbers, and only then."""

from pathlib import Path

from orchestration.versions import code_version


def test_the_code_version_changes_with_models_decoders_and_the_catalogue(tmp_path: Path) -> None:
    project, decoders = tmp_path / "transforms", tmp_path / "connectors"
    catalogue, unread = tmp_path / "catalogue.py", tmp_path / "unread.py"
    for file in (project / "model.sql", decoders / "_decode.py", catalogue, unread):
        file.parent.mkdir(exist_ok=True)
        file.write_text("one\n")

    def version() -> str:
        return code_version(project, reading=(decoders, catalogue))

    seen = {version()}
    for file in (project / "model.sql", decoders / "_decode.py", catalogue):
        file.write_text("two\n")
        seen.add(version())
    assert len(seen) == 4
    unread.write_text("two\n")
    assert version() in seen
