"""leadline.yml and the environment: what is accepted, refused and never shown."""

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from orchestration.errors import ConfigurationError
from orchestration.keys import key_id, pseudonym_key
from orchestration.schema import SCHEMA_FILE
from orchestration.settings import (
    Environment,
    git_settings,
    known_connectors,
    parse_settings,
    process_environment,
    read_settings,
)
from orchestration.sources import connect_source, needed_variables
from orchestration.template import render_template
from transforms.home import Home

CANARY = "CANARY_9f3b1c"
GITHUB = """\
sources:
  github:
    organisation: acme
    token: {token}
"""

TEMPLATE = render_template(SCHEMA_FILE)


def test_a_literal_token_is_refused_with_its_line_and_not_echoed() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_settings(GITHUB.format(token=CANARY))
    assert "line 4" in str(caught.value)
    assert "sources.github.token" in str(caught.value)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "organisation:\n  name: x\n  api_key: CANARY_9f3b1c\n",
        "settings:\n  tag_pattern: ghp_CANARY_9f3b1c\n",
        "sources:\n  github:\n    base_url: https://user:CANARY_9f3b1c@example.org\n",
        "sources:\n  github:\n    repositories: [glpat-CANARY_9f3b1c]\n",
        "sources:\n  github:\n    organisation: [acme\n    token: CANARY_9f3b1c\n",
        "teams: CANARY_9f3b1c\n",
        "services:\n  - {id: a, tier: CANARY_9f3b1c}\n",
    ],
)
def test_no_error_repeats_a_value(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_settings(text)
    assert "line" in str(caught.value)
    assert CANARY not in str(caught.value)


def test_a_reference_is_resolved_only_when_the_source_is_connected() -> None:
    settings = parse_settings(GITHUB.format(token="${GH}"))
    (source,) = settings.sources
    with pytest.raises(ConfigurationError, match="environment variable GH"):
        connect_source(settings, source, environ={})
    connector = connect_source(settings, source, environ={"GH": CANARY})
    assert connector.kind == "github"
    assert CANARY not in repr(connector)
    assert CANARY not in repr(settings)
    assert needed_variables(settings) == {"github": ["GH"]}


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{CANARY}\n")
    settings = parse_settings(GITHUB.format(token=f"file:{file}"))
    assert connect_source(settings, settings.sources[0], environ={}).name == "github"
    file.write_text("")
    with pytest.raises(ConfigurationError, match="empty"):
        connect_source(settings, settings.sources[0], environ={})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("organisation: {name: x}\norganisation: {name: y}\n", "line 2: organisation stands there"),
        ("sources:\n  nosuch: {}\n", "line 2: sources.nosuch.kind must be one of"),
        ("organisation: {report_timezone: Mars/Base}\n", "report_timezone cannot be used"),
        ("services: [{id: a, team: nobody}]\n", "names a team that is not below"),
        ("services: [{id: a, depends_on: [b]}]\n", "names a service that is not below"),
        ("settings: {nosuch: 1}\n", "settings.nosuch is unknown"),
        ("organisation: {nosuch: 1}\n", "organisation.nosuch cannot be used"),
        ("settings: {tag_pattern: 'v('}\n", "line 1: settings.tag_pattern is no regular"),
        (
            "sources:\n  git:\n    path: .\n    hotfix_pattern: 'hot(?=fix)'\n",
            "line 4: sources.git.hotfix_pattern is no regular",
        ),
        ("- a\n- b\n", "must be a list of `setting: value` lines"),
    ],
)
def test_a_wrong_setting_is_named_with_its_line(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_settings(text)
    assert told in str(caught.value)


def test_the_template_is_valid_and_holds_no_secret() -> None:
    settings = parse_settings(TEMPLATE)
    assert settings.sources == ()
    assert settings.report_timezone == "Europe/Berlin"


def test_every_commented_source_of_the_template_is_a_connector_that_takes_these_settings() -> None:
    lines = TEMPLATE.split("sources:\n")[1].split("teams:")[0].splitlines()
    uncommented = "sources:\n" + "\n".join(line.replace("# ", "", 1) for line in lines[1:])
    settings = parse_settings(uncommented)
    environ = {name: "x" for names in needed_variables(settings).values() for name in names}
    kinds = [connect_source(settings, one, environ=environ).kind for one in settings.sources]
    assert sorted(kinds) == sorted(known_connectors())


def test_a_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="leadline init"):
        read_settings(tmp_path / "leadline.yml")


