"""Each fault of HTTP ends in its class, is tried as often as agreed, and says no secret."""

import gzip
import itertools
import socket
import ssl
import threading
import time as real_time
import traceback
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from connectors._contract import Access, LimitRule
from connectors._errors import (
    AuthRejected,
    BadPayload,
    BadRequest,
    BudgetSpent,
    ConnectorError,
    DeadlineExceeded,
    PermissionMissing,
    RateLimited,
    RedirectBlocked,
    SourceBroken,
    SourceTimeout,
    SourceUnreachable,
    TlsRejected,
)
from connectors._http import HttpClient
from tests.connectors.fakes import (
    CANARY,
    START,
    FakeTime,
    Script,
    http_date,
    json_reply,
    open_client,
)

GITHUB = LimitRule("x-ratelimit-remaining", "x-ratelimit-reset", "epoch", is_403_a_limit=True)
PAGERDUTY = LimitRule("ratelimit-remaining", "ratelimit-reset", "seconds")
OK = json_reply([{"id": 1}])


def _access(limit: LimitRule | None = None, base_url: str = "https://api.test") -> Access:
    return Access(
        base_url=base_url,
        headers={"authorization": SecretStr(f"Bearer {CANARY}")},
        limit=limit or LimitRule(),
        remedy="set GITHUB_TOKEN",
    )


def _fetch(script: Script, time: FakeTime | None = None, limit: LimitRule | None = None) -> object:
    return open_client(_access(limit), script, time=time).fetch("/items", stream="items").data


def test_a_token_travels_in_the_header_and_never_in_the_address() -> None:
    script = Script(OK)
    _fetch(script)
    assert script.requests[0].headers["authorization"] == f"Bearer {CANARY}"
    assert CANARY not in str(script.requests[0].url)


def test_a_status_that_is_an_answer_is_a_reply_and_any_other_stays_an_error() -> None:
    absent = json_reply({"message": "Branch not protected"}, 404)
    client = open_client(_access(), Script(absent, absent))
    reply = client.fetch("/items", stream="items", answers=frozenset({404}))
    assert (reply.status, reply.data) == (404, {"message": "Branch not protected"})
    with pytest.raises(BadRequest):
        client.fetch("/items", stream="items", answers=frozenset({410}))


def test_retry_after_in_seconds_is_waited_exactly() -> None:
    time, script = FakeTime(), Script(httpx.Response(429, headers={"Retry-After": "7"}), OK)
    assert _fetch(script, time) == [{"id": 1}]
    assert time.slept == [7.0]


def test_retry_after_as_a_date_is_waited_by_the_clock_of_the_server() -> None:
    server_now = START + timedelta(minutes=15)
    headers = {
        "Retry-After": http_date(server_now + timedelta(seconds=42)),
        "Date": http_date(server_now),
    }
    time, script = FakeTime(), Script(httpx.Response(429, headers=headers), OK)
    _fetch(script, time)
    assert time.slept == [42.0]


def test_a_reset_as_an_epoch_is_waited_for() -> None:
    reset = str(int((START + timedelta(seconds=90)).timestamp()))
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    time, script = FakeTime(), Script(httpx.Response(403, headers=headers), OK)
    _fetch(script, time, GITHUB)
    assert time.slept == [90.0]


def test_a_reset_in_seconds_is_waited_for() -> None:
    headers = {"ratelimit-remaining": "0", "ratelimit-reset": "12"}
    time, script = FakeTime(), Script(httpx.Response(429, headers=headers), OK)
    _fetch(script, time, PAGERDUTY)
    assert time.slept == [12.0]


def test_a_secondary_limit_without_a_time_waits_a_minute() -> None:
    body = {"message": "You have exceeded a secondary rate limit. Please wait."}
    time, script = FakeTime(), Script(json_reply(body, 403), OK)
    _fetch(script, time, GITHUB)
    assert time.slept == [60.0]


def test_no_request_leaves_while_the_last_reply_said_that_none_is_left() -> None:
    reset = str(int((START + timedelta(seconds=30)).timestamp()))
    used_up = json_reply([], headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset})
    time, script = FakeTime(), Script(used_up, OK)
    client = open_client(_access(GITHUB), script, time=time)
    client.fetch("/items", stream="items")
    assert time.slept == []
    client.fetch("/items", stream="items")
    assert time.slept == [30.0]


def test_a_limit_beyond_a_quarter_of_an_hour_ends_the_stream_and_asks_nothing_more() -> None:
    time, script = FakeTime(), Script(httpx.Response(429, headers={"Retry-After": "3600"}))
    client = open_client(_access(), script, time=time)
    with pytest.raises(RateLimited) as caught:
        client.fetch("/items", stream="items")
    assert caught.value.retry_after == 3600
    with pytest.raises(RateLimited):
        client.fetch("/others", stream="others")
    assert len(script.requests) == 1
    assert time.slept == []


