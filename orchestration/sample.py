"""Mark a lake as holding the sample company, so that it never mixes with real systems."""

import json
from dataclasses import dataclass
from datetime import datetime

from orchestration.errors import ConfigurationError
from orchestration.journal import format_instant, parse_instant
from orchestration.lake import CATALOGUE_SOURCE, Lake
from transforms.home import Home

MARK = "sample.json"


@dataclass(frozen=True)
class Sample:
    """The sample company in this lake and its last instant."""

    as_of: datetime


def read_sample(home: Home) -> Sample | None:
    """Return what the mark says, or None when the lake holds no sample company."""
    try:
        fields = json.loads((home.lake / MARK).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Sample(as_of=parse_instant(fields["as_of"]))


def mark_sample(home: Home, *, as_of: datetime) -> None:
    """Mark the lake as holding the sample company.

    Errors: ConfigurationError when it already holds pages of real systems.
    """
    if read_sample(home) is None:
        held = sorted({source for source, _ in Lake(home.lake).streams()} - {CATALOGUE_SOURCE})
        if held:
            raise ConfigurationError(
                f"{home.root} holds data of {', '.join(held)}; give the sample company a folder of "
                "its own with `LEADLINE_HOME=data/demo leadline demo`."
            )
    home.lake.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = json.dumps({"sample_data": True, "as_of": format_instant(as_of)})
    (home.lake / MARK).write_text(text + "\n", encoding="utf-8")


def refuse_sample(home: Home) -> None:
    """Refuse to read real systems into the lake of the sample company.

    Errors: ConfigurationError with the remedy.
    """
    if read_sample(home) is not None:
        raise ConfigurationError(
            f"{home.root} holds the sample company; remove it with `leadline demo --remove`, or "
            "set LEADLINE_HOME to another folder."
        )
