"""The sample company: a seeded history and servers that speak its systems' formats."""

from data.sandbox.server import SandboxServer
from data.sandbox.world import DEFAULT_END, DEFAULT_SEED, World, open_world

__all__ = ["DEFAULT_END", "DEFAULT_SEED", "SandboxServer", "World", "open_world"]
