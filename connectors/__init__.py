"""Read the systems a company already runs; know nothing about Leadline.

A module in this folder is a connector when its name has no leading underscore. It offers `KIND`,
`Config` (its section of the settings) and `connect(config, name=...)`; nothing else is edited.
"""

import importlib
import pkgutil
from types import ModuleType


def discover() -> dict[str, ModuleType]:
    """Return every connector module by its kind."""
    names = sorted(
        found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_")
    )
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {str(module.KIND): module for module in modules}
