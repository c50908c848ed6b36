"""Starts each step of Leadline and knows when; never what a number means.

Importing this package switches the telemetry of every library off, before any of them is imported.
"""

import os

QUIET = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "STREAMLIT_SERVER_HEADLESS": "true",
}

for _name, _value in QUIET.items():
    os.environ.setdefault(_name, _value)
