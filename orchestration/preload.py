"""Make ready what building and auditing need while the sources are being read."""

import contextlib
import importlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from transforms.home import Home

MODULES = ("dbt.cli.main", "dbt.adapters.duckdb", "orchestration.audit.engine")


@contextlib.contextmanager
def preloading(home: Home) -> Iterator[None]:
    """Import the heavy libraries, and parse the models where no parse is kept, meanwhile.

    Reading mostly waits for replies, so this costs it little. The imports take a thread, the parse
    a process of its own, whose result dbt finds in its target folder. What fails here is told
    where it is needed.
    """
    thread = threading.Thread(target=_import_all, name="preload", daemon=True)
    thread.start()
    target = home.work / "dbt"
    parse = None if (target / "partial_parse.msgpack").exists() else _start_parse(home, target)
    try:
        yield
    finally:
        if parse is not None:
            parse.wait()
    thread.join()


def _import_all() -> None:
    with contextlib.suppress(ImportError):
        for module in MODULES:
            importlib.import_module(module)


def _start_parse(home: Home, target: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "orchestration.preload", str(target)],
        env={
            **os.environ,
            "LEADLINE_HOME": str(home.root),
            "LEADLINE_LAKE": str(home.lake),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def main(target: str) -> None:
    """Parse the models into a target folder."""
    from orchestration.dbt import run_dbt

    run_dbt("parse", target=Path(target))


if __name__ == "__main__":
    main(*sys.argv[1:])
