"""The keyed pseudonym of people, computed inside DuckDB while staging is built.

HMAC-SHA256 (RFC 2104) is written in SQL over a session variable that holds the padded key, so the
key is in no SQL text, manifest or log, and millions of addresses need no Python call each.
"""

import os
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

BLOCK_BYTES = 64
KEY_VARIABLE = "LEADLINE_PSEUDONYM_KEY"
BOT_VARIABLE = "LEADLINE_BOT_PATTERN"


def padded_keys(key: bytes) -> tuple[bytes, bytes]:
    """Return the inner and outer padded key of HMAC for hash functions with 64-byte blocks.

    Source: RFC 2104 section 2; keys longer than a block are not accepted (settings make 32 bytes).
    Errors: ValueError when the key is empty or longer than a block.
    """
    if not 0 < len(key) <= BLOCK_BYTES:
        message = f"{KEY_VARIABLE} must hold 1 to {BLOCK_BYTES} bytes; it holds {len(key)}"
        raise ValueError(message)
    block = key.ljust(BLOCK_BYTES, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


def set_key(cursor: Any, key: bytes, *, bot_pattern: str = "") -> None:
    """Set the session variable that the SQL macro `pseudonym` reads."""
    cursor.execute(
        "set variable pseudonym = {'inner_key': $1, 'outer_key': $2, 'bot_pattern': $3::varchar}",
        [*padded_keys(key), bot_pattern],
    )


class Plugin(BasePlugin):
    """Sets the time zone once, and the key on every cursor: dbt opens one a node."""

    def configure_connection(self, conn: Any) -> None:
        """Let every cursor begin in UTC; as dbt's own setting it would be set on each anew."""
        conn.execute("set global TimeZone = 'UTC'")

    def configure_cursor(self, cursor: Any) -> None:
        """Set the key from the environment that orchestration/settings.py filled."""
        pattern = os.environ.get(BOT_VARIABLE, "")
        set_key(cursor, os.environ[KEY_VARIABLE].encode(), bot_pattern=pattern)
