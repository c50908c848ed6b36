"""Rows that leave Leadline in a file: named by what they are, recorded before they go."""

import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl
import pyarrow.parquet
import streamlit as st

from dashboards.access import EXPORT, may, who
from dashboards.spreadsheets import csv_bytes, xlsx_bytes
from dashboards.view import View
from transforms.current import Build
from transforms.decisions import append_export
from transforms.home import resolve_home

Rows = pl.DataFrame | Callable[[], pl.DataFrame]


@dataclass(frozen=True)
class Format:
    """A kind of file: what its button says, how its names end, its media type."""

    label: str
    ending: str
    mime: str


FORMATS: Mapping[str, Format] = {
    "csv": Format("CSV", "csv", "text/csv"),
    "xlsx": Format(
        "Excel (XLSX)", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ),
    "parquet": Format("Parquet", "parquet", "application/vnd.apache.parquet"),
    "arrow": Format("Arrow IPC", "arrow", "application/vnd.apache.arrow.file"),
}
ABOUT = Format("About these rows (JSON)", "about.json", "application/json")
_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def export_bytes(
    frame: pl.DataFrame,
    format: str,
    *,
    title: str,
    about: Mapping[str, str] | None = None,
    made_at: datetime = _NO_TIME,
) -> bytes:
    """Return rows in one of FORMATS; the same rows, words and time give the same bytes.

    `about` says where the rows come from: the second sheet of XLSX, metadata of Parquet and Arrow.
    Errors: KeyError for an unknown format, TooManyRows for XLSX.
    """
    said = {"Title": title, **(about or {})}
    if format == "csv":
        return csv_bytes(frame)
    if format == "xlsx":
        return xlsx_bytes(frame, title=title, about=said, made_at=made_at)
    if format not in FORMATS:
        raise KeyError(format)
    table = frame.to_arrow().replace_schema_metadata({"leadline": json.dumps(said)})
    target = io.BytesIO()
    if format == "parquet":
        pyarrow.parquet.write_table(table, target, compression="zstd")
    else:
        with pyarrow.ipc.new_file(target, table.schema) as writer:
            writer.write_table(table)
    return target.getvalue()


def about_rows(view: View, *, name: str, is_filtered: bool = True) -> dict[str, str]:
    """Return where the rows of a view come from: build, instant, filters."""
    build = view.build
    return {
        "View": name,
        "Build": build.build_id,
        "As of (UTC)": build.as_of.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Sample data": "yes" if build.sample_data else "no",
        "Definition version": build.definition_version,
        "Fingerprint": build.fingerprint,
        **{
            word.capitalize(): value
            for word, value in filters_of(view, is_filtered=is_filtered).items()
        },
    }


def filters_of(view: View, *, is_filtered: bool) -> dict[str, str]:
    """Return the filters of a view by name, as they are recorded; none for a whole table."""
    if not is_filtered:
        return {}
    chosen = view.selection
    return {
        "team": chosen.team or "all",
        "service": chosen.service or "all",
        "since": chosen.since.isoformat(),
        "until": chosen.until.isoformat(),
        "period": chosen.period,
        "days in": str(view.zone),
    }


def file_name(view: View, *, name: str, ending: str, is_filtered: bool = True) -> str:
    """Return a name that says view, period, filters, as-of and build, in plain characters."""
    chosen = view.selection
    days = f"{chosen.since:%Y%m%d}-{chosen.until:%Y%m%d}"
    filters = (chosen.team, chosen.service, days) if is_filtered else ()
    parts = ("leadline", name, *filters, stamp(view.build))
    return "_".join(plain for part in parts if (plain := _plain(part))) + f".{ending}"


def stamp(build: Build) -> str:
    """Return as-of and the short id of a build, for the names of files."""
    return f"as-of-{build.as_of:%Y%m%dT%H%MZ}_build-{build.build_id.rpartition('-')[2]}"


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:60]


def record(
    view: View, *, name: str, format: str, row_count: int, viewer: str, is_filtered: bool = True
) -> None:
    """Write into the audit log that rows leave; who cannot be recorded gets no bytes.

    Errors: DecisionsAltered, OSError of the disk.
    """
    append_export(
        resolve_home().lake,
        name=name,
        format=format,
        row_count=row_count,
        build_id=view.build.build_id,
        filters=filters_of(view, is_filtered=is_filtered),
        who=viewer,
        exported_at=datetime.now(UTC),
    )


@dataclass(frozen=True)
class Offer:
    """One file that a button gives: what it says, its name, and how it is made when asked for."""

    key: str
    format: Format
    file_name: str
    make: Callable[[], bytes]


def draw_export(view: View, frame: Rows, *, name: str, is_filtered: bool = True) -> None:
    """Draw one button "Download" with the formats; bytes are made when one of them is asked for.

    `frame` may be a function that reads all rows then, also those that the page does not show. Rows
    that no filter concerns are not `is_filtered`: their file then names no team and no period.
    Whose role takes nothing away sees no button.
    """
    if not may(EXPORT):
        return
    viewer = who()
    offers = [
        Offer(
            key=format,
            format=kind,
            file_name=file_name(view, name=name, ending=kind.ending, is_filtered=is_filtered),
            make=_deferred(view, frame, name, format, viewer=viewer, is_filtered=is_filtered),
        )
        for format, kind in FORMATS.items()
    ]
    said = json.dumps(about_rows(view, name=name, is_filtered=is_filtered), indent=1).encode()
    about_name = file_name(view, name=name, ending=ABOUT.ending, is_filtered=is_filtered)
    offers.append(Offer("about", ABOUT, about_name, lambda: said))
    which = "All rows of this selection." if is_filtered else "All rows of this build."
    with st.popover("Download", type="tertiary", key=f"export_{_plain(name)}"):
        st.caption(f"{which} Each download is recorded in the audit log.")
        for offer in offers:
            draw_offer(offer, key=f"export_{_plain(name)}_{offer.key}")


def draw_offer(offer: Offer, *, key: str) -> None:
    """Draw the button of one file."""
    st.download_button(
        offer.format.label,
        offer.make,
        file_name=offer.file_name,
        mime=offer.format.mime,
        on_click="ignore",
        key=key,
        width="stretch",
    )


def _deferred(
    view: View, frame: Rows, name: str, format: str, *, viewer: str, is_filtered: bool
) -> Callable[[], bytes]:
    def make() -> bytes:
        rows = frame if isinstance(frame, pl.DataFrame) else frame()
        about = about_rows(view, name=name, is_filtered=is_filtered)
        content = export_bytes(rows, format, title=name, about=about, made_at=view.build.as_of)
        record(
            view, name=name, format=format, row_count=rows.height, viewer=viewer,
            is_filtered=is_filtered,
        )  # fmt: skip
        return content

    return make
