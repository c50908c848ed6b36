"""One person is one pseudonym over all sources, and no address is in anything that is kept."""

import csv
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from orchestration.builds import WAREHOUSE
from orchestration.catalogue import Company, render_catalogue
from orchestration.keys import pseudonym
from orchestration.run import Context, build_and_publish
from orchestration.settings import Environment
from orchestration.warehouse import warehouse
from tests.transforms.estate import Estate, at
from transforms.decisions import append_decision
from transforms.home import Home
from transforms.statistics.people import Alias, resolve

READ_AT = datetime(2026, 5, 1, tzinfo=UTC)
KEY = SecretStr("a key of some bytes")
ADDRESS = re.compile(rb"[A-Za-z0-9._%+-]+@[A-Za-z0-9-][A-Za-z0-9.-]*\.[A-Za-z]{2,}")
PLACE = "ask me.{0}@mail.example.org or <{0}+x@example.co.uk>"
COMPANY = Company.model_validate(
    {
        "organisation": {"name": PLACE.format("org"), "report_timezone": "UTC"},
        "services": [{"id": "shop", "repositories": ["acme/shop"], "aliases": ["o@example.org"]}],
        "teams": [{"id": "core", "name": PLACE.format("team")}],
        "people": [
            {
                "id": "grace",
                "logins": ["ghopper"],
                "addresses": ["grace@example.org"],
                "sso_ids": ["PGRACE1"],
            },
            {"id": "pipeline", "kind": "service", "logins": ["deployer"]},
        ],
        "settings": {"bot_pattern": "svc-.*"},
    }
)


# -- which names are one person ------------------------------------------------------------------


def test_an_address_and_a_login_that_are_tied_are_one_person_by_the_login() -> None:
    assert resolve({}, [("login", "address")]) == [
        Alias("address", "login", "joined"),
        Alias("login", "login", "joined"),
    ]


def test_two_logins_of_two_sources_with_one_address_are_one_person() -> None:
    found = resolve({}, [("b-login", "address"), ("a-login", "address")])
    assert {one.person for one in found} == {"a-login"}


def test_what_is_tied_to_a_declared_person_is_that_person() -> None:
    found = resolve({"login": "ada"}, [("login", "address"), ("other", "address")])
    assert {one.alias: (one.person, one.origin) for one in found} == {
        "login": ("ada", "declared"),
        "address": ("ada", "joined"),
        "other": ("ada", "joined"),
    }


def test_ties_never_make_two_declared_people_one() -> None:
    declared = {"login": "ada", "address": "bob"}
    found = resolve(declared, [("login", "address"), ("login", "third")])
    assert {one.alias: one.person for one in found} == declared


def test_the_order_of_ties_changes_nothing() -> None:
    ties = [("a", "1"), ("b", "1"), ("b", "2"), ("c", "3")]
    assert resolve({}, ties) == resolve({}, ties[::-1])


def test_two_people_of_one_name_are_refused_without_the_name() -> None:
    people = [{"id": "a", "logins": ["Quine"]}, {"id": "b", "addresses": [" quine "]}]
    with pytest.raises(ValueError, match="two of them") as refused:
        Company.model_validate({"people": people})
    assert "quine" not in str(refused.value).lower()


# -- an estate with addresses in every record ----------------------------------------------------


def _commit(estate: Estate, day: int, *, login: str | None, address: str, name: str) -> str:
    sha = estate.commit("shop", at(f"2026-03-0{day} 08:00"), title=PLACE.format("commit"))
    record = estate.streams["github", "commits"][-1][0]
    record["commit"]["author"] |= {"email": address, "name": name}
    record["author"] = login and {"login": login, "type": "User"}
    return sha


