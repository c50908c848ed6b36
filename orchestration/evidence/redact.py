"""Take secrets out of what goes into a package, before anything is hashed, and count them."""

import re
from dataclasses import dataclass

import polars as pl

# Forms that are secrets wherever they stand: keys of providers, and what follows a telling word.
SECRETS = {
    "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*-----|$)",
    "cloud access key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "token": r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,})",
    "bearer token": r"(?i:\bbearer)\s+[A-Za-z0-9._~+/-]{16,}=*",
    "password": r"(?i:\b(?:password|passwd|secret|api[_-]?key|access[_-]?token))\s*[=:]\s*[^\s,;]+",
    "password in an address": r"(?<=://)[^/\s:@]+:[^/\s:@]+(?=@)",
}
INSTEAD = "[redacted]"


@dataclass(frozen=True)
class Redaction:
    """How many cells of one column lost something, and what it looked like."""

    item: str
    column: str
    reason: str
    cell_count: int


def redacted(frame: pl.DataFrame, *, item: str) -> tuple[pl.DataFrame, list[Redaction]]:
    """Return the rows without what looks like a secret, and what was taken out."""
    found = []
    for column in frame.columns:
        if frame.schema[column] != pl.String:
            continue
        for reason, pattern in SECRETS.items():
            cells = frame[column].to_list()
            clean = [None if cell is None else re.sub(pattern, INSTEAD, cell) for cell in cells]
            count = sum(before != after for before, after in zip(cells, clean, strict=True))
            if count:
                frame = frame.with_columns(pl.Series(column, clean, dtype=pl.String))
                found.append(Redaction(item, column, reason, count))
    return frame, found
