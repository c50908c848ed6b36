"""The ASGI application: Streamlit's pages, security headers and two routes for health checks.

Serve it with `streamlit run dashboards/app.py` or `uvicorn dashboards.app:app`.
"""

import base64
import hashlib
import ipaddress
import re
from collections.abc import Callable
from pathlib import Path

import streamlit
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from streamlit.web.server.starlette import App

from dashboards.access import rules
from dashboards.states import show_broken
from transforms.home import resolve_home
from transforms.published import PublishedError, current_build

# Streamlit answers these without any login; nothing outside needs them.
CLOSED_PATHS = ("/_stcore/metrics", "/_stcore/agent")
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def inline_script_hashes(page: str) -> tuple[str, ...]:
    """Return the CSP sources that allow exactly the inline scripts of a page."""
    digests = (hashlib.sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(page))
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def content_security_policy(page: str) -> str:
    """Return the policy under which charts and tables work and nothing foreign loads."""
    scripts = " ".join(("'self'", "'wasm-unsafe-eval'", *inline_script_hashes(page)))
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
        "worker-src 'self' blob:; frame-src 'self'; object-src 'none'; base-uri 'self'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


def is_on_this_machine(scope: Scope) -> bool:
    """Say whether a request came in at an address that only this machine itself can reach."""
    host = str((scope.get("server") or ("",))[0])
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class LocalWithoutSignIn:
    """Answer at addresses beyond this machine only where people sign in."""

    def __init__(self, app: ASGIApp, *, has_sign_in: Callable[[], bool]) -> None:
        self._app = app
        self._has_sign_in = has_sign_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "lifespan" or is_on_this_machine(scope) or self._has_sign_in():
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(code=1008)(scope, receive, send)
        else:
            refusal = PlainTextResponse("Sign-in is not set up here.", status_code=403)
            await refusal(scope, receive, send)


class SecurityHeaders:
    """Add security headers to every reply and close the paths that nobody needs."""

    def __init__(self, app: ASGIApp, *, policy: str) -> None:
        self._app = app
        self._headers = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"referrer-policy", b"no-referrer"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse a closed path; headers go on either reply."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *self._headers]}
            await send(message)

        if scope["type"] == "http" and scope["path"].startswith(CLOSED_PATHS):
            refusal = PlainTextResponse("Not found", status_code=404)
            await refusal(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)


async def healthz(_request: Request) -> JSONResponse:
    """Answer that the process is up."""
    return JSONResponse({"status": "ok"})


async def readyz(_request: Request) -> JSONResponse:
    """Answer whether there is a published build to show, and which."""
    try:
        build = current_build(resolve_home())
    except PublishedError:
        return JSONResponse({"status": "the published build cannot be read"}, status_code=503)
    if build is None:
        return JSONResponse({"status": "nothing published"}, status_code=503)
    return JSONResponse({"status": "ready", "build": build.build_id})


def _streamlit_page() -> str:
    return (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")


app = App(
    Path(__file__).parent / "main.py",
    middleware=[
        Middleware(SecurityHeaders, policy=content_security_policy(_streamlit_page())),
        Middleware(LocalWithoutSignIn, has_sign_in=lambda: rules() is not None),
    ],
    routes=[Route("/healthz", healthz), Route("/readyz", readyz)],
    on_script_error=show_broken,
)
