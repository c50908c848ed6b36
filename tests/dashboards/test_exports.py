"""Rows that leave in files: nothing in them runs, everything in them comes back."""

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pyarrow.ipc
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from dashboards.exports import FORMATS, _deferred, export_bytes, file_name
from dashboards.reports import view_of
from dashboards.spreadsheets import TooManyRows, csv_bytes, guarded, unguarded, xlsx_bytes
from tests.dashboards.formulas import FORMULAS
from transforms.decisions import (
    DecisionsAltered,
    append_decision,
    append_export,
    decisions_file,
    endings,
    judging,
    read_decisions,
)
from transforms.home import Home
from transforms.published import open_published

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
# In the hour that Berlin skips; published instants are naive and UTC.
SPRING = datetime(2026, 3, 29, 1, 30, tzinfo=UTC).replace(tzinfo=None)
# Written out by hand, not taken from the code under test.
SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))


def test_the_corpus_has_every_sign_and_at_least_forty_texts() -> None:
    assert len(set(FORMULAS)) >= 40
    assert {sign for sign in SIGNS if any(text.startswith(sign) for text in FORMULAS)} == set(SIGNS)


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_a_csv_begins_a_formula_and_each_comes_back(text: str) -> None:
    frame = pl.DataFrame({"title": [text], text: ["x"]})
    head, row = cells(csv_bytes(frame))
    assert row[0].startswith("'")
    assert head[1].startswith("'")
    assert unguarded(row[0]) == text
    assert unguarded(head[1]) == text


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_every_text_comes_back_from_csv(text: str) -> None:
    frame = pl.DataFrame({"a": [text], "b": [1]})
    [cell, number] = cells(csv_bytes(frame))[1]
    assert unguarded(cell) == text
    assert number == "1"
    assert not cell.lstrip(" \"'").startswith(SIGNS) or cell.startswith("'")


def test_numbers_stay_numbers_and_instants_are_iso_in_utc() -> None:
    frame = pl.DataFrame(
        {
            "count": [-3, None],
            "ratio": [-0.25, float("nan")],
            "is_open": [True, None],
            "read_at": [SPRING, None],
            "zoned_at": pl.Series(
                [SPRING, None], dtype=pl.Datetime("us", "UTC")
            ).dt.convert_time_zone("Europe/Berlin"),
            "day_date": [date(2026, 3, 29), None],
            "names": [["=a", "b"], None],
            "text": ["", None],
        }
    )
    lines = csv_bytes(frame).decode().splitlines()
    assert lines[1] == (
        '-3,-0.25,"true","2026-03-29T01:30:00Z","2026-03-29T01:30:00Z","2026-03-29",'
        '"[""=a"", ""b""]",""'
    )
    assert lines[2] == ",,,,,,,"


@pytest.mark.parametrize("text", FORMULAS)
def test_xlsx_holds_text_as_text(text: str) -> None:
    content = xlsx_bytes(pl.DataFrame({"t": [text]}), title="T", about={"Filter": text}, made_at=AT)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for name in book.namelist():
            part = book.read(name)
            assert b"<f>" not in part
            assert b"hyperlink" not in part
            assert b"externalLink" not in part


def test_xlsx_has_typed_cells_a_frozen_bold_head_and_says_where_the_rows_come_from() -> None:
    frame = pl.DataFrame(
        {"title": ["=1+1"], "n": [-3], "at": [AT], "day": [date(2026, 1, 2)], "ok": [True],
         "huge": [2**53 + 1]}
    )  # fmt: skip
    content = xlsx_bytes(frame, title="T", about={"Build": "b-1"}, made_at=AT)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == ["Rows", "About"]
    head, row = book.get_sheet_by_name("Rows").to_python()
    assert head == frame.columns
    assert row == ["=1+1", -3.0, AT.replace(tzinfo=None), date(2026, 1, 2), True, str(2**53 + 1)]
    assert book.get_sheet_by_name("About").to_python() == [["Build", "b-1"]]
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert 'state="frozen"' in sheet
    assert 's="1"' in sheet


def test_a_text_longer_than_a_cell_is_cut_and_marked_not_lost() -> None:
    content = xlsx_bytes(pl.DataFrame({"t": ["ä" * 40_000]}), title="T", about={}, made_at=AT)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    text = str(book.get_sheet_by_name("Rows").to_python()[1][0])
    assert len(text) == 32_767
    assert text.endswith("…")


