"""The folder in which Dagster keeps its history, with telemetry off and one run at a time."""

from pathlib import Path

from transforms.home import Home

SETTINGS = """\
# Written by Leadline; one run at a time, because there is one work file.
telemetry: {enabled: false}
nux: {enabled: false}
freshness: {enabled: true}
concurrency:
  runs: {max_concurrent_runs: 1}
run_monitoring: {enabled: true, free_slots_after_run_end_seconds: 300}
"""


def prepare_dagster_home(home: Home) -> Path:
    """Return Dagster's folder; its settings are written unless somebody changed them."""
    folder = home.root / "dagster"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / "dagster.yaml"
    if not file.exists():
        file.write_text(SETTINGS, encoding="utf-8")
    return folder
