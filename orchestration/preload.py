"""Make ready what building and auditing need while the sources are being read."""

import contextlib
import importlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from pydantic import SecretStr

from orchestration.dbt import PARSED
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
    is_parsed = (home.work / "dbt" / PARSED).exists()
    parse = None if is_parsed else _start_parse(home)
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


def _start_parse(home: Home) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "orchestration.preload", str(home.root)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def main(root: str) -> None:
    """Parse the models into the target folder of a home; no data is read and no key needed."""
    from orchestration.dbt import run_dbt
    from orchestration.settings import process_environment

    home = Home(root=Path(root))
    with process_environment(home, lake=home.lake, key=SecretStr("")):
        run_dbt("parse", target=home.work / "dbt")


if __name__ == "__main__":
    main(*sys.argv[1:])
