"""Change requests and approvals as ServiceNow states them, for estates of tests."""

from datetime import datetime, timedelta
from typing import Any

from tests.transforms.estate import Estate

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
Record = dict[str, Any]


def _desk(instant: datetime | None) -> str:
    return "" if instant is None else instant.strftime("%Y-%m-%d %H:%M:%S")


def request(
    estate: Estate,
    key: str,
    *,
    service: str = "",
    window: tuple[datetime, datetime] | None = None,
    worked: tuple[datetime, datetime | None] | None = None,
    updated: datetime,
    **fields: object,
) -> str:
    """Add a version of a change request, number CHG<key>, and return its number."""
    planned, done = window or (None, None), worked or (None, None)
    record: Record = {
        "sys_id": f"chg-{key}",
        "number": f"CHG{key}",
        "short_description": f"Change {key}",
        "type": "normal",
        "state": "3",
        "risk": "3",
        "approval": "",
        "close_code": "successful",
        "start_date": _desk(planned[0]),
        "end_date": _desk(planned[1]),
        "work_start": _desk(done[0]),
        "work_end": _desk(done[1]),
        "sys_created_on": _desk(updated - timedelta(days=3)),
        "sys_updated_on": _desk(updated),
        "cmdb_ci": estate.configuration_item(service) if service else "",
        **fields,
    }
    estate.add("servicenow", "change_request", record)
    return f"CHG{key}"


def approval(
    estate: Estate, key: str, decided: datetime, *, state: str = "approved", approver: str = "grace"
) -> None:
    """Add what one approver decided on a change request."""
    estate.add(
        "servicenow",
        "sysapproval_approver",
        {
            "sys_id": f"apr-{key}-{approver}",
            "sysapproval": {"link": "", "value": f"chg-{key}"},
            "approver": {"link": "", "value": approver},
            "state": state,
            "sys_created_on": _desk(decided - HOUR),
            "sys_updated_on": _desk(decided),
        },
    )
