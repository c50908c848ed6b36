"""The command receive: hear what the configured systems push, until interrupted."""

import ipaddress
import socket
from collections.abc import Mapping
from pathlib import Path

import uvicorn

from connectors.push import KIND, Config, PushSource
from orchestration.commands.terminal import err, open_context, printable, say
from orchestration.errors import ConfigurationError, LockHeld
from orchestration.lake import Lake
from orchestration.locks import run_lock
from orchestration.process import serving
from orchestration.receiver import make_app
from orchestration.receiver_store import EventStore
from orchestration.run import Context
from orchestration.sample import refuse_sample
from orchestration.settings import read_settings
from orchestration.sources import connect_source

LOCK_FOLDER = "receiver"
MOST_AT_ONCE = 200


def receive(*, config: Path | None, host: str, port: int) -> None:
    """Receive until interrupted; one receiver a folder, beside any run.

    Errors: ConfigurationError when no source pushes, one without a secret would be heard from
    other machines, or the address is taken; LockHeld when another receiver works in this folder.
    """
    context = open_context()
    sources = push_sources(context, file=config or context.environment.config)
    open_to_all = [name for name, one in sources.items() if one.secret is None]
    if open_to_all and not is_loopback(host):
        raise ConfigurationError(
            f"{', '.join(open_to_all)} without a secret would take what anybody sends to {host}; "
            "give each a secret, or listen on 127.0.0.1."
        )
    refuse_sample(context.home)
    try:
        with run_lock(context.home.work / LOCK_FOLDER, now=context.clock()):
            _serve(context, sources=sources, host=host, port=port)
    except LockHeld as exc:
        raise LockHeld(f"Another receiver writes to {context.home.lake}. {exc}") from exc


def push_sources(context: Context, *, file: Path) -> Mapping[str, Config]:
    """Return the settings of each source that pushes, secrets resolved.

    Errors: ConfigurationError.
    """
    settings = read_settings(file)
    pushing = [connect_source(settings, one) for one in settings.sources if one.kind == KIND]
    sources = {one.name: one.config for one in pushing if isinstance(one, PushSource)}
    if not sources:
        raise ConfigurationError(
            f"{settings.document.name} has no source of kind {KIND}; add one below `sources:`."
        )
    return sources


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _serve(context: Context, *, sources: Mapping[str, Config], host: str, port: int) -> None:
    with _listen(host, port) as listener:
        store = EventStore(Lake(context.home.lake), sources, clock=context.clock)
        app = make_app(
            sources,
            store=store,
            clock=context.clock,
            say=lambda text: err.print(printable(text), markup=False),
        )
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                access_log=False,
                log_level="warning",
                limit_concurrency=MOST_AT_ONCE,
                server_header=False,
                timeout_graceful_shutdown=5,
            )
        )
        address = f"http://{host}:{listener.getsockname()[1]}/hooks/"
        say(f"Receiving at {address}NAME for {', '.join(sources)}  (Ctrl+C stops it)")
        with serving():
            server.run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as exc:
        raise ConfigurationError(
            f"{host}:{port} cannot be listened on ({exc.strerror or exc}); choose another with "
            "--host and --port."
        ) from exc
