"""Identifiers of an estate and the pages that it is written as."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from data.sandbox.byte_rows import (
    Bytes,
    Part,
    Whole,
    digits,
    scrambled,
    side_by_side,
    sixteen_hex,
)

PAGE_ROWS = 50_000
ORGANISATION = "estate"
_FIRST_DEPLOYMENT_ID = 5_000_000_000


@dataclass(frozen=True)
class Page:
    """One page of a stream."""

    kind: str
    stream: str
    records: bytes
    row_count: int


@dataclass(frozen=True)
class Offsets:
    """How many rows the blocks before this one have; makes numbers unique across blocks."""

    seed: int
    commits: int
    deployments: int
    incidents: int
    reports: int


def service_id(number: int) -> str:
    """Return the identifier of a service; its repository bears the same name."""
    return f"service-{number:05d}"


def pager_service(number: int) -> str:
    """Return the on-call system's identifier of a service."""
    return f"PE{number:05d}"


def incident_key(number: int) -> str:
    """Return the on-call system's identifier of an incident."""
    return f"QE{number:012d}"


def deployment_ids(positions: Whole, offsets: Offsets) -> Whole:
    """Return the host's numbers of deployments."""
    return _FIRST_DEPLOYMENT_ID + offsets.deployments + positions


def chunks(count: int) -> Iterator[Whole]:
    """Yield the positions of each page."""
    for at in range(0, count, PAGE_ROWS):
        yield np.arange(at, min(at + PAGE_ROWS, count))


def shas(positions: Whole, service: Whole, offsets: Offsets) -> Bytes:
    """Return forty hexadecimal digits: sixteen mixed ones, the service, and zeros."""
    mixed = sixteen_hex(scrambled(positions + offsets.commits, offsets.seed))
    return side_by_side(mixed, digits(service, 8), b"0" * 16, count=len(positions))


def repository(service: Whole) -> Sequence[Part]:
    """Return the parts that name a row's repository."""
    return (b'"repository":"' + ORGANISATION.encode() + b"/service-", digits(service, 5), b'"')


def quoted(block: Bytes) -> Bytes:
    """Return the block between quotation marks."""
    return side_by_side(b'"', block, b'"', count=len(block))