def test_a_limit_that_never_lifts_ends_as_rate_limited() -> None:
    script = Script(httpx.Response(429, headers={"Retry-After": "1"}))
    with pytest.raises(RateLimited):
        _fetch(script)
    assert len(script.requests) == 10


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_is_tried_again(status: int) -> None:
    time, script = FakeTime(), Script(httpx.Response(status, text="<html>oops"), OK)
    assert _fetch(script, time) == [{"id": 1}]
    assert len(time.slept) == 1


def test_a_server_that_stays_broken_is_given_up_after_five_tries() -> None:
    time, script = FakeTime(), Script(httpx.Response(503))
    with pytest.raises(SourceBroken) as caught:
        _fetch(script, time)
    assert caught.value.code == "server_error"
    assert len(script.requests) == 5
    assert time.slept == sorted(time.slept)


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_a_bad_request_is_not_repeated_and_names_the_endpoint(status: int) -> None:
    script = Script(json_reply({"message": "No such thing"}, status))
    with pytest.raises(BadRequest, match=r"/items was refused .*No such thing") as caught:
        _fetch(script)
    assert caught.value.status == status
    assert len(script.requests) == 1


def test_a_rejected_token_names_source_stream_and_remedy() -> None:
    script = Script(json_reply({"message": f"Bad credentials {CANARY}"}, 401))
    with pytest.raises(AuthRejected) as caught:
        _fetch(script)
    assert str(caught.value).startswith("acme (items): the token was rejected (HTTP 401")
    assert "set GITHUB_TOKEN" in str(caught.value)
    assert len(script.requests) == 1


def test_a_missing_permission_is_told_apart_from_a_limit() -> None:
    script = Script(json_reply({"message": "Resource not accessible by token"}, 403))
    with pytest.raises(PermissionMissing):
        _fetch(script, limit=GITHUB)


def test_a_login_page_with_status_200_is_a_rejected_token() -> None:
    script = Script(httpx.Response(200, html="<!DOCTYPE html><title>Sign in</title>"))
    with pytest.raises(AuthRejected, match="login"):
        _fetch(script)


def test_a_redirect_on_the_same_host_is_followed() -> None:
    moved = httpx.Response(301, headers={"Location": "/repositories/7/items"})
    script = Script(moved, OK)
    assert _fetch(script) == [{"id": 1}]
    assert script.requests[1].url.path == "/repositories/7/items"


def test_a_redirect_to_another_host_is_refused_and_receives_nothing() -> None:
    script = Script(httpx.Response(302, headers={"Location": "https://evil.test/items"}))
    with pytest.raises(RedirectBlocked, match=r"api\.test points to evil\.test"):
        _fetch(script)
    assert [request.url.host for request in script.requests] == ["api.test"]


def test_a_redirect_that_drops_encryption_is_refused() -> None:
    script = Script(httpx.Response(302, headers={"Location": "http://api.test/items"}))
    with pytest.raises(RedirectBlocked):
        _fetch(script)


def test_redirects_in_a_circle_end() -> None:
    script = Script(httpx.Response(302, headers={"Location": "/items"}))
    with pytest.raises(RedirectBlocked):
        _fetch(script)
    assert len(script.requests) == 4


@pytest.mark.parametrize(
    ("fault", "expected", "tries"),
    [
        (httpx.ConnectError("refused"), SourceUnreachable, 3),
        (httpx.ReadError("reset"), SourceUnreachable, 3),
        (httpx.RemoteProtocolError("peer closed early"), SourceUnreachable, 3),
        (httpx.ReadTimeout("slow"), SourceTimeout, 3),
        (httpx.ConnectTimeout("slow"), SourceTimeout, 3),
    ],
)
def test_a_broken_connection_is_tried_three_times(
    fault: Exception, expected: type[ConnectorError], tries: int
) -> None:
    script = Script(fault)
    with pytest.raises(expected):
        _fetch(script)
    assert len(script.requests) == tries


def test_a_certificate_that_is_not_trusted_is_not_tried_again_and_names_the_remedy() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        try:
            raise ssl.SSLCertVerificationError("self-signed certificate")
        except ssl.SSLError as exc:
            raise httpx.ConnectError("handshake") from exc

    client = open_client(_access(), refuse)
    with pytest.raises(TlsRejected, match="ca_bundle"):
        client.fetch("/items", stream="items")
    assert client.calls == 1