def test_more_rows_than_a_sheet_holds_are_refused_with_another_format() -> None:
    frame = pl.DataFrame({"a": pl.repeat(1, 1_048_576, eager=True)})
    with pytest.raises(TooManyRows, match="CSV"):
        xlsx_bytes(frame, title="T", about={}, made_at=AT)


def test_parquet_and_arrow_keep_types_and_say_where_the_rows_come_from() -> None:
    frame = pl.DataFrame({"t": ["=1", None], "n": [1, 2], "at": [AT, None], "l": [[1], []]})
    said = {"Build": "b-1"}
    parquet = export_bytes(frame, "parquet", title="T", about=said)
    arrow = export_bytes(frame, "arrow", title="T", about=said)
    first = pyarrow.parquet.read_table(io.BytesIO(parquet))
    second = pyarrow.ipc.open_file(io.BytesIO(arrow)).read_all()
    for table in (first, second):
        back = pl.from_arrow(table)
        assert isinstance(back, pl.DataFrame)
        assert back.equals(frame)
        assert json.loads(table.schema.metadata[b"leadline"])["Build"] == "b-1"


@pytest.mark.parametrize("format", list(FORMATS))
def test_the_same_rows_give_the_same_bytes(format: str) -> None:
    frame = pl.DataFrame({"t": ["=1", None], "n": [1, 2]})
    first, second = (export_bytes(frame, format, title="T", made_at=AT) for _ in range(2))
    assert first == second
    assert export_bytes(frame.head(0), format, title="T", made_at=AT)


def test_what_is_guarded_is_guarded_once() -> None:
    assert guarded("plain - text") == "plain - text"
    assert guarded("'=1") == "''=1"
    assert unguarded(guarded("''")) == "''"


def test_an_export_is_kept_in_the_chain_and_judges_nothing(tmp_path: Path) -> None:
    for at in (1, 2):
        append_export(
            tmp_path, name="incidents", format="csv", row_count=at, build_id="b-1",
            filters={"team": "Payments"}, who="ada", exported_at=AT,
        )  # fmt: skip
    verdict = append_decision(
        tmp_path, kind="verdict", subject="deployment:a", verdict="failed", reason="r", who="ada",
        decided_at=AT,
    )  # fmt: skip
    first, second, third = read_decisions(tmp_path)
    assert (first.kind, first.subject, first.verdict) == ("export", "export:incidents", "csv")
    assert json.loads(second.reason) == {
        "build_id": "b-1", "filters": {"team": "Payments"}, "row_count": 2,
    }  # fmt: skip
    assert endings([first, second, third]) == {}
    assert judging([first, second, third]) == [verdict]


def test_a_file_names_view_filters_as_of_and_build(published_home: Path) -> None:
    view = view_of(open_published(Home(root=published_home)), team="Payments", period="30 days")
    name = file_name(view, name="fct deployments/../x", ending="csv")
    assert name == (
        "leadline_fct-deployments-x_Payments_20261024-20261123_"
        "as-of-20261122T0900Z_build-0000aaaa.csv"
    )
    whole = file_name(view, name="teams", ending="csv", is_filtered=False)
    assert whole == "leadline_teams_as-of-20261122T0900Z_build-0000aaaa.csv"


def test_a_download_is_recorded_with_its_filters_and_without_a_record_nothing_leaves(
    published_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = view_of(open_published(Home(root=published_home)), team="Payments", period="30 days")
    monkeypatch.setenv("LEADLINE_HOME", str(tmp_path))
    rows = pl.DataFrame({"a": [1, 2, 3]})
    make = _deferred(view, lambda: rows, "teams", "csv", viewer="ada", is_filtered=True)
    assert make() == csv_bytes(rows)
    [entry] = read_decisions(tmp_path / "lake")
    said = json.loads(entry.reason)
    assert (entry.who, entry.verdict, said["row_count"]) == ("ada", "csv", 3)
    assert said["build_id"] == view.build.build_id
    assert (said["filters"]["team"], said["filters"]["until"]) == ("Payments", "2026-11-23")
    decisions_file(tmp_path / "lake").write_text("not what was written\n")
    with pytest.raises(DecisionsAltered):
        make()
