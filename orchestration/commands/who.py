"""Who runs a command, where nobody says it; light, so that a gate waits for nothing."""

import getpass

from orchestration.errors import ConfigurationError


def decider(said: str | None) -> str:
    """Return who decides: as said, else who is signed in to this machine.

    Errors: ConfigurationError where the machine knows no name for its user, as in a container.
    """
    if name := (said or "").strip():
        return name
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise ConfigurationError(
            "This machine has no name for the user that runs the command; give --by NAME, or set "
            "the variable USER."
        ) from None
