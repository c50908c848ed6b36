"""Rows of the table window_occurrences as openings that bind one service and environment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from transforms.calendars.decisions import ALLOW, Opening


@dataclass(frozen=True)
class Binding:
    """What binds a service in an environment; `has_allow` when allowed times are stated for it."""

    openings: tuple[Opening, ...]
    has_allow: bool


def binding(
    rows: Iterable[Mapping[str, Any]],
    *,
    service_id: str | None,
    environment_id: str | None,
    known_at: datetime,
) -> Binding:
    """Return the windows that deny or allow something, as they were known at an instant.

    Source: the same rules in SQL, transforms/macros/windows.sql
    """
    bound = [
        row
        for row in rows
        if row["known_from"] <= _naive(known_at)
        and (row["known_to"] is None or row["known_to"] > _naive(known_at))
        and binds(row, service_id=service_id, environment_id=environment_id)
    ]
    openings = tuple(
        Opening(
            window_id=row["calendar_window_id"],
            effect=row["effect"],
            starts_at=row["starts_at"].replace(tzinfo=UTC),
            ends_at=row["ends_at"].replace(tzinfo=UTC),
            allows_overrun=row["allows_overrun"],
            title=row["title"] or row["kind"],
        )
        for row in sorted(bound, key=lambda row: (row["starts_at"], row["window_occurrence_id"]))
    )
    return Binding(openings, has_allow=any(one.effect == ALLOW for one in openings))


def binds(row: Mapping[str, Any], *, service_id: str | None, environment_id: str | None) -> bool:
    """Whether a window is for a service and an environment; no list is for all of them."""
    services, environments = row["service_ids"], row["environment_ids"]
    fits_service = services is None or service_id in services
    fits_environment = environments is None or environment_id in environments
    if row["is_any_scope"] and services is not None and environments is not None:
        return fits_service or fits_environment
    return fits_service and fits_environment


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)
