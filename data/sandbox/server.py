"""A loopback server that answers as the sample company's systems do.

`SandboxServer` runs uvicorn in a thread on 127.0.0.1; its clock is simulated and set by the caller.
"""

import socket
import threading
import time
from collections import Counter
from datetime import datetime
from typing import Protocol, Self

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from data.sandbox.api_github import GithubApi
from data.sandbox.api_pagerduty import PagerdutyApi
from data.sandbox.api_servicenow import ServicenowApi
from data.sandbox.replies import Query, Reply, read_query
from data.sandbox.world import World

_LIMITS = {"github": 5000, "servicenow": 10_000, "pagerduty": 960}
_START_SECONDS = 10.0


class Api(Protocol):
    """What every simulated system offers."""

    def is_allowed(self, authorization: str) -> bool:
        """Return whether the Authorization header is right."""
        ...

    def refusal(self) -> Reply:
        """Return the answer to a wrong or missing credential."""
        ...

    def answer(self, path: str, query: Query, *, at: int, root: str) -> Reply:
        """Return the reply to one request as of a simulated instant."""
        ...


class Clock:
    """The simulated instant that all systems share."""

    def __init__(self, at: int) -> None:
        """Start at an instant, in epoch seconds."""
        self.at = at


class VendorApp:
    """One system below its prefix: authorisation, conditional requests, limits, cached pages."""

    def __init__(self, name: str, api: Api, clock: Clock, counter: Counter[str]) -> None:
        """Serve `api` as `name`."""
        self.name, self.api, self.clock, self.counter = name, api, clock, counter
        self.used = 0
        self._cache: dict[tuple[int, str, str], Reply] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = dict(scope["headers"])
        self.counter[self.name] += 1
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        if scope["method"] != "GET":
            reply = Reply(b'{"message":"Method Not Allowed"}', 405)
        elif not self.api.is_allowed(authorization):
            reply = self.api.refusal()
        else:
            reply = self._reply(scope, headers.get(b"host", b"").decode("latin-1"))
        is_same = bool(reply.headers.get("ETag")) and (
            headers.get(b"if-none-match", b"").decode("latin-1") == reply.headers["ETag"]
        )
        # An unchanged page is free of charge.
        self.used += not is_same
        status = 304 if is_same else reply.status
        body = b"" if is_same else reply.body
        own = {"content-type": "application/json; charset=utf-8", "content-length": str(len(body))}
        everything = {**own, **reply.headers, **self._limit_headers()}
        raw = [(k.lower().encode(), v.encode("latin-1")) for k, v in everything.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})

    def _reply(self, scope: Scope, host: str) -> Reply:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        raw = scope["query_string"].decode("latin-1")
        key = (self.clock.at, path, raw)
        reply = self._cache.get(key)
        if reply is None:
            if path == "/rate_limit" and self.name == "github":
                return self._rate_limit()
            root = f"http://{host}/{self.name}"
            reply = self.api.answer(path, read_query(raw), at=self.clock.at, root=root)
            self._cache[key] = reply
        return reply

    def _limit_headers(self) -> dict[str, str]:
        limit, reset = _LIMITS[self.name], self.clock.at + 3600
        left = max(limit - self.used, 0)
        if self.name == "github":
            return {
                "X-RateLimit-Limit": str(limit),
                "X-RateLimit-Remaining": str(left),
                "X-RateLimit-Used": str(self.used),
                "X-RateLimit-Reset": str(reset),
                "X-RateLimit-Resource": "core",
                "X-GitHub-Api-Version-Selected": "2022-11-28",
            }
        if self.name == "servicenow":
            return {
                "X-RateLimit-Limit": str(limit),
                "X-RateLimit-Reset": str(reset),
                "X-RateLimit-Rule": "Table API per hour",
            }
        left = limit - self.used % limit
        return {
            "ratelimit-limit": str(limit),
            "ratelimit-remaining": str(left),
            "ratelimit-reset": "60",
        }

    def _rate_limit(self) -> Reply:
        limit, reset = _LIMITS[self.name], self.clock.at + 3600
        left = max(limit - self.used, 0)
        core = f'{{"limit":{limit},"remaining":{left},"reset":{reset},"used":{self.used}}}'
        search = f'{{"limit":30,"remaining":30,"reset":{reset},"used":0}}'
        text = f'{{"resources":{{"core":{core},"search":{search}}},"rate":{core}}}'
        return Reply(text.encode())

    def reset(self) -> None:
        """Start a new hour of the limit and forget pages of other instants."""
        self.used = 0
        self._cache.clear()


class SandboxServer:
    """A context manager around the running server.

    `requests` counts all requests, `calls` those of each system.
    """

    def __init__(self, world: World, *, port: int = 0) -> None:
        """Prepare a server for `world`; port 0 takes any free one."""
        self.world, self._port = world, port
        self._clock = Clock(int(world.end.timestamp()))
        self.calls: Counter[str] = Counter()
        apis: dict[str, Api] = {
            "github": GithubApi(world),
            "servicenow": ServicenowApi(world),
            "pagerduty": PagerdutyApi(world),
        }
        self._apps = {n: VendorApp(n, api, self._clock, self.calls) for n, api in apis.items()}
        self.app = Starlette(routes=[Mount(f"/{n}", app) for n, app in self._apps.items()])
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    @property
    def requests(self) -> int:
        """Return how many requests were answered."""
        return sum(self.calls.values())

    @property
    def base_url(self) -> str:
        """Return the server's address; each system lies below its own prefix."""
        return f"http://127.0.0.1:{self._port}"

    def set_time(self, at: datetime) -> None:
        """Move the simulated clock; rate limits start afresh."""
        self._clock.at = int(at.timestamp())
        for app in self._apps.values():
            app.reset()

    def __enter__(self) -> Self:
        """Start to serve; returns once the port accepts connections.

        Errors: TimeoutError when the server does not come up.
        """
        self._socket = socket.create_server(("127.0.0.1", self._port))
        self._port = self._socket.getsockname()[1]
        config = uvicorn.Config(
            self.app, log_level="critical", access_log=False, lifespan="off", ws="none"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()
        for _ in range(int(_START_SECONDS / 0.01)):
            if self._server.started:
                return self
            time.sleep(0.01)
        message = "the sandbox server did not start; is another program blocking loopback ports?"
        raise TimeoutError(message)

    def __exit__(self, *_: object) -> None:
        """Stop to serve and free the port."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=_START_SECONDS)
        if self._socket is not None:
            self._socket.close()
