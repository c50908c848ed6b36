"""What `leadline doctor` looks at; each check says what was found and how to mend it."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["pass", "warn", "fail", "no_data"]


@dataclass(frozen=True)
class Check:
    """One finding; `no_data` means that there is nothing to look at yet."""

    name: str
    verdict: Verdict
    found: str
    remedy: str
    is_configuration: bool = False