def test_a_repository_alone_needs_no_configuration(tmp_path: Path) -> None:
    repository = tmp_path / "shop.git"
    repository.mkdir()
    records = git_settings(repository, tag_pattern=r"release-\d+").catalogue
    assert {"record_type": "environment", "name": "production", "tier": "production"} in records
    services = [one for one in records if one["record_type"] == "service"]
    assert [(one["service_id"], one["team_id"]) for one in services] == [("shop", None)]
    patterns = [one["value"] for one in records if one.get("key") == "tag_pattern"]
    assert patterns == [r"release-\d+"]


def test_ownership_history_gives_one_record_per_owner() -> None:
    settings = parse_settings(
        "teams: [{id: a}, {id: b}]\n"
        "services:\n  - id: s\n    owners:\n      - {team: a, effective_to: 2026-01-01}\n"
        "      - {team: b, effective_from: 2026-01-01}\n"
    )
    rows = [one for one in settings.catalogue if one["record_type"] == "service"]
    assert [(row["team_id"], row["effective_from"], row["effective_to"]) for row in rows] == [
        ("a", None, "2026-01-01"),
        ("b", "2026-01-01", None),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("organisation:\n  holiday_country: XX\n", "no known holiday calendar"),
        ("organisation:\n  holiday_country: DE\n  holiday_subdivision: ZZ\n", "a part of that"),
        ("organisation:\n  holiday_subdivision: BY\n", "no holiday_country"),
        ("organisation:\n  working_hours: 17:00-09:00\n", "within one day"),
        ("organisation:\n  working_hours: 9 to 5\n", "such as 09:00-17:00"),
        ("organisation:\n  working_days: [monday]\n", "working_days"),
        ("organisation:\n  fiscal_year_start_month: 13\n", "fiscal_year_start_month"),
        ("teams:\n  - id: a\n    holiday_country: QQ\n", "teams.0"),
        ("teams:\n  - id: a\n    holiday_subdivision: BY\n", "no holiday_country"),
        (
            "services:\n  - id: s\n    active_from: 2026-02-01\n    active_to: 2026-01-31\n",
            "active_to before",
        ),
    ],
)
def test_a_calendar_that_cannot_be_is_refused_with_its_line(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match="line") as caught:
        parse_settings(text)
    assert told in str(caught.value)


def test_a_team_has_the_organisations_calendar_in_what_it_leaves_out() -> None:
    settings = parse_settings(
        "organisation:\n  report_timezone: Europe/Berlin\n  holiday_country: DE\n"
        "  holiday_subdivision: BY\n"
        "teams:\n  - id: same\n  - id: north\n    holiday_subdivision: HH\n"
        "  - id: abroad\n    timezone: Asia/Tokyo\n    holiday_country: JP\n"
        "    working_hours: 10:00-18:00\n"
    )
    found = {
        row["team_id"]: (
            row["timezone"],
            row["holiday_country"],
            row["holiday_subdivision"],
            row["working_hours"],
        )
        for row in settings.catalogue
        if row["record_type"] == "team"
    }
    assert found == {
        "same": ("Europe/Berlin", "DE", "BY", "09:00-17:00"),
        "north": ("Europe/Berlin", "DE", "HH", "09:00-17:00"),
        "abroad": ("Asia/Tokyo", "JP", None, "10:00-18:00"),
    }


def test_the_configuration_id_depends_on_content_only() -> None:
    first = parse_settings("organisation: {name: x}\n")
    same = parse_settings("# a comment\norganisation:\n  name: x\n")
    other = parse_settings("organisation: {name: y}\n")
    assert first.configuration_id == same.configuration_id != other.configuration_id


def test_a_pseudonym_key_is_made_once_for_its_owner_only(
    home: Home, environment: Environment
) -> None:
    first = pseudonym_key(home, environment=environment)
    again = pseudonym_key(home, environment=environment)
    file = home.root / "keys" / "pseudonym.key"
    assert first == again
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert first.get_secret_value() not in repr(first)
    assert first.get_secret_value() not in key_id(first)


def test_the_process_environment_is_put_back(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.delenv("LEADLINE_PSEUDONYM_KEY", raising=False)
    with process_environment(home, lake=home.lake, key=SecretStr("k")):
        assert os.environ["LEADLINE_HOME"] == str(home.root)
    assert "LEADLINE_PSEUDONYM_KEY" not in os.environ


def test_a_kill_while_the_key_is_made_leaves_no_key_that_blocks_the_next_run(
    home: Home, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("orchestration.keys.secrets.token_hex", killed)
        with pytest.raises(KeyboardInterrupt):
            pseudonym_key(home, environment=environment)
    assert not (home.root / "keys" / "pseudonym.key").exists()
    assert pseudonym_key(home, environment=environment).get_secret_value()
    assert [path.name for path in (home.root / "keys").iterdir()] == ["pseudonym.key"]
