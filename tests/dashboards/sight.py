"""Colours as people see them whose sight differs, and the colour of a mark in a screenshot."""

import io
from typing import Any

import numpy as np
from PIL import Image

# Machado, Oliveira and Fernandes (2009): what a complete deuteranope and protanope see, linear RGB.
SEEN_BY = {
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "everybody": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
}  # fmt: skip
SRGB_TO_XYZ = [
    [0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
]  # fmt: skip
WHITE = np.array([0.95047, 1.0, 1.08883])


def lab(colour: str, seen_by: str) -> np.ndarray[Any, Any]:
    """Return CIE L*a*b* (D65) of a hex colour as somebody with that sight sees it."""
    srgb = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(SEEN_BY[seen_by]) @ linear, 0, 1)
    ratio = np.array(SRGB_TO_XYZ) @ seen / WHITE
    cube = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * cube[1] - 16, 500 * (cube[0] - cube[1]), 200 * (cube[1] - cube[2])])


def inks(screenshot: bytes) -> str:
    """Return the colour that differs most from the paper of a picture, which is its corner."""
    picture = Image.open(io.BytesIO(screenshot)).convert("RGB")
    pixels = np.asarray(picture, dtype=int).reshape(-1, 3)
    ink = pixels[np.abs(pixels - pixels[0]).sum(axis=1).argmax()]
    return "#" + "".join(f"{channel:02X}" for channel in ink)
