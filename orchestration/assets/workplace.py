"""The resource that all steps of a Dagster run share: folder, settings, and the lock."""

import contextlib
from collections.abc import Iterator

import dagster as dg
from pydantic import PrivateAttr

from orchestration.locks import run_lock
from orchestration.run import Context
from orchestration.settings import Settings, read_environment, read_settings
from transforms.home import resolve_home


class Workplace(dg.ConfigurableResource["Workplace"]):
    """Holds the lock from the first step to the last and says where a run works."""

    _context: Context | None = PrivateAttr(default=None)

    @contextlib.contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Workplace"]:
        """Hold the lock while the run goes on.

        Errors: LockHeld when another run does.
        """
        self._context = Context(home=resolve_home(), environment=read_environment())
        with run_lock(self._context.home.work, now=self._context.clock()):
            yield self

    @property
    def context(self) -> Context:
        """Return where and with what this run works."""
        if self._context is None:
            raise RuntimeError("the workplace is used outside a run")
        return self._context

    def read_settings(self) -> Settings:
        """Return the settings of leadline.yml.

        Errors: ConfigurationError.
        """
        environment = self.context.environment
        return read_settings(environment.config, policy=environment.policy)
