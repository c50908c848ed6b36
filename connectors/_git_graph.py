"""Turn git's commit-graph file into arrays; pure functions on bytes.

Source: https://git-scm.com/docs/gitformat-commit-graph, read November 2026. The file lists every
commit that refs reached when it was written, in the order of their ids, with the places of their
parents, a generation number and the committer date; a chain of files adds commits to those before.
"""

import hashlib
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"CGPH"
HASH_BYTES = {1: 20, 2: 32}
NO_PARENT = 0x7000_0000
TOP_BIT = 0x8000_0000
REST_BITS = 0x7FFF_FFFF
DATE_BITS = (1 << 34) - 1
HEADER_BYTES = 8
ENTRY_BYTES = 12

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class CommitGraph:
    """Carry commits by place: id, parents (first parent first), generation, committer date.

    `starts[place]` to `starts[place + 1]` are the parents of one commit in `parents`, which are
    places too. Units: seconds since 1970. Within each file of a chain ids ascend.
    """

    oids: NDArray[np.uint8]
    starts: Numbers
    parents: Numbers
    generation: Numbers
    committed_at: Numbers


@dataclass(frozen=True)
class _Layer:
    chunks: dict[bytes, memoryview]
    hash_bytes: int
    base_count: int
    size: int


def decode_commit_graph(body: bytes) -> bytes:
    """Return the arrays of a page as an npz file: the fields of CommitGraph by their names.

    Errors: ValueError when the page is no whole commit-graph file or chain of them.
    """
    graph = read_commit_graph(body)
    file = io.BytesIO()
    np.savez(
        file,
        oids=graph.oids,
        starts=graph.starts,
        parents=graph.parents.astype(np.int32),
        generation=graph.generation.astype(np.int32),
        committed_at=graph.committed_at,
    )
    return file.getvalue()


def read_commit_graph(body: bytes) -> CommitGraph:
    """Return the commits of a commit-graph file, or of a chain's files one after the other.

    Errors: ValueError.
    """
    layers = _layers(memoryview(body))
    count = 0
    parts: list[tuple[NDArray[np.uint8], Numbers, Numbers, Numbers, Numbers]] = []
    for layer in layers:
        parts.append(_decode_layer(layer, before=count))
        count += len(parts[-1][0])
    if len({part[0].shape[1] for part in parts}) != 1:
        raise ValueError("the files of the chain use different hashes")
    oids, degrees, parents, generation, committed_at = (
        np.concatenate(columns) for columns in zip(*parts, strict=True)
    )
    if len(parents) and int(parents.max()) >= count:
        raise ValueError("a parent lies outside of the commit-graph")
    starts = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(degrees, out=starts[1:])
    return CommitGraph(
        oids=oids,
        starts=starts,
        parents=parents,
        generation=generation,
        committed_at=committed_at,
    )


def _layers(body: memoryview) -> list[_Layer]:
    layers: list[_Layer] = []
    while len(body):
        layer = _open_layer(body)
        if layer.base_count != len(layers):
            raise ValueError("a file of the chain is missing")
        layers.append(layer)
        body = body[layer.size :]
    if not layers:
        raise ValueError("it is empty")
    return layers


def _open_layer(body: memoryview) -> _Layer:
    """Find the chunks of the first file of a page and check its checksum."""
    if bytes(body[:4]) != SIGNATURE or len(body) < HEADER_BYTES:
        raise ValueError("it does not begin as a commit-graph file does")
    version, hash_version, chunk_count, base_count = body[4:8]
    if version != 1 or hash_version not in HASH_BYTES:
        raise ValueError(f"its version {version}.{hash_version} is not known")
    entries = body[HEADER_BYTES : HEADER_BYTES + ENTRY_BYTES * (chunk_count + 1)]
    if len(entries) < ENTRY_BYTES * (chunk_count + 1):
        raise ValueError("its table of contents is cut off")
    table = np.frombuffer(entries, dtype=[("name", "S4"), ("offset", ">u8")])
    offsets = [int(offset) for offset in table["offset"]]
    hash_bytes = HASH_BYTES[hash_version]
    if offsets != sorted(offsets):
        raise ValueError("its table of contents is out of order")
    size = offsets[-1] + hash_bytes
    digest = hashlib.sha1 if hash_bytes == 20 else hashlib.sha256
    if len(body) < size or digest(body[: offsets[-1]]).digest() != body[offsets[-1] : size]:
        raise ValueError("its checksum is wrong")
    chunks = {
        bytes(table["name"][at]): body[offsets[at] : offsets[at + 1]] for at in range(chunk_count)
    }
    if not {b"OIDL", b"CDAT"} <= set(chunks):
        raise ValueError("it lists no commits")
    return _Layer(chunks=chunks, hash_bytes=hash_bytes, base_count=base_count, size=size)


def _decode_layer(
    layer: _Layer, *, before: int
) -> tuple[NDArray[np.uint8], Numbers, Numbers, Numbers, Numbers]:
    """Return ids, numbers of parents, parents, generations and dates of one file's commits."""
    oids = np.frombuffer(layer.chunks[b"OIDL"], dtype=np.uint8).reshape(-1, layer.hash_bytes)
    data = np.frombuffer(
        layer.chunks[b"CDAT"],
        dtype=[
            ("tree", "V", layer.hash_bytes),
            ("first", ">u4"),
            ("second", ">u4"),
            ("date", ">u8"),
        ],
    )
    if len(data) != len(oids):
        raise ValueError("it does not say the parents of every commit")
    first, second = data["first"].astype(np.int64), data["second"].astype(np.int64)
    dates = data["date"].astype(np.int64)
    degrees = np.where(second != NO_PARENT, 2, np.where(first != NO_PARENT, 1, 0))
    octopuses = np.nonzero(second & TOP_BIT)[0]
    begin, sizes, edges = _octopus_edges(layer, second[octopuses] & REST_BITS)
    degrees[octopuses] = 1 + sizes
    starts = np.cumsum(degrees) - degrees
    parents = np.empty(int(degrees.sum()), dtype=np.int64)
    has_first = degrees > 0
    parents[starts[has_first]] = first[has_first]
    has_second = (second != NO_PARENT) & (second & TOP_BIT == 0)
    parents[starts[has_second] + 1] = second[has_second]
    for at, start, size in zip(octopuses, begin, sizes, strict=True):
        place = starts[at] + 1
        parents[place : place + size] = edges[start : start + size]
    if len(parents) and int(parents.max()) >= before + len(oids):
        raise ValueError("a parent lies outside of the commit-graph")
    generation = (dates.view(np.uint64) >> np.uint64(34)).astype(np.int64)
    return oids, degrees, parents, generation, dates & DATE_BITS


def _octopus_edges(layer: _Layer, begin: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Return where the further parents of the merges of three or more begin, and how many are."""
    edges = np.frombuffer(layer.chunks.get(b"EDGE", b""), dtype=">u4").astype(np.int64)
    ends = np.nonzero(edges & TOP_BIT)[0]
    last = np.searchsorted(ends, begin)
    if len(begin) and int(last.max()) >= len(ends):
        raise ValueError("its list of further parents is cut off")
    return begin, ends[last] - begin + 1, edges & REST_BITS
