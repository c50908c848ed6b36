"""Pseudonyms of people: SQL over session variables gives what Python's hmac gives."""

import hashlib
import hmac
from pathlib import Path

import duckdb
import pytest

from transforms.plugins.pseudonym import padded_keys, set_key

MACRO = Path(__file__).resolve().parents[2] / "transforms" / "macros" / "pseudonym.sql"


def _sql(expression: str) -> str:
    body = MACRO.read_text(encoding="utf-8")
    start, end = body.index("-%}") + 3, body.index("{%- endmacro")
    return body[start:end].replace("{{ text }}", expression)


@pytest.mark.parametrize("address", ["ada@example.org", "  Ada@Example.ORG ", "ö@example.org"])
def test_a_pseudonym_is_the_start_of_an_hmac_of_the_address_in_lower_case(address: str) -> None:
    key = b"a key of some bytes"
    with duckdb.connect() as connection:
        set_key(connection, key)
        found = connection.execute(f"select {_sql('$1')}", [address]).fetchone()
    expected = hmac.new(key, address.strip().lower().encode(), hashlib.sha256).hexdigest()[:24]
    assert found == (expected,)


def test_nobody_has_no_pseudonym() -> None:
    with duckdb.connect() as connection:
        set_key(connection, b"key")
        found = connection.execute(f"select {_sql('$1')}", [" "]).fetchone()
    assert found == (None,)


@pytest.mark.parametrize("key", [b"", b"k" * 65])
def test_a_key_that_is_empty_or_too_long_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="LEADLINE_PSEUDONYM_KEY"):
        padded_keys(key)
