"""A walk follows the source's own signals, and stops when they lead nowhere."""

import httpx
import pytest

from connectors._contract import Access, Stream
from connectors._errors import PaginationLoop, RedirectBlocked, UnexpectedShape
from connectors._paging import LoopGuard, Record, follow_links, make_page, newest
from connectors._reply import Reply
from tests.connectors.fakes import START, Handler, Script, json_reply, open_client

ITEMS = Stream("items", "One row per item.")
ACCESS = Access("https://api.test")


def _walk(handler: Handler) -> list[tuple[Reply, list[Record]]]:
    client = open_client(ACCESS, handler)
    return list(follow_links(client, "/items", stream=ITEMS, source="acme"))


def _linked(data: object, following: str) -> httpx.Response:
    return json_reply(
        data, headers={"Link": f'<{following}>; rel="next", </items?p=9>; rel="last"'}
    )


def test_two_pages_are_read_along_the_link_header() -> None:
    script = Script(
        _linked([{"id": 1}], "https://api.test/repositories/7/items?page=2"),
        json_reply([{"id": 2}]),
    )
    assert [records for _, records in _walk(script)] == [[{"id": 1}], [{"id": 2}]]
    assert script.requests[1].url.path == "/repositories/7/items"


def test_an_empty_list_is_one_page_without_rows() -> None:
    assert [records for _, records in _walk(Script(json_reply([])))] == [[]]


def test_a_next_link_to_another_host_is_refused_after_the_page_that_names_it() -> None:
    script = Script(_linked([{"id": 1}], "https://evil.test/items?page=2"))
    client = open_client(ACCESS, script)
    walk = follow_links(client, "/items", stream=ITEMS, source="acme")
    assert next(walk)[1] == [{"id": 1}]
    with pytest.raises(RedirectBlocked):
        next(walk)
    assert len(script.requests) == 1


def test_an_empty_page_that_names_a_next_one_is_a_loop() -> None:
    with pytest.raises(PaginationLoop, match="empty page"):
        _walk(Script(_linked([], "/items?page=2")))


def test_the_same_next_page_twice_is_a_loop() -> None:
    numbers = iter(range(100))

    def serve(_: httpx.Request) -> httpx.Response:
        return _linked([{"id": next(numbers)}], "/items?page=2")

    with pytest.raises(PaginationLoop, match="named twice"):
        _walk(serve)


def test_a_server_that_ignores_the_page_number_is_a_loop() -> None:
    numbers = iter(range(2, 100))

    def serve(_: httpx.Request) -> httpx.Response:
        return _linked([{"id": 1}], f"/items?page={next(numbers)}")

    with pytest.raises(PaginationLoop, match="the same"):
        _walk(serve)


def test_too_many_pages_are_a_loop() -> None:
    guard = LoopGuard("acme", "items", most_pages=3)
    with pytest.raises(PaginationLoop, match="more than 3"):
        for number in range(5):
            body = b"%d" % number
            reply = Reply("u", 200, {}, body, None, START)
            guard.check(reply, row_count=1, following=str(number))


@pytest.mark.parametrize("data", [{"message": "hello"}, ["text"], 3, None])
def test_a_changed_shape_keeps_the_bytes(data: object) -> None:
    answer = json_reply(data)
    with pytest.raises(UnexpectedShape) as caught:
        _walk(Script(answer))
    assert caught.value.body == answer.content


def test_a_byte_order_mark_stays_in_the_raw_bytes_only() -> None:
    body = b'\xef\xbb\xbf[{"id": 1}]'
    reply = Reply("u", 200, {}, body, [{"id": 1}], START)
    page = make_page(reply, stream=ITEMS, row_count=1)
    assert page.body == body
    assert page.decoded == b'[{"id": 1}]'


def test_an_instant_of_the_future_does_not_move_a_cursor() -> None:
    instants = ["2026-11-22T09:00:00Z", "2031-01-01T00:00:00Z", None]
    form = "%Y-%m-%dT%H:%M:%SZ"
    assert newest(instants, now=START, form=form) == "2026-11-22T09:00:00Z"
    assert newest([], before="2026-11-01T00:00:00Z", now=START, form=form) == "2026-11-01T00:00:00Z"
