"""How long a package has to be kept, and who signed what it rests on; pure functions."""

from datetime import datetime, timedelta
from typing import Any

import polars as pl

from orchestration.evidence.inputs import Inputs, stamp

PREFIX = "retention_months_"
# What the names of frameworks begin with, and the threshold that says how long each keeps.
KEEPERS = {"PCI": "pci_dss", "HIPAA": "hipaa", "SOX": "sox"}


def retention(inputs: Inputs) -> dict[str, Any]:
    """Return the longest time that a framework of the scope asks for; none asks for nothing.

    Shape: months, framework and until (a day), each null where no framework states a time.
    """
    limits = {
        row["threshold_key"]: row["value"]
        for row in inputs.declared["thresholds"].iter_rows(named=True)
    }
    asked = [
        (int(limits[f"{PREFIX}{key}"]), framework)
        for framework in inputs.declared["control_frameworks"]["framework"].unique().sort()
        for beginning, key in KEEPERS.items()
        if framework.startswith(beginning) and f"{PREFIX}{key}" in limits
    ]
    if not asked:
        return {"months": None, "framework": None, "until": None}
    months, framework = max(asked)
    return {"months": months, "framework": framework, "until": _later(inputs.build.as_of, months)}


def _later(instant: datetime, months: int) -> str:
    """Return the day some months later, as ISO; past the end of a month it is the next one's."""
    year, month = divmod(instant.year * 12 + instant.month - 1 + months, 12)
    first = instant.replace(year=year, month=month + 1, day=1)
    return (first + timedelta(days=instant.day - 1)).date().isoformat()


def signature_records(inputs: Inputs) -> pl.DataFrame:
    """Return who signed, when and meaning what, as 21 CFR 11.50 asks; names are pseudonyms."""
    rows = []
    for table, (who, when, meaning) in SIGNATURES.items():
        frame = inputs.extracts.get(table)
        if frame is None:
            continue
        for row in frame.iter_rows(named=True):
            if row.get(who) and row.get(when):
                said = f"{meaning} ({row['state']})" if row.get("state") else meaning
                rows.append((f"{table}:{row[frame.columns[0]]}", row[who], stamp(row[when]), said))
    columns = ("signed", "name", "signed_at", "meaning")
    return pl.DataFrame(sorted(rows), schema=dict.fromkeys(columns, pl.String), orient="row")


# Tables that hold signatures: who signed, when, and what signing there means.
SIGNATURES = {
    "approvals": ("approver_id", "decided_at", "Decided on the change"),
    "evidence_requirements": ("approver_id", "approved_at", "Approved the test evidence"),
}
