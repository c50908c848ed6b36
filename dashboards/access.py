"""Who looks at the pages."""

import getpass


def who() -> str:
    """Return the name of the viewer, for what they decide or take away; empty when unknown."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
