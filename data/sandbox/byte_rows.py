"""JSON lines from numpy columns: every record has the same width, so a page is one matrix of bytes.

Values of different length are padded with spaces behind the value, where JSON allows them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
Part = bytes | Bytes

_HEXADECIMAL = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_DAY = 86400


def lines(parts: Sequence[Part], count: int) -> bytes:
    """Return `count` lines, each the parts side by side; constant parts are repeated."""
    width = sum(len(p) if isinstance(p, bytes) else p.shape[1] for p in parts) + 1
    page: Bytes = np.empty((count, width), dtype=np.uint8)
    at = 0
    for part in parts:
        block = np.frombuffer(part, dtype=np.uint8) if isinstance(part, bytes) else part
        size = block.shape[-1]
        page[:, at : at + size] = block
        at += size
    page[:, at] = ord("\n")
    return page.tobytes()


def digits(values: Whole, width: int) -> Bytes:
    """Return zero-padded decimal digits."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return ((values[:, None] // powers) % 10 + ord("0")).astype(np.uint8)


def numbers(values: Whole, width: int) -> Bytes:
    """Return whole numbers without leading zeros, padded with spaces in front."""
    text = digits(values, width)
    leading = np.cumsum(text != ord("0"), axis=1) == 0
    leading[:, -1] = False
    text[leading] = ord(" ")
    return text


def sixteen_hex(values: NDArray[np.uint64]) -> Bytes:
    """Return each 64-bit value as sixteen hexadecimal digits."""
    shifts = np.arange(60, -4, -4, dtype=np.uint64)
    return _HEXADECIMAL[((values[:, None] >> shifts) & np.uint64(15)).astype(np.int64)]


def scrambled(values: Whole, seed: int) -> NDArray[np.uint64]:
    """Return one well-mixed 64-bit value for each number: different numbers, different values.

    Source: the finaliser of splitmix64, a bijection on 64 bits.
    """
    mixed = values.astype(np.uint64) + np.uint64(seed * 0x9E3779B97F4A7C15 % (1 << 64))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))


def instants(epochs: Whole) -> Bytes:
    """Return ISO 8601 instants in UTC, twenty characters each."""
    days, seconds = np.divmod(epochs, _DAY)
    unique, place = np.unique(days, return_inverse=True)
    dates = np.datetime_as_string(unique.astype("datetime64[D]")).astype("S10")
    text: Bytes = np.empty((len(epochs), 20), dtype=np.uint8)
    text[:, :10] = dates.view(np.uint8).reshape(-1, 10)[place]
    text[:, 10], text[:, 13], text[:, 16], text[:, 19] = ord("T"), ord(":"), ord(":"), ord("Z")
    text[:, 11:13] = digits(seconds // 3600, 2)
    text[:, 14:16] = digits(seconds // 60 % 60, 2)
    text[:, 17:19] = digits(seconds % 60, 2)
    return text


def choices(options: Sequence[str], picked: Whole) -> Bytes:
    """Return the picked options, each padded to the width of the longest."""
    width = max(len(option.encode()) for option in options)
    table = np.array([option.encode().ljust(width) for option in options], dtype=f"S{width}")
    return table.view(np.uint8).reshape(-1, width)[picked]


def side_by_side(*blocks: Part, count: int) -> Bytes:
    """Return several parts as one block of columns."""
    text = lines(blocks, count)
    return np.frombuffer(text, dtype=np.uint8).reshape(count, -1)[:, :-1]


def only_where(flags: Flags, block: Bytes, *, otherwise: bytes = b"") -> Bytes:
    """Return the block where the flag holds, and elsewhere other text or spaces of equal width."""
    width = block.shape[1]
    rest = np.frombuffer(otherwise.ljust(width), dtype=np.uint8)
    return np.where(flags[:, None], block, rest)
