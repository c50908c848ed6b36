"""What every connector promises, tried on each that is in the folder."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import BaseModel, SecretStr

import connectors
from connectors import discover, github, pagerduty, servicenow
from connectors._contract import Bounded, Connector

MODULES = discover()
FOLDER = Path(connectors.__file__).parent
SETTINGS: dict[str, dict[str, object]] = {
    "alertmanager": {"base_url": "https://acme.test", "token": "CANARY_secret"},
    "argocd": {"base_url": "https://acme.test", "token": "CANARY_secret"},
    "azure_devops": {"organisation": "acme", "token": "CANARY_secret", "projects": ["shop"]},
    "bitbucket": {"token": "CANARY_secret", "workspace": "acme"},
    "buildbot": {"base_url": "https://acme.test", "token": "CANARY_secret"},
    "circleci": {"token": "CANARY_secret", "projects": ["gh/acme/pay"]},
    "datadog": {"api_key": "CANARY_secret", "application_key": "CANARY_secret"},
    "files": {"path": "."},
    "git": {"path": "."},
    "github": {"token": "CANARY_secret", "organisation": "acme"},
    "gitlab": {"token": "CANARY_secret", "group": "acme"},
    "jira": {"base_url": "https://acme.test", "token": "CANARY_secret", "has_approvals": True},
    "jenkins": {"base_url": "https://acme.test", "user": "reader", "token": "CANARY_secret"},
    "icinga": {
        "base_url": "https://acme.test",
        "username": "reader",
        "password": "CANARY_secret",
    },
    "junit": {"path": "."},
    "opsgenie": {"token": "CANARY_secret"},
    "pagerduty": {"token": "CANARY_secret"},
    "sentry": {"token": "CANARY_secret", "organisation": "acme"},
    "prometheus": {"base_url": "https://acme.test", "token": "CANARY_secret"},
    "statuspage": {"base_url": "https://acme.test"},
    "reports": {"path": "."},
    "redmine": {
        "base_url": "https://acme.test",
        "token": "CANARY_secret",
        "incident_trackers": ["Bug"],
    },
    "request_tracker": {
        "base_url": "https://acme.test",
        "token": "CANARY_secret",
        "incident_queues": ["Incidents"],
    },
    "roundup": {
        "base_url": "https://acme.test",
        "username": "reader",
        "password": "CANARY_secret",
    },
    "push": {"vendor": "github", "secret": "CANARY_secret"},
    "servicenow": {
        "base_url": "https://acme.test",
        "token": "CANARY_secret",
        "audit_log": "audit.csv",
    },
    "sonarqube": {"token": "CANARY_secret"},
}


@pytest.fixture(params=sorted(MODULES))
def module(request: pytest.FixtureRequest) -> ModuleType:
    return MODULES[request.param]


@pytest.fixture
def connector(module: ModuleType) -> Connector:
    config = module.Config.model_validate(SETTINGS[module.KIND])
    connected: Connector = module.connect(config, name="acme-source")
    return connected


def test_every_module_without_an_underscore_is_found() -> None:
    files = {path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_")}
    assert {module.__name__.split(".")[-1] for module in MODULES.values()} == files


def test_every_connector_offers_its_kind_its_settings_and_a_way_to_connect(
    module: ModuleType, connector: Connector
) -> None:
    assert module.__name__.split(".")[-1] == module.KIND
    assert issubclass(module.Config, BaseModel)
    assert (connector.kind, connector.name) == (module.KIND, "acme-source")


def test_a_module_lists_every_stream_that_its_connector_may_have(
    module: ModuleType, connector: Connector
) -> None:
    listed = {stream.name: stream for stream in module.STREAMS}
    assert {stream.name for stream in connector.streams} <= set(listed)


def test_every_connector_says_its_interface_its_credentials_and_its_limits(
    module: ModuleType,
) -> None:
    text = module.__doc__ or ""
    assert "Auth:" in text
    assert "Limits:" in text
    assert "API:" in text or "Format:" in text


def test_every_setting_that_looks_like_a_secret_is_one(module: ModuleType) -> None:
    for name, field in module.Config.model_fields.items():
        if name in ("token", "password", "secret", "key"):
            assert SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ()))


def test_settings_refuse_what_they_do_not_know(module: ModuleType) -> None:
    assert module.Config.model_config.get("extra") == "forbid"


def test_streams_have_names_of_their_own_and_parents_that_exist(connector: Connector) -> None:
    names = [stream.name for stream in connector.streams]
    assert len(names) == len(set(names))
    for stream in connector.streams:
        assert stream.parent is None or stream.parent in names
        assert stream.description.endswith(".")
        assert stream.key
        assert (stream.records_path == "$") == (stream.format != "object")


def test_no_secret_is_printed(connector: Connector) -> None:
    assert "CANARY_secret" not in repr(connector)
    assert "CANARY_secret" not in repr(connector.access)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_no_connector_reads_the_clock_the_environment_or_another_room(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }
    assert not imported & {"duckdb", "orchestration", "transforms", "dashboards", "data", "time"}
    called = {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    assert not called & {"os.environ", "os.getenv", "datetime.now", "datetime.utcnow"}


def test_a_connector_says_where_its_settings_end_what_it_asks_for() -> None:
    now, since = datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    token = SecretStr("t")
    code_host = github.connect(
        github.Config(organisation="acme", token=token, since=since), name="github"
    )
    desk = servicenow.connect(
        servicenow.Config(base_url="https://example.org", token=token, since=since), name="desk"
    )
    pager = pagerduty.connect(pagerduty.Config(token=token, history_days=30), name="pager")
    known = {"through": "2026-11-21T00:00:00Z"}
    for connector, name, cursor, expected in (
        (code_host, "deployments", None, since),
        (code_host, "deployments", {"repositories": {}}, since),
        (desk, "incident", None, since),
        (pager, "incidents", None, now - timedelta(days=30)),
        (pager, "incidents", known, None),
    ):
        assert isinstance(connector, Bounded)
        (stream,) = [one for one in connector.streams if one.name == name]
        assert connector.reads_from(stream, cursor=cursor, now=now) == expected
