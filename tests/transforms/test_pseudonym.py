"""Pseudonyms of people: SQL over session variables gives what Python's hmac gives."""

import hashlib
import hmac
import re
from pathlib import Path

import duckdb
import pytest
from jinja2 import Environment

from transforms.plugins.pseudonym import padded_keys, set_key

MACRO = Path(__file__).resolve().parents[2] / "transforms" / "macros" / "pseudonym.sql"


def _sql(expression: str, name: str = "pseudonym") -> str:
    macros = Environment().from_string(MACRO.read_text(encoding="utf-8")).module
    return str(getattr(macros, name)(expression))


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


@pytest.mark.parametrize("login", ["dependabot[bot]", "49+renovate[bot]@x.test", "SVC-deploy"])
def test_the_pseudonym_of_a_bot_says_so(login: str) -> None:
    with duckdb.connect() as connection:
        set_key(connection, b"key", bot_pattern="svc-.*")
        found = connection.execute(f"select {_sql('$1')}", [login]).fetchone()
        person = connection.execute(f"select {_sql('$1')}", ["not-svc-deploy"]).fetchone()
    assert found is not None
    assert person is not None
    assert found[0].startswith("bot-")
    assert not person[0].startswith("bot-")


def _masked(text: str) -> str:
    with duckdb.connect() as connection:
        set_key(connection, b"key")
        row = connection.execute(f"select {_sql('$1::varchar', 'masked')}", [text]).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize(
    "text",
    [
        "ask ada@example.org.",
        "ada@example.org",
        "<ADA.L+x@sub.example.co.uk>",
        "1@163.com",
        "a_b@9x.io",
    ],
)
def test_an_address_in_a_text_is_masked(text: str) -> None:
    assert not re.search(r"[\w.%+-]+@[\w.-]+\.[a-zA-Z]{2,}", _masked(text))
    assert "address-" in _masked(text)


@pytest.mark.parametrize(
    "text", ["pkg:npm/left-pad@1.2.3", "v1@2", "@acme/ui@1.0.0-rc.1", "ping @ada", "no sign"]
)
def test_a_version_or_a_mention_is_no_address(text: str) -> None:
    assert _masked(text) == text


def test_masked_addresses_differ_as_the_addresses_do() -> None:
    assert _masked("a@x.org") != _masked("b@x.org")
    assert _masked("a@x.org, A@X.org") == ", ".join([_masked("a@x.org")] * 2)


@pytest.mark.parametrize("key", [b"", b"k" * 65])
def test_a_key_that_is_empty_or_too_long_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="LEADLINE_PSEUDONYM_KEY"):
        padded_keys(key)
