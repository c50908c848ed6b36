"""What the sample company would write into policy.yml: its calendar, vendors and gates."""

from datetime import datetime

from data.sandbox.catalogue import Settings


def policy(end: datetime) -> Settings:
    """Return the sections of the sample company's policy, ready to be written as YAML.

    Shape: calendar, vendors, controls, required_gates.
    """
    year = end.year
    return {
        "calendar": {
            "weekend": {
                "kind": "freeze",
                "title": "Nobody releases into a weekend",
                "zone": "Europe/Berlin",
                "recurrence": "0 18 * * 5",
                "recurrence_end": "0 6 * * 1",
                "allows_overrun": True,
            },
            "quarter-end": {
                "kind": "freeze",
                "title": "Closing of the quarter",
                "zone": "Europe/Berlin",
                "tiers": [1],
                "starts_at": f"{year}-09-29T00:00:00+02:00",
                "ends_at": f"{year}-10-02T00:00:00+02:00",
            },
            "year-end": {
                "kind": "freeze",
                "title": "Trading before the turn of the year",
                "zone": "Europe/Berlin",
                "starts_at": f"{year}-12-18T00:00:00+01:00",
                "ends_at": f"{year + 1}-01-04T00:00:00+01:00",
            },
            "card-processor": {
                "kind": "vendor_maintenance",
                "title": "Monthly maintenance of the card processor",
                "vendor": "card-processor",
                "recurrence": "0 22 3 * *",
                "duration_seconds": 7200,
                "zone": "UTC",
            },
        },
        "vendors": {
            "card-processor": {
                "name": "Card processor",
                "services": ["payments-api", "payouts", "checkout-web"],
                "sla_ratio": 0.999,
                "notice_days": 10,
            }
        },
        "controls": {
            "supply_chain": {"gate": "advisory", "reason": "No scanner is connected yet"},
            "signed_artifacts": {"gate": "advisory", "reason": "Artifacts are not signed yet"},
        },
        "required_gates": {
            "unit": {"title": "Unit tests", "jobs": "unit tests", "max_age_hours": 168},
            "end-to-end": {
                "title": "End-to-end tests",
                "jobs": "end-to-end.*",
                "tiers": [1, 2],
                "max_age_hours": 168,
            },
        },
    }
