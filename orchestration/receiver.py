"""Receive what other systems push: believe it or not, keep it whole, answer at once.

POST /hooks/<source> keeps one delivery; GET /healthz says whether deliveries are being kept.
Answers: 202 kept, 200 it was kept before, 401 not to be believed, 404 no such source, 408 too slow,
413 too large, 415 no JSON by its type, 422 believed but no event (set aside), 503 not kept: send it
again. Nothing is kept of what is answered with 4xx other than 422.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors._contract import Page, Refusal
from connectors._push_deliveries import (
    FORM,
    MOST_BYTES,
    Delivery,
    Unusable,
    is_accepted_type,
    read_delivery,
)
from connectors._push_signatures import refusal_of
from connectors.push import EVENTS, Config
from orchestration.errors import LeadlineError
from orchestration.receiver_store import EventStore

SECONDS_FOR_A_BODY = 10.0
SECONDS_TO_KEEP = 30.0
Clock = Callable[[], datetime]
Tell = Callable[[str], None]


class Refused(Exception):
    """A delivery is not taken; nothing of it is kept."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        """Remember the answer."""
        super().__init__(reason)
        self.status = status
        self.reason = reason


def make_app(
    sources: Mapping[str, Config], *, store: EventStore, clock: Clock, say: Tell
) -> Starlette:
    """Return the application that receives for the configured sources."""

    async def receive(request: Request) -> Response:
        name = request.path_params["name"]
        config = sources.get(name)
        if config is None:
            return _answer(HTTPStatus.NOT_FOUND, "no source of this name receives anything here")
        try:
            body = await _believed_body(request, config, now=clock())
            return await _keep(request, config, name=name, body=body, store=store, now=clock())
        except Refused as exc:
            say(f"{name}: refused with {exc.status.value}: {exc.reason}")
            return _answer(exc.status, exc.reason)
        except LeadlineError as exc:
            say(f"{name}: not kept: {exc}")
            return _answer(HTTPStatus.SERVICE_UNAVAILABLE, "it could not be kept; send it again")
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)

    async def health(_request: Request) -> Response:
        if store.is_writing:
            return JSONResponse({"status": "ok"})
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE, "nothing is being kept; start it again")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(store.close)

    routes = [
        Route("/hooks/{name}", receive, methods=["POST"]),
        Route("/healthz", health, methods=["GET"]),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


async def _believed_body(request: Request, config: Config, *, now: datetime) -> bytes:
    headers = request.headers
    if int(headers.get("content-length") or 0) > MOST_BYTES:
        raise _too_large()
    content_type = headers.get("content-type", "")
    is_plain = headers.get("content-encoding", "identity").lower() == "identity"
    if not is_plain or not is_accepted_type(content_type, vendor=config.vendor):
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send JSON, not compressed")
    is_form = content_type.lower().startswith(FORM)
    if config.secret is None and ("origin" in headers or is_form):
        # A web page open in a browser of this machine could send that.
        raise Refused(HTTPStatus.UNAUTHORIZED, "a source without secret hears no browser")
    body = await _read(request)
    if config.secret is not None:
        reason = refusal_of(
            config.vendor,
            headers,
            body,
            secret=config.secret.get_secret_value(),
            now=now,
            signature_header=config.signature_header,
            timestamp_header=config.timestamp_header,
        )
        if reason:
            raise Refused(HTTPStatus.UNAUTHORIZED, reason)
    return body


async def _read(request: Request) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(SECONDS_FOR_A_BODY):
            async for piece in request.stream():
                size += len(piece)
                if size > MOST_BYTES:
                    raise _too_large()
                pieces.append(piece)
    except TimeoutError:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, "the body took too long") from None
    return b"".join(pieces)


async def _keep(
    request: Request, config: Config, *, name: str, body: bytes, store: EventStore, now: datetime
) -> Response:
    try:
        delivery = await asyncio.to_thread(read_delivery, config.vendor, request.headers, body)
    except Unusable as exc:
        refusal = Refusal(
            stream=EVENTS.name,
            reason="bad_payload",
            detail=str(exc),
            url=f"/hooks/{name}",
            read_at=now,
            body=body,
            context={"vendor": config.vendor},
            is_final=True,
        )
        await _stored(store, name, refusal, delivery_id="")
        return _answer(HTTPStatus.UNPROCESSABLE_ENTITY, str(exc))
    page = _page(delivery, config, name=name, body=body, request=request, now=now)
    outcome = await _stored(store, name, page, delivery_id=delivery.delivery_id)
    return Response(status_code=HTTPStatus.OK if outcome == "replayed" else HTTPStatus.ACCEPTED)


async def _stored(store: EventStore, name: str, item: Page | Refusal, *, delivery_id: str) -> str:
    kept = store.put(name, item, delivery_id=delivery_id)
    try:
        async with asyncio.timeout(SECONDS_TO_KEEP):
            return await asyncio.wrap_future(kept)
    except TimeoutError:
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "the disk is too slow") from None


def _page(
    delivery: Delivery,
    config: Config,
    *,
    name: str,
    body: bytes,
    request: Request,
    now: datetime,
) -> Page:
    mapping = config.mapping.context() if config.mapping else {}
    return Page(
        stream=EVENTS.name,
        body=body,
        url=f"/hooks/{name}",
        method="POST",
        media_type=request.headers.get("content-type", ""),
        read_at=now,
        row_count=delivery.row_count,
        context=delivery.context | mapping,
        format=EVENTS.format,
        decoded=delivery.lines,
    )


def _too_large() -> Refused:
    return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body may have {MOST_BYTES} bytes")


def _answer(status: HTTPStatus, reason: str) -> Response:
    return JSONResponse({"error": reason}, status_code=status)
