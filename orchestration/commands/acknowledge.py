"""The command calendar acknowledge: the contact of a vendor knows of a planned change request."""

from datetime import UTC
from typing import Any

from orchestration.commands.calendar import build_of
from orchestration.commands.deciding import decided_now, readable_decisions
from orchestration.commands.terminal import open_context, say
from orchestration.commands.who import decider
from orchestration.errors import ConfigurationError, NothingToRead
from transforms.decisions import VENDOR_ACKNOWLEDGEMENT, append_details
from transforms.published import Published, UnknownTable

TABLE = "vendor_acknowledgements"


def acknowledge(change_request: str, *, vendor: str, who: str | None) -> None:
    """Keep that a vendor's contact acknowledges a change request as it is planned now.

    Errors: ConfigurationError for a request that is not planned or needs no such vendor;
    NothingToRead when nothing is published; LeadlineError when the decisions were altered or
    cannot be written.
    """
    context = open_context()
    asked = _asked(build_of(context), change_request, vendor)
    with readable_decisions():
        entry = append_details(
            context.home.lake,
            kind=VENDOR_ACKNOWLEDGEMENT,
            subject=f"change_request:{asked['change_request_id']} vendor:{asked['vendor_id']}",
            verdict="acknowledged",
            details={
                "change_request_id": asked["change_request_id"],
                "vendor_id": asked["vendor_id"],
                "planned_start_at": asked["planned_start_at"].replace(tzinfo=UTC).isoformat(),
            },
            who=decider(who),
            decided_at=decided_now(context),
        )
    say(f"Kept {entry.decision_id}; the next `leadline build` counts it.")


def _asked(published: Published, change_request: str, vendor: str) -> dict[str, Any]:
    """Return the row of a planned request, by its key or number, and a vendor that it needs."""
    try:
        rows = published.rows(TABLE, filters={"vendor_id": vendor}).to_dicts()
    except UnknownTable:
        raise NothingToRead(
            "The published build is older than this command; run `leadline build`."
        ) from None
    named = (
        row
        for row in rows
        if change_request.lower() in (row["change_request_id"].lower(), str(row["number"]).lower())
    )
    found = next(named, None)
    if found is None:
        raise ConfigurationError(
            f"No planned change request {change_request!r} waits for vendor {vendor!r}; `leadline "
            f'sql "select number, vendor_id, status from {TABLE}"` lists those that wait.'
        )
    return found
