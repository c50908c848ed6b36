import asyncio
import tomllib
from pathlib import Path

import httpx
import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send
from streamlit import config
from streamlit.web.server.starlette import App

from dashboards import app as application
from dashboards.app import LocalWithoutSignIn, SecurityHeaders, content_security_policy

ROOT = Path(application.__file__).parent


def _get(path: str) -> httpx.Response:
    async def answer(_request: object) -> PlainTextResponse:
        return PlainTextResponse("page")

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=site)) as client:
            return await client.get(f"http://127.0.0.1{path}")

    policy = content_security_policy("<script>\n a = 1\n</script>")
    routes = [
        Route("/", answer),
        Route("/_stcore/metrics", answer),
        Route("/healthz", application.healthz),
        Route("/readyz", application.readyz),
    ]
    site = Starlette(routes=routes, middleware=[Middleware(SecurityHeaders, policy=policy)])
    return asyncio.run(ask())


def test_every_reply_carries_the_security_headers() -> None:
    for path in ("/", "/missing", "/_stcore/metrics"):
        headers = _get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_the_policy_allows_no_foreign_or_evaluated_script() -> None:
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")
    policy = dict(part.strip().split(" ", 1) for part in content_security_policy(page).split(";"))
    assert "unsafe-inline" not in policy["script-src"]
    assert "'unsafe-eval'" not in policy["script-src"]
    assert policy["connect-src"] == policy["default-src"] == "'self'"
    assert "http" not in " ".join(policy.values())


def test_the_page_has_only_inline_scripts_that_the_policy_knows() -> None:
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")
    assert len(application.inline_script_hashes(page)) == page.count("<script>")


def test_the_metrics_of_the_server_are_closed() -> None:
    assert _get("/_stcore/metrics").status_code == 404


def test_health_answers_without_data_and_readiness_names_the_build(
    published_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADLINE_HOME", str(tmp_path))
    assert _get("/healthz").json() == {"status": "ok"}
    assert _get("/readyz").status_code == 503
    monkeypatch.setenv("LEADLINE_HOME", str(published_home))
    assert _get("/readyz").json()["build"] == "20261122T090000Z-0000aaaa"


def test_readiness_is_refused_when_the_build_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "published" / "current").mkdir(parents=True)
    monkeypatch.setenv("LEADLINE_HOME", str(tmp_path))
    reply = _get("/readyz")
    assert reply.status_code == 503
    assert reply.json() == {"status": "the published build cannot be read"}


def test_the_application_is_an_asgi_app_of_streamlit() -> None:
    assert isinstance(application.app, App)
    assert application.app.script_path == ROOT / "main.py"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("browser.gatherUsageStats", False), ("client.showErrorDetails", "none"),
        ("client.showErrorLinks", False), ("client.toolbarMode", "minimal"),
        ("client.disableDataExport", True), ("server.enableXsrfProtection", True),
        ("server.enableStaticServing", False), ("server.enableAgentApi", False),
        ("server.fileWatcherType", "none"), ("runner.magicEnabled", False),
    ],
)  # fmt: skip
def test_the_committed_configuration_is_strict(option: str, value: object) -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    section, name = option.split(".")
    assert settings[section][name] == value
    assert option in config.get_config_options()


def test_pages_never_hand_html_to_the_browser() -> None:
    for file in ROOT.rglob("*.py"):
        text = file.read_text("utf-8")
        assert "unsafe_allow_html" not in text
        assert "st.html" not in text or file.name == "theme.py"
        assert "material/" not in text


def test_the_stylesheet_fetches_nothing() -> None:
    text = (ROOT / "assets" / "leadline.css").read_text("utf-8")
    assert "url(" not in text
    assert "@import" not in text


@pytest.mark.parametrize(
    ("server", "has_sign_in", "status"),
    [
        ("127.0.0.1", False, 200), ("::1", False, 200), ("10.0.0.5", False, 403),
        ("10.0.0.5", True, 200), ("evil.example", False, 403),
    ],
)  # fmt: skip
def test_without_sign_in_only_this_machine_is_answered(
    server: str, has_sign_in: bool, status: int
) -> None:
    said: list[Message] = []

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("page")(scope, receive, send)

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        said.append(message)

    door = LocalWithoutSignIn(page, has_sign_in=lambda: has_sign_in)
    scope = {"type": "http", "path": "/", "method": "GET", "headers": [], "server": (server, 80)}
    asyncio.run(door(scope, receive, send))
    assert said[0]["status"] == status
    assert (b"page" in said[1]["body"]) == (status == 200)
