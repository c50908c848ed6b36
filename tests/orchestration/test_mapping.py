"""Names that nobody declared are listed with what they cost, and proposals state their reason."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from orchestration.commands import map as command
from orchestration.errors import NothingToRead
from orchestration.lake import BulkPage, Lake
from orchestration.mapping import Known, Suggestion, Unmapped, render_yaml, suggest
from orchestration.run import Context
from orchestration.settings import Environment, parse_settings
from tests.transforms.estate import Estate, at
from tests.transforms.models import build_models, rows
from transforms.home import Home

READ_AT = datetime(2026, 5, 1, tzinfo=UTC)
SERVICES = [
    Known("checkout-api", ("checkout api",), ("acme/checkout",)),
    Known("payments", (), ("acme/pay-core",), ("Payment Engine",)),
    Known("ledger-eu"),
    Known("ledger-us"),
]


def _one(name: str, kind: str = "service") -> Suggestion:
    (found,) = suggest([Unmapped(kind, name)], SERVICES)
    return found


@pytest.mark.parametrize(
    ("name", "target", "reason"),
    [
        ("Checkout_API", "checkout-api", "same but for case and separators"),
        ("checkoutApi", "checkout-api", "same but for case and separators"),
        ("payments-svc", "payments", "svc, service or prod"),
        ("prod payments service", "payments", "svc, service or prod"),
        ("pay-core", "payments", "the name of its repository"),
        ("payment engine", "payments", "the name of its configuration item"),
        ("paymenst-x", None, ""),
        ("paymentz", "payments", "one letter apart"),
        ("payment", "payments", "one letter apart"),
        ("checkout", "checkout-api", "the name of its repository"),
        ("billing", None, ""),
        ("svc", None, ""),
    ],
)
def test_a_service_is_proposed_with_its_reason(name: str, target: str | None, reason: str) -> None:
    found = _one(name)
    assert found.target == target
    assert reason in found.reason
    assert (found.score > 0) == (target is not None)


def test_a_name_that_fits_two_services_equally_is_ambiguous() -> None:
    twins = [Known("a-one", ("shop service",)), Known("b-two", ("shop app",))]
    (both,) = suggest([Unmapped("service", "shop-svc")], twins)
    assert both.targets == ("a-one", "b-two")
    assert both.target is None
    assert "# ambiguous: service shop-svc may be a-one or b-two" in render_yaml([both])


def test_short_names_are_never_one_letter_apart() -> None:
    (found,) = suggest([Unmapped("service", "web")], [Known("wep")])
    assert found.targets == ()


@pytest.mark.parametrize(
    ("name", "tiers"),
    [
        ("prod-eu-1", ("production",)),
        ("UAT", ("staging",)),
        ("qaEurope", ("test",)),
        ("test-prod", ("production", "test")),
        ("blue", ()),
    ],
)
def test_a_tier_is_proposed_by_a_word_in_the_environments_name(
    name: str, tiers: tuple[str, ...]
) -> None:
    assert _one(name, "environment").targets == tiers


def test_the_proposals_are_settings_that_leadline_can_read() -> None:
    names = [
        Unmapped("service", "Checkout: [API]\n#", 5),
        Unmapped("service", "payments-svc", 12, READ_AT),
        Unmapped("repository", "acme/Payments", 2),
        Unmapped("environment", "prod eu", 3),
        Unmapped("environment", "prod-test", 3),
        Unmapped("service", "billing: {", 1),
    ]
    text = render_yaml(suggest(names, SERVICES))
    settings = parse_settings(text)
    assert {one.id: (one.aliases, one.repositories) for one in settings.company.services} == {
        "checkout-api": (("Checkout: [API]\n#",), ()),
        "payments": ((), ("acme/Payments",)),
    }
    assert settings.company.environments == {"prod eu": "production"}
    assert "12 rows, last seen 2026-05-01" in text
    assert "# ambiguous: environment prod-test may be production or test" in text
    assert '# no suggestion: service "billing: {"' in text
    assert yaml.safe_load(text)


# -- what a build finds --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(root=tmp_path_factory.mktemp("mapping") / "data")
    estate = Estate()
    estate.service("shop")
    sha = estate.commit("shop", at("2026-03-01 08:00"))
    estate.deploy("shop", sha, at("2026-03-01 09:00"))
    estate.deploy("shop", sha, at("2026-03-01 10:00"), environment="UAT-2")
    estate.deploy("stranger-svc", sha, at("2026-03-01 10:00"), repository="acme/shop")
    estate.commit("other", at("2026-03-01 08:00"))
    incident = estate.incident("Shop_Desk", at("2026-03-01 09:30"), at("2026-03-01 10:00"))
    estate.incident_edit(incident, at("2026-03-01 11:00"), short_description="Longer")
    estate.incident("shop", at("2026-03-01 09:30"), at("2026-03-01 10:00"))
    estate.write(home.lake, read_at=READ_AT)
    _read_incidents_of_unknown_impact(home)
    build_models(home, "unmapped_names", now=READ_AT)
    return home


def _read_incidents_of_unknown_impact(home: Home) -> None:
    """Read two pages in one run, one of them with two words that Leadline does not know."""
    pages: list[BulkPage] = []
    for impacts in (("bad", "bad"), ("minor", "bad")):
        records = [
            {"id": f"{len(pages)}{at}", "status": "resolved", "impact": impact,
             "created_at": "2026-03-01T09:00:00Z"}
            for at, impact in enumerate(impacts)
        ]  # fmt: skip
        body = json.dumps(records).encode()
        pages.append(BulkPage(body=body, row_count=2, read_at=READ_AT, format="array"))
    Lake(home.lake).append_bulk(
        "page", "incidents", kind="statuspage", pages=pages, read_at=READ_AT
    )


def test_a_service_that_a_source_names_and_nobody_declared_is_found(home: Home) -> None:
    found = rows(home, "unmapped_names", where="kind = 'service'")
    assert {(one["name"], one["named_in"], one["row_count"]) for one in found} == {
        ("Shop_Desk", "incidents", 1),
        ("stranger-svc", "deployments", 1),
    }
    assert all(one["last_seen_at"] == READ_AT.replace(tzinfo=None) for one in found)


def test_what_else_is_named_and_unknown_is_found_and_every_record_counts_once(
    home: Home,
) -> None:
    found = {
        (one["kind"], one["name"], one["named_in"], one["name_row_count"])
        for one in rows(home, "unmapped_names", where="kind <> 'service'")
    }
    assert found == {
        ("repository", "acme/other", "commits", 1),
        ("environment", "uat-2", "deployments", 1),
        ("severity", "bad", "incidents.impact", 3),
    }


def test_the_command_prints_proposals_and_says_that_nothing_was_changed(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    build = home.builds / "one"
    build.mkdir(parents=True)
    (build / "warehouse.duckdb").symlink_to(home.warehouse_file)
    home.current.symlink_to(build, target_is_directory=True)
    monkeypatch.setattr(command, "open_context", lambda: Context(home, Environment()))
    build_models(home, "unmapped_names", "services", "configuration_items", now=READ_AT)
    command.suggest()
    shown = capsys.readouterr()
    assert parse_settings(shown.out).company.environments == {"uat-2": "staging"}
    assert "no suggestion: service stranger-svc" in shown.out
    assert "check them" in shown.err
    command.show_all()
    assert "Shop_Desk" in capsys.readouterr().out


def test_without_a_build_there_is_nothing_to_map(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = Home(root=tmp_path)
    monkeypatch.setattr(command, "open_context", lambda: Context(empty, Environment()))
    with pytest.raises(NothingToRead, match="leadline run"):
        command.suggest()
