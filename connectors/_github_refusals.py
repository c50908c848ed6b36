"""Go on after what a GitHub token may not read, and say so."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TypedDict

from connectors._contract import Page, Refusal
from connectors._errors import BadRequest, ConnectorError, PermissionMissing
from connectors._paging import refuse

ABSENT = (404, 410)


class Told(TypedDict):
    """Name what a refusal is about."""

    stream: str
    read_at: datetime
    context: Mapping[str, str]
    partition: str


def go_on_if_refused(
    pages: Callable[[], Iterator[Page | Refusal]],
    *,
    stream: str,
    read_at: datetime,
    context: Mapping[str, str],
    partition: str,
    is_final: bool,
) -> Iterator[Page | Refusal]:
    """Yield what a walk yields; where the token may not read on, yield that refusal.

    A feature that a repository may lack answers 404 as well, and its refusal is final: the rest
    of the stream is whole without it. Any other refusal leaves the repository incomplete.
    """
    error: ConnectorError | None = None
    try:
        yield from pages()
    except PermissionMissing as exc:
        error = exc
    except BadRequest as exc:
        if not is_final or exc.status not in ABSENT:
            raise
        error = exc
    if error is not None:
        yield refuse(
            error,
            stream=error.stream or stream,
            read_at=read_at,
            context=context,
            partition=partition,
            is_final=is_final,
        )
