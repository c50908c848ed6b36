"""Rows as CSV and XLSX that no spreadsheet program takes for formulas; pure functions."""

import io
import json
import math
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import xlsxwriter  # type: ignore[import-untyped]

# What spreadsheets take for the beginning of a formula; the wide forms are folded by some of them.
TRIGGERS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20\t\r\n")
MARK = "'"
_QUOTES = frozenset(
    "\"'`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02\uff07"
)
_LONGEST_CELL = 32_767
MOST_XLSX_ROWS = 1_048_575
_LARGEST_EXACT = 2**53
_FIRST_DAY = date(1900, 3, 1)
_WIDEST, _NARROWEST, _LOOKED_AT = 60, 8, 200


class TooManyRows(Exception):
    """The format cannot hold that many rows; the message names one that can."""


def guarded(text: str) -> str:
    """Return the text with an apostrophe before it where a spreadsheet might run it.

    A text that begins with an apostrophe gets one too, so that taking one away gives every text
    back. Blanks, quotes and characters without width before the sign make no difference.
    """
    return MARK + text if text.startswith(MARK) or _is_formula(text) else text


def unguarded(cell: str) -> str:
    """Return the text that a guarded cell stands for."""
    return cell.removeprefix(MARK)


def _is_formula(text: str) -> bool:
    for character in text:
        if character in TRIGGERS:
            return True
        is_skipped = (
            character.isspace()
            or character in _QUOTES
            or unicodedata.category(character) in ("Cc", "Cf", "Zs")
        )
        if not is_skipped:
            return False
    return False


def csv_bytes(frame: pl.DataFrame) -> bytes:
    """Return rows as CSV in UTF-8: text quoted and guarded, numbers bare, instants ISO in UTC.

    A missing value is an empty cell, an empty text is a pair of quotes.
    """
    columns = [_csv_column(column).alias(guarded(column.name)) for column in frame.get_columns()]
    return pl.DataFrame(columns).write_csv(quote_style="non_numeric").encode("utf-8")


def _csv_column(column: pl.Series) -> pl.Series:
    if column.dtype == pl.Boolean or column.dtype.is_numeric():
        return column.fill_nan(None) if column.dtype.is_float() else column
    cells = (None if value is None else guarded(text_of(value)) for value in column.to_list())
    return pl.Series(column.name, cells, dtype=pl.String)


def text_of(value: object) -> str:
    """Return a value that is no number as text: instants ISO in UTC, lists and records JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return aware.isoformat().replace("+00:00", "Z")
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=text_of)
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def xlsx_bytes(
    frame: pl.DataFrame, *, title: str, about: Mapping[str, str], made_at: datetime
) -> bytes:
    """Return rows as a typed sheet, and a second sheet that says where they come from.

    Errors: TooManyRows above what a sheet holds.
    """
    if frame.height > MOST_XLSX_ROWS:
        message = f"a sheet holds {MOST_XLSX_ROWS:,} rows and these are {frame.height:,}; take CSV"
        raise TooManyRows(message)
    target = io.BytesIO()
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
        "strings_to_numbers": False, "nan_inf_to_errors": False,
    }  # fmt: skip
    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties({"title": title, "created": made_at.replace(tzinfo=None)})
        head = book.add_format({"bold": True, "bottom": 1})
        styles = {
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            date: book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        sheet = book.add_worksheet("Rows")
        sheet.freeze_panes(1, 0)
        for at, column in enumerate(frame.get_columns()):
            sheet.set_column(at, at, _width(column))
            sheet.write_string(0, at, column.name, head)
            for line, value in enumerate(column.to_list(), start=1):
                _write_cell(sheet, line, at, value, styles)
        if frame.width:
            sheet.autofilter(0, 0, frame.height, frame.width - 1)
        _write_about(book.add_worksheet("About"), about, head)
    return target.getvalue()


def _write_cell(sheet: Any, line: int, at: int, value: object, styles: Mapping[type, Any]) -> None:
    """Write one value by its type; what a sheet cannot hold exactly is written as text."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, at, value)
    elif isinstance(value, datetime):
        plain = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
        if plain.date() >= _FIRST_DAY:
            sheet.write_datetime(line, at, plain, styles[datetime])
        else:
            sheet.write_string(line, at, text_of(value))
    elif isinstance(value, date) and value >= _FIRST_DAY:
        sheet.write_datetime(line, at, value, styles[date])
    elif isinstance(value, int | float) and math.isfinite(value) and abs(value) <= _LARGEST_EXACT:
        sheet.write_number(line, at, value)
    elif not (isinstance(value, float) and math.isnan(value)):
        sheet.write_string(line, at, _cut(text_of(value)))


def _cut(text: str) -> str:
    """Return the text as long as a cell may be, counted in the units of UTF-16."""
    if len(text) <= _LONGEST_CELL // 2:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * _LONGEST_CELL:
        return text
    return units[: 2 * (_LONGEST_CELL - 1)].decode("utf-16-le", errors="ignore") + "…"


def _width(column: pl.Series) -> int:
    if column.dtype.is_temporal():
        return 20
    looked_at = column.head(_LOOKED_AT).to_list()
    longest = max((len(text_of(value)) for value in looked_at if value is not None), default=0)
    return min(max(longest, len(column.name), _NARROWEST), _WIDEST) + 2


def _write_about(sheet: Any, about: Mapping[str, str], head: Any) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)
    for line, (name, value) in enumerate(about.items()):
        sheet.write_string(line, 0, name, head)
        sheet.write_string(line, 1, _cut(value))
