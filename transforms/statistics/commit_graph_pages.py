"""Edges of a commit graph from git's own arrays, in the numbers that a build gives commits."""

import binascii

import numpy as np
from numpy.typing import NDArray

from transforms.statistics.commit_graph import Indexes


def page_edges(
    *, oids: NDArray[np.uint8], starts: Indexes, parents: Indexes, shas: bytes
) -> tuple[Indexes, Indexes, Indexes]:
    """Return the edges that a commit-graph knows between commits of one repository.

    `shas` are the full ids of the repository's commits, in hexadecimal, one after the other. What
    the commit-graph does not know (commits newer than it) is left to whoever has read it.

    Shape: (child, parent) places in `shas`, one entry an edge; then the places of the commits whose
    parents the commit-graph does not say.
    """
    width = oids.shape[1]
    wanted = np.frombuffer(binascii.unhexlify(shas), dtype=np.uint8).reshape(-1, width)
    words = _word(oids, 0)
    order = np.argsort(words, kind="stable")
    place = np.searchsorted(words, _word(wanted, 0), sorter=order)
    place = order[np.minimum(place, len(order) - 1)]
    is_known = (words[place] == _word(wanted, 0)) & (_word(oids, 1)[place] == _word(wanted, 1))
    number = np.full(len(oids), -1, dtype=np.int64)
    number[place[is_known]] = np.nonzero(is_known)[0]
    child = np.repeat(number, np.diff(starts))
    parent = number[parents]
    is_edge = (child >= 0) & (parent >= 0)
    return child[is_edge], parent[is_edge], np.nonzero(~is_known)[0]


def _word(oids: NDArray[np.uint8], at: int) -> NDArray[np.uint64]:
    """Return eight bytes of every id as a number that sorts as they do."""
    words = np.ascontiguousarray(oids[:, at * 8 : at * 8 + 8]).view(">u8").ravel()
    return words.astype(np.uint64)
