"""Colours of meaning and the one stylesheet, for light and dark."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

ASSETS = Path(__file__).parent / "assets"
FONT = '"Source Sans", sans-serif'


@dataclass(frozen=True)
class Palette:
    """Colours of one theme; a colour of meaning always comes with a word."""

    good: str
    bad: str
    neutral: str
    ink: str
    muted: str
    faint: str
    band: str
    paper: str


LIGHT = Palette(
    good="#0072B2", bad="#B54A00", neutral="#475467", ink="#1D2939", muted="#475467",
    faint="#D0D5DD", band="rgba(71, 84, 103, 0.10)", paper="#FFFFFF",
)  # fmt: skip
DARK = Palette(
    good="#56B4E9", bad="#E69F00", neutral="#A9B4C2", ink="#E6EAF0", muted="#A9B4C2",
    faint="#3A4653", band="rgba(169, 180, 194, 0.14)", paper="#12181F",
)  # fmt: skip


def palette() -> Palette:
    """Return the colours of the theme that the viewer's browser shows."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def apply_stylesheet() -> None:
    """Add the product's stylesheet; it is a file of ours and holds no data."""
    st.html(ASSETS / "leadline.css")
