"""The buttons that give the page as a report; it is made, and recorded, when asked for."""

from collections.abc import Callable

import streamlit as st

from dashboards.access import EXPORT, may, who
from dashboards.exports import Format, Offer, draw_offer, file_name, record
from dashboards.reports import ENDINGS, render_view
from dashboards.view import View

REPORTS = {
    "pdf": Format("PDF", ENDINGS["pdf"], "application/pdf"),
    "pptx": Format(
        "Slides (PPTX)",
        ENDINGS["pptx"],
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    "html": Format("HTML", ENDINGS["html"], "text/html"),
    "markdown": Format("Markdown", ENDINGS["markdown"], "text/markdown"),
}


def draw_report_buttons(view: View) -> None:
    """Draw one button "Report" with the formats of the report of this selection."""
    if not may(EXPORT):
        return
    viewer = who()
    with st.popover("Report", type="tertiary", key="report"):
        st.caption("This selection as a report with its appendix. It takes some seconds.")
        for format, kind in REPORTS.items():
            name = file_name(view, name="report", ending=kind.ending)
            made = _deferred(view, format, viewer=viewer)
            draw_offer(Offer(format, kind, name, made), key=f"report_{format}")


def _deferred(view: View, format: str, *, viewer: str) -> Callable[[], bytes]:
    def make() -> bytes:
        content = render_view(view, format)
        record(view, name="report", format=format, row_count=0, viewer=viewer)
        return content

    return make