@pytest.mark.parametrize(
    "body",
    [
        b'[{"id": 1}, {"id"',
        b'[{"id": "\xff\xfe"}]',
        b'[{"id": NaN}]',
        b'[{"id": 1e400}]',
        b'[{"id": 1, "id": 2}]',
        b"[" * 100_000 + b"]" * 100_000,
        b'[{"id": "\x00"}]',
        b"",
    ],
    ids=["truncated", "utf8", "nan", "huge", "twice", "deep", "nul", "empty"],
)
def test_broken_bytes_are_asked_for_again_and_then_kept(body: bytes) -> None:
    answer = httpx.Response(200, content=body, headers={"content-type": "application/json"})
    script = Script(answer)
    with pytest.raises(BadPayload) as caught:
        _fetch(script)
    assert caught.value.body == body[: 1 << 20]
    assert len(script.requests) == 3


def test_truncated_json_that_comes_whole_the_second_time_is_read() -> None:
    script = Script(httpx.Response(200, content=b'[{"id"'), OK)
    assert _fetch(script) == [{"id": 1}]


def test_a_byte_order_mark_and_a_wrong_content_type_are_accepted() -> None:
    answer = httpx.Response(200, content=b'\xef\xbb\xbf[{"id": 1}]')
    assert _fetch(Script(answer)) == [{"id": 1}]


def test_a_compression_bomb_stops_at_the_limit() -> None:
    bomb = gzip.compress(b"[" + b" " * 8_000_000 + b"]")

    def serve(request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(bomb)
        )

    client = open_client(_access(), serve, page_bytes=1_000_000)
    with pytest.raises(BadPayload, match="larger than"):
        client.fetch("/items", stream="items")
    assert client.calls == 1


def test_a_body_that_never_ends_meets_the_deadline() -> None:
    time = FakeTime()

    class Drip(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            for _ in itertools.count():
                time.pass_by(1.0)
                yield b" "

    client = open_client(_access(), lambda _: httpx.Response(200, stream=Drip()), time=time)
    with pytest.raises(DeadlineExceeded):
        client.fetch("/items", stream="items")
    assert 120 <= time.seconds < 125
    assert client.calls == 1


def _serve_drip(listener: socket.socket, greeting: bytes) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(greeting)
        for _ in range(100):
            try:
                connection.sendall(b" ")
            except OSError:
                return
            real_time.sleep(0.05)


@pytest.mark.parametrize(
    "greeting",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: "],
    ids=["body", "headers"],
)
def test_a_real_connection_that_drips_meets_the_deadline(greeting: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = threading.Thread(target=_serve_drip, args=(listener, greeting))
        server.start()
        client = HttpClient(
            _access(base_url=f"http://127.0.0.1:{port}"),
            source="acme",
            clock=lambda: START,
            sleep=lambda _: None,
            monotonic=real_time.monotonic,
            jitter=lambda: 0.5,
            deadline_seconds=0.5,
        )
        begun = real_time.monotonic()
        with pytest.raises(DeadlineExceeded):
            client.fetch("/items", stream="items")
        assert real_time.monotonic() - begun < 2.0
        client.close()
        server.join()


def test_an_unchanged_page_is_counted_and_has_no_body() -> None:
    script = Script(httpx.Response(304, headers={"ETag": '"a"'}))
    client = open_client(_access(), script)
    reply = client.fetch("/items", stream="items", etag='"a"')
    assert reply.is_unchanged
    assert client.unchanged == 1
    assert script.requests[0].headers["if-none-match"] == '"a"'


def test_a_budget_ends_the_run_before_the_request() -> None:
    script = Script(OK)
    client = open_client(_access(), script, budget=2)
    client.fetch("/a", stream="items")
    client.fetch("/b", stream="items")
    with pytest.raises(BudgetSpent):
        client.fetch("/c", stream="items")
    assert len(script.requests) == 2


FAULTS = [
    json_reply({"message": f"token {CANARY} unknown"}, 401),
    json_reply({"message": f"token {CANARY} lacks scope"}, 403),
    json_reply({"message": f"{CANARY}"}, 422),
    httpx.Response(200, text=f'{{"token": "{CANARY}"'),
    httpx.Response(200, html=f"<html>{CANARY}</html>"),
    httpx.Response(302, headers={"Location": "https://evil.test/"}),
    httpx.Response(429, headers={"Retry-After": "3600"}),
    httpx.Response(500, text=CANARY),
    httpx.ReadTimeout("slow"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=[str(number) for number in range(len(FAULTS))])
def test_no_fault_says_the_token(fault: httpx.Response | Exception) -> None:
    with pytest.raises(ConnectorError) as caught:
        _fetch(Script(fault))
    told = "".join(traceback.format_exception(caught.value))
    assert CANARY not in told
    assert CANARY.encode() not in getattr(caught.value, "body", b"")
