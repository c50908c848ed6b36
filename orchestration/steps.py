"""How a run tells what it is doing, without knowing to whom."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Protocol

Tell = Callable[[str], None]


class Steps(Protocol):
    """Shows the steps of a run while they go on."""

    def step(self, title: str) -> contextlib.AbstractContextManager[Tell]:
        """Return a context that lasts as long as the step; it gives a function for details."""
        ...


class SilentSteps:
    """Shows nothing: for Dagster, which has its own log, and for tests."""

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[Tell]:
        """Yield a function that drops what it is told."""

        def drop(_: str) -> None:
            return

        yield drop
