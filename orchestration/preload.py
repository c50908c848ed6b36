"""Import what building and auditing need while the sources are being read."""

import contextlib
import importlib
import threading
from collections.abc import Iterator

MODULES = ("dbt.cli.main", "dbt.adapters.duckdb", "orchestration.audit.engine")


@contextlib.contextmanager
def preloading() -> Iterator[None]:
    """Import the heavy libraries in a thread; they are there when the body has ended.

    Reading waits for replies, so the imports cost it little; together they take seconds.
    """
    thread = threading.Thread(target=_import_all, name="preload", daemon=True)
    thread.start()
    yield
    thread.join()


def _import_all() -> None:
    # A module that cannot be imported says so where it is used.
    with contextlib.suppress(ImportError):
        for module in MODULES:
            importlib.import_module(module)