def _estate() -> Estate:
    estate = Estate(catalogue=[])
    estate.catalogue = render_catalogue(COMPANY, source_settings={})
    text = PLACE.format
    first = _commit(estate, 1, login="ghopper", address="grace@example.org", name="Grace")
    _commit(estate, 2, login="ada", address="ada@example.org", name="Ada")
    _commit(estate, 3, login=None, address="ada@example.org", name="Ada L.")
    _commit(estate, 4, login=None, address="ada.l@example.com", name="Ada")
    _commit(estate, 5, login="svc-release", address="ci@example.org", name="CI")
    _commit(estate, 6, login="left", address="shared@example.org", name="One")
    _commit(estate, 7, login="right", address="shared@example.org", name="Two")
    estate.deploy(
        "shop", first, at("2026-03-01 10:00"), description=text("status"), environment="production"
    )
    estate.squash("shop", [at("2026-03-08 08:00")], at("2026-03-08 12:00"), parents=(first,))
    for record, _ in estate.streams["github", "pulls"]:
        record |= {"title": text("pull"), "labels": [{"name": text("label")}]}
        record["head"] = {"ref": "users/eve@example.org/fix"}
    estate.add(
        "git",
        "commits",
        {
            "sha": "f" * 40,
            "parents": "[]",
            "subject": text("git"),
            "author_email": "grace@example.org",
            "authored_at": "1772000000",
            "committed_at": "1772000000",
        },
        repository="acme/shop",
    )
    estate.tag("shop", first, at("2026-03-01 09:00"), "eve@example.org-1.2.3")
    incident = estate.incident("shop", at("2026-03-05 10:30"), at("2026-03-05 12:00"))
    estate.incident_edit(incident, at("2026-03-05 13:00"), short_description=text("incident"))
    key = estate.change_request("shop", at("2026-03-05 07:00"), "x")
    request = estate.streams["servicenow", "change_request"][-1][0]
    request |= {
        "short_description": text("request"),
        "requested_by": {"value": "grace@example.org"},
        "assigned_to": {"value": "ghopper"},
    }
    estate.add(
        "servicenow",
        "sysapproval_approver",
        {
            "sys_id": "a1",
            "sysapproval": {"value": key},
            "approver": {"value": "PGRACE1"},
            "comments": text("approval"),
            "sys_created_on": "2026-03-05 07:30:00",
        },
    )
    estate.add("servicenow", "cmdb_ci", {"sys_id": "c1", "name": text("item")})
    service = {"id": "S1", "name": text("pager service")}
    estate.add("pagerduty", "services", service)
    estate.add(
        "pagerduty",
        "incidents",
        {
            "id": "I1",
            "title": text("pager"),
            "status": "triggered",
            "service": {"id": "S1", "summary": text("pager service")},
            "created_at": "2026-03-05T10:00:00Z",
        },
    )
    estate.add(
        "junit",
        "test_results",
        {
            "name": text("test"),
            "classname": text("class"),
            "suite": text("suite"),
            "status": "failed",
            "message": text("failure"),
        },
    )
    estate.add(
        "alertmanager",
        "alerts",
        {
            "fingerprint": "abc",
            "labels": {"alertname": text("alert"), "owner": "eve@example.org"},
            "annotations": {"summary": text("annotation")},
            "startsAt": "2026-03-05T10:00:00Z",
            "endsAt": "2026-03-05T11:00:00Z",
            "updatedAt": "2026-03-05T10:00:00Z",
            "status": {"state": "active"},
        },
    )
    return estate


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a published estate with people under many names."""
    home = Home(root=tmp_path_factory.mktemp("people") / "data")
    _estate().write(home.lake, read_at=READ_AT)
    append_decision(
        home.lake,
        kind="verdict",
        subject="deployment:github:1",
        verdict="failed",
        reason=PLACE.format("reason"),
        who="GRACE@example.org",
        decided_at=READ_AT,
    )
    environment = Environment(pseudonym_key=KEY)
    build_and_publish(Context(home=home, environment=environment, clock=lambda: READ_AT))
    return home


def _rows(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with warehouse(home.current / WAREHOUSE) as connection:
        return connection.execute(sql).fetchall()


def _id(name: str) -> str:
    return pseudonym(name, key=KEY)


def test_a_declared_person_has_one_pseudonym_in_every_source(home: Home) -> None:
    grace = _id("grace")
    assert _rows(home, "select author_id from v1.commits where source = 'git'") == [(grace,)]
    asked = "select distinct requester_id, assignee_id from v1.change_requests"
    assert _rows(home, asked) == [(grace, grace)]
    assert _rows(home, "select approver_id from v1.approvals") == [(grace,)]
    assert _rows(home, "select decided_by_id from v1.verdicts") == [(grace,)]


def test_a_commit_that_names_login_and_address_joins_them(home: Home) -> None:
    authors = dict(_rows(home, "select day(authored_at), author_id from v1.commits"))
    assert authors[2] == authors[3] == _id("ada")
    assert authors[4] == _id("ada.l@example.com")


def test_a_similar_name_or_a_shared_address_joins_nobody(home: Home) -> None:
    known = _rows(home, "select alias_id, person_id, origin from v1.identity_aliases")
    aliases = {alias for alias, _, _ in known}
    assert _id("shared@example.org") not in aliases
    assert _id("ada.l@example.com") not in aliases
    assert (_id("ada@example.org"), _id("ada"), "joined") in known
    assert (_id("pgrace1"), _id("grace"), "declared") in known


def test_bots_are_known_by_pattern_and_by_declaration(home: Home) -> None:
    found = dict(_rows(home, "select person_id, kind from v1.people"))
    assert found["bot-" + _id("svc-release")] == "bot"
    assert found[_id("pipeline")] == "service"
    assert found[_id("grace")] == "human"
    flags = dict(_rows(home, "select day(authored_at), is_bot from v1.commits"))
    assert flags[5]
    assert not flags[2]


def test_coverage_says_how_many_people_are_resolved(home: Home) -> None:
    figures = dict(
        _rows(
            home,
            "select source, (numerator, denominator) from v1.coverage_figures "
            "where figure = 'actors_resolved'",
        )
    )
    assert tuple(figures["git"]) == (1, 1)
    # Grace, Ada and the pipeline; not the lone address and the two logins of the shared one
    assert tuple(figures["github"]) == (3, 6)


# -- no address anywhere -------------------------------------------------------------------------


def _files(home: Home) -> Iterator[Path]:
    for folder in (home.published, home.work / "dbt"):
        yield from (path for path in folder.rglob("*") if path.is_file())


def test_the_estate_does_hold_addresses(home: Home) -> None:
    pages = b"".join(json.dumps(one).encode() for one in _estate().catalogue)
    assert ADDRESS.search(pages)


def test_no_address_is_in_any_column_of_any_published_table(home: Home) -> None:
    found = []
    with warehouse(home.current / WAREHOUSE) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where database_name = current_database() and not internal"
        ).fetchall()
        assert len(columns) > 500
        for schema, table, column in columns:
            rows = connection.execute(
                f'select "{column}"::varchar from {schema}."{table}" '
                f"where contains(\"{column}\"::varchar, '@')"
            ).fetchall()
            found += [(table, column, row[0]) for row in rows if ADDRESS.search(row[0].encode())]
    assert found == []


def test_no_address_is_in_the_bytes_of_builds_targets_and_logs(home: Home) -> None:
    files = list(_files(home))
    assert {WAREHOUSE, "manifest.json"} <= {path.name for path in files}
    own = {b"example.org", b"example.com", b"example.co.uk"}
    found = [
        (path.name, match[0])
        for path in files
        for match in ADDRESS.finditer(path.read_bytes())
        if any(match[0].lower().endswith(domain) for domain in own)
    ]
    assert found == []
    names = (b"ghopper", b"pgrace1", b"svc-release", b"Grace")
    assert [path.name for path in files if any(name in path.read_bytes() for name in names)] == []


def test_no_address_is_in_an_export(home: Home, tmp_path: Path) -> None:
    target = tmp_path / "incidents.csv"
    with warehouse(home.current / WAREHOUSE) as connection:
        connection.execute(f"copy v1.incidents to '{target}' (header)")
        connection.execute(f"copy v1.commits to '{tmp_path / 'commits.csv'}' (header)")
    with target.open(encoding="utf-8") as opened:
        titles = [row["title"] for row in csv.DictReader(opened)]
    assert any("address-" in title for title in titles)
    for path in tmp_path.iterdir():
        assert not ADDRESS.search(path.read_bytes())


def test_what_staging_keeps_of_the_settings_are_pseudonyms(home: Home) -> None:
    with warehouse(home.staging_file) as connection:
        rows = connection.execute(
            "select person_id, person_alias_ids from staging.staging.stg_leadline__catalogue "
            "where record_type = 'person' order by len(person_alias_ids)"
        ).fetchall()
    names = ("grace", "ghopper", "grace@example.org", "pgrace1")
    assert rows[-1] == (_id("grace"), [_id(name) for name in names])
