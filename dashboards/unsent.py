"""What Data health says of messages that no channel took."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.safe_text import safe_text
from dashboards.view import View
from dashboards.words import count_words, moment_words
from transforms.home import resolve_home
from transforms.outbox import Unsent, read_unsent


def draw_unsent(view: View) -> None:
    """Warn of messages that were not taken at the last try; draw nothing when there are none."""
    sentence = unsent_sentence(read_unsent(resolve_home().lake), zone=view.zone)
    if sentence:
        st.warning(sentence)


def unsent_sentence(unsent: Sequence[Unsent], *, zone: ZoneInfo) -> str:
    """Return how many messages wait, why, and what to do; empty when none does."""
    if not unsent:
        return ""
    last = unsent[-1]
    were = "was" if len(unsent) == 1 else "were"
    tried = moment_words(last.tried_at.astimezone(zone))
    return (
        f"{count_words(len(unsent), 'message')} {were} not sent, last tried {tried}. "
        f"{safe_text(last.reason)} Mend it; `leadline alerts send` tries again."
    )
