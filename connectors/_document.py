"""What every decoder of a quality or supply-chain file gives; values and small pure helpers."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

Row = dict[str, Any]
TITLE_LENGTH = 500
LINKS = ("service_name", "repository", "branch", "commit_sha", "artifact_digest")
# The parts of a finding; a decoder states those it knows.
FINDING = (
    "category",
    "rule_id",
    "title",
    "severity",
    "cvss_score",
    "cve_id",
    "package_name",
    "package_version",
    "fixed_version",
    "file_path",
    "line_number",
    "layer_digests",
    "base_image",
    "state",
    "justification",
    "first_seen_at",
    "fixed_at",
    "source_url",
)


@dataclass(frozen=True)
class Document:
    """Carry what one file says: rows of each stream, and what holds for all of them.

    `links` has what the file states of LINKS. `is_complete` is false where the tool says that its
    run failed, so that what is missing is not taken for fixed.
    """

    format: str
    tool: str | None = None
    created_at: str | None = None
    links: Mapping[str, str | None] = field(default_factory=dict)
    rows: Mapping[str, list[Row]] = field(default_factory=dict)
    is_complete: bool = True


def finding(*identity: str | int | None, tool: str | None, **known: Any) -> Row:
    """Return a finding whose key is made from what identifies it, not from where it stands now."""
    unknown = known.keys() - set(FINDING)
    if unknown:
        raise TypeError(f"a finding has no {sorted(unknown)}")
    title = known.get("title")
    row = {name: known.get(name) for name in FINDING}
    row["title"] = " ".join(str(title).split())[:TITLE_LENGTH] if title else None
    row["state"] = known.get("state") or "open"
    return {"finding_key": key_of(tool, *identity), "tool": tool, **row}


def key_of(*parts: str | int | None) -> str:
    """Return 32 hexadecimal digits that name these parts."""
    text = "\x1f".join("" if part is None else str(part) for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def number_repeats(rows: Iterable[Row], *, key: str) -> list[Row]:
    """Return rows with keys of their own: the second of a key becomes <key>-2, and so on."""
    seen: Counter[str] = Counter()
    numbered = []
    for row in rows:
        seen[row[key]] += 1
        count = seen[row[key]]
        numbered.append(row if count == 1 else {**row, key: f"{row[key]}-{count}"})
    return numbered


def measure(
    metric: str,
    value: float | None,
    *,
    unit: str,
    verdict: str | None = None,
    threshold: str | None = None,
) -> Row:
    """Return one measure of quality; its tool, instant and links are the document's."""
    return {
        "metric": metric,
        "value": value,
        "unit": unit,
        "verdict": verdict,
        "threshold": threshold,
    }


def stated_instant(value: object) -> str | None:
    """Return an instant that a file states in UTC, or None where it is none.

    Units: text in ISO 8601, or seconds or milliseconds since 1970.
    """
    text = str(value or "").strip()
    try:
        if text.replace(".", "", 1).isdigit():
            number = float(text)
            moment = datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
        else:
            moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    except (ValueError, OverflowError, OSError):
        return None


def repository_of(address: str | None) -> str | None:
    """Return the repository as owner/name from an address of its host, or the text itself."""
    text = (address or "").strip().removeprefix("git+")
    if not text:
        return None
    if "://" not in text and ":" in text and "@" in text.split(":")[0]:
        text = "ssh://" + text.replace(":", "/", 1)
    path = urlsplit(text).path if "://" in text else text
    return path.split("@")[0].strip("/").removesuffix(".git") or None
