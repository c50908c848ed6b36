"""From what a build is made: instant, code, definitions, configuration, key."""

import json
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from orchestration.build import newest_read_at
from orchestration.catalogue import configuration_id
from orchestration.journal import parse_instant
from orchestration.keys import key_id
from orchestration.lake import CATALOGUE_SOURCE, CATALOGUE_STREAM, Lake
from orchestration.publish import Origin
from orchestration.sample import read_sample
from orchestration.versions import code_version, definition_version
from transforms.home import Home


def describe_origin(home: Home, *, key: SecretStr, as_of: datetime | None = None) -> Origin:
    """Return from what a build of this folder will be made.

    Errors: NothingToRead when the lake is empty.
    """
    lake = Lake(home.lake)
    sample = read_sample(home)
    newest = newest_read_at(lake)
    as_of = as_of or (sample.as_of if sample else newest)
    catalogue = read_catalogue(lake, as_of=as_of)
    zones = [row["report_timezone"] for row in catalogue if row["record_type"] == "organisation"]
    return Origin(
        as_of=as_of,
        sample_data=sample is not None,
        code_version=code_version(),
        definition_version=definition_version(),
        report_timezone=str(zones[-1]) if zones else "UTC",
        configuration_id=configuration_id(catalogue),
        pseudonym_key_id=key_id(key),
    )


def read_bot_pattern(lake: Lake, *, as_of: datetime) -> str:
    """Return which whole logins are bots' by the configuration; an empty text: none."""
    patterns = [
        str(row["value"])
        for row in read_catalogue(lake, as_of=as_of)
        if row["record_type"] == "setting" and row["key"] == "bot_pattern"
    ]
    return "|".join(f"(?:{one})" for one in dict.fromkeys(patterns))


def read_catalogue(lake: Lake, *, as_of: datetime) -> list[dict[str, Any]]:
    """Return the newest catalogue read by an instant: the configuration that models will see."""
    lines = lake.journal(CATALOGUE_SOURCE, CATALOGUE_STREAM)
    pages = [
        line
        for line in lines
        if line["event"] == "page" and parse_instant(str(line["read_at"])) <= as_of
    ]
    return list(json.loads(lake.body(pages[-1]))) if pages else []
