"""What every command shares that keeps a decision: who, when, and a file that can be read."""

import contextlib
from collections.abc import Iterator
from datetime import datetime

from orchestration.errors import ConfigurationError, LeadlineError
from orchestration.run import Context
from orchestration.sample import read_sample
from transforms.decisions import DecisionsAltered


def decided_now(context: Context) -> datetime:
    """Return the present instant; in the sample company it is the company's last one."""
    sample = read_sample(context.home)
    return sample.as_of if sample else context.clock()


def require_words(text: str, option: str) -> str:
    """Return what an option says, without space around it. Errors: ConfigurationError if empty."""
    if not text.strip():
        raise ConfigurationError(f"{option} is empty; say in words why.")
    return text.strip()


@contextlib.contextmanager
def readable_decisions() -> Iterator[None]:
    """Turn an altered or unwritable file of decisions into one sentence."""
    try:
        yield
    except DecisionsAltered as exc:
        raise LeadlineError(f"The decisions cannot be used: {exc}.") from exc
    except OSError as exc:
        reason = exc.strerror or type(exc).__name__
        raise LeadlineError(
            f"The decisions could not be written ({reason}); make the lake writable."
        ) from exc
