"""Tables of somebody's own: every usual dialect is read, and what is wrong says where and why."""

import io
import json
import os
import zipfile
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from connectors import files
from connectors._contract import Page, Refusal, State
from connectors._errors import SourceUnreachable
from connectors._files_contract import contracts, example_of, template_lines
from connectors._files_decode import Table, decode
from tests.connectors.fakes import json_reply, next_cursor, pages_of, read, resume_from

HEADER = "id,service,environment,status,finished_at"
ROW = "1,checkout,production,succeeded,2026-09-30T14:12:30+02:00"
GOOD = f"{HEADER}\n{ROW}\n"


def records(table: Table) -> list[dict[str, Any]]:
    return [json.loads(line) for line in table.lines.splitlines()]


def fields(body: str | bytes, *, name: str = "deployments.csv", **more: Any) -> list[Any]:
    """Return the fields of each good row and the fault of each other."""
    content = body.encode() if isinstance(body, str) else body
    table = decode(content, name=name, entity=more.pop("entity", "deployments"), **more)
    return [record.get("fault") or record["fields"] for record in records(table)]


def fault(body: str | bytes, **more: Any) -> str:
    """Return the fault of the one row that has one."""
    (found,) = [one for one in fields(body, **more) if isinstance(one, str)]
    return str(found)


def xlsx(*rows: tuple[Any, ...]) -> bytes:
    """Return a workbook with one sheet, as spreadsheet programs write it; dates carry a style."""

    def cell(value: Any) -> str:
        if isinstance(value, datetime):
            epoch = datetime.fromisoformat("1899-12-30")
            days = (value - epoch).total_seconds() / 86400
            return f'<c s="1"><v>{days}</v></c>'
        if isinstance(value, bool):
            return f'<c t="b"><v>{int(value)}</v></c>'
        if isinstance(value, int | float):
            return f"<c><v>{value}</v></c>"
        return f'<c t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    lines = "".join(f"<row>{''.join(cell(one) for one in row)}</row>" for row in rows)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData>'
        "</worksheet>",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, text in parts.items():
            file.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return packed.getvalue()


def parquet(rows: list[dict[str, Any]]) -> bytes:
    written = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), written)
    return written.getvalue()


# -- formats and dialects ------------------------------------------------------------------------


def test_a_row_is_read_in_the_types_of_its_contract() -> None:
    (row,) = fields(f"{HEADER},is_rollback\n{ROW},No\n")
    assert row == {
        "id": "1",
        "service": "checkout",
        "environment": "production",
        "status": "succeeded",
        "finished_at": "2026-09-30T12:12:30.000000Z",
        "is_rollback": False,
    }


@pytest.mark.parametrize(
    "body",
    [
        "﻿" + GOOD,
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace(",", ";").encode("utf-16"),
        f"\n# about the table, with; marks\n\"# id, quoted\"\n{GOOD}",
        GOOD.replace("id,service", '"Id" , Service'),
        GOOD + "\n , , , , \n",
        GOOD.rstrip("\n"),
        GOOD.replace("finished_at\n", "finished_at,note\n").replace("+02:00", "+02:00,x"),
    ],
)  # fmt: skip
def test_dialects_of_csv_say_the_same(body: str | bytes) -> None:
    assert fields(body) == fields(GOOD)


def test_a_cell_may_hold_separators_quotes_and_lines_and_the_next_row_knows_its_line() -> None:
    body = (
        "id;title;status;created_at\n"
        '1;"Down; ""hard""\nsince noon";open;2026-09-30T12:00Z\n'
        "2;x;open;yesterday\n"
    )
    first, second = fields(body, name="incidents.csv", entity="incidents")
    assert first["title"] == 'Down; "hard"\nsince noon'
    assert second == (
        "incidents.csv, line 4, field created_at: found 'yesterday', expected an instant such as "
        "2026-09-30T14:05:00+02:00"
    )


def test_another_encoding_is_named_or_read() -> None:
    body = GOOD.replace("checkout", "Käse").encode("cp1252")
    with pytest.raises(ValueError, match="not written in utf-8"):
        fields(body)
    assert fields(body, encoding="cp1252")[0]["service"] == "Käse"


def test_the_same_rows_come_from_json_lines_parquet_and_spreadsheets() -> None:
    row = dict(zip(HEADER.split(","), ROW.split(","), strict=True))
    moment = datetime(2026, 9, 30, 12, 12, 30, tzinfo=UTC)
    typed = row | {"id": 1, "finished_at": moment}
    local = datetime.fromisoformat("2026-09-30T14:12:30")
    bodies: dict[str, bytes] = {
        "json": json.dumps([row]).encode(),
        "ndjson": b"\xef\xbb\xbf" + json.dumps(row).encode() + b"\n\n",
        "jsonl": json.dumps(row).encode(),
        "parquet": parquet([typed]),
        "xlsx": xlsx(("# a comment",), tuple(row), (1, *list(row.values())[1:4], local)),
    }
    for ending, body in bodies.items():
        found = fields(body, name=f"d.{ending}", zone="Europe/Berlin")
        assert found == fields(GOOD), ending
    wrapped = json.dumps({"deployments": [row]}).encode()
    assert fields(wrapped, name="d.json") == fields(GOOD)


def test_columns_may_have_other_names() -> None:
    body = GOOD.replace("finished_at", "Ende (Ortszeit)").replace("+02:00", "")
    columns = {"Ende (Ortszeit)": "finished_at"}
    assert fields(body, columns=columns, zone="Europe/Berlin") == fields(GOOD)


def test_a_cell_that_was_kept_from_being_a_formula_is_itself_again() -> None:
    body = "id,repository,title,state,created_at\n1,acme/a,'=1+1,open,2026-09-30\n"
    (row,) = fields(body, name="changes.csv", entity="changes")
    assert row["title"] == "=1+1"


# -- what is wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (("1,checkout", "1,"), "field service: found nothing, expected text"),
        (("succeeded", "fine"), "field status: found 'fine', expected one of succeeded, partial"),
        (("2026-09-30T14:12:30+02:00", "30/9/2026"), "found '30/9/2026', expected an instant"),
        (("2026-09-30T14:12:30+02:00", ""), "finished_at: found nothing, expected an instant"),
        (("+02:00\n", "+02:00,more\n"), "found 6 cells, expected 5 as the header has"),
    ],
)  # fmt: skip
def test_a_bad_row_says_file_line_field_what_was_found_and_what_is_expected(
    changed: tuple[str, str], expected: str
) -> None:
    body = f"{HEADER}\n{ROW}\n{ROW.replace('1,', '2,', 1)}\n"
    at = body.rindex("2,checkout")
    body = body[:at] + body[at:].replace("2,checkout", "1,checkout").replace(*changed)
    found = fields(body)
    assert found[0] == fields(GOOD)[0]
    assert found[1].startswith("deployments.csv, line 3")
    assert expected in found[1]


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("labels", '["a", {}]', "expected a list"),
        ("number", "1.5", "expected a whole number"),
        ("number", "many", "expected a whole number"),
        ("created_at", "2026-09-31", "expected an instant"),
    ],
)
def test_each_type_says_what_it_expects(field: str, value: str, expected: str) -> None:
    row = example_of("changes") | {field: value}
    body = json.dumps([row]).encode()
    message = fault(body, name="changes.json", entity="changes")
    assert message.startswith(f"changes.json, record 1, field {field}: found ")
    assert expected in message


def test_what_ends_before_it_begins_is_set_aside() -> None:
    row = example_of("deployments") | {"finished_at": "2026-09-30T13:00:00+02:00"}
    message = fault(json.dumps(row), name="d.ndjson")
    assert "expected an instant after started_at" in message


def test_a_bad_line_of_json_lines_leaves_the_others() -> None:
    row = json.dumps(example_of("deployments"))
    found = fields(f"{row}\n{{\n[1]\n{row}\n", name="d.ndjson")
    assert [isinstance(one, str) for one in found] == [False, True, True, False]
    assert found[1].startswith("d.ndjson, line 2: found no JSON")
    assert found[2] == "d.ndjson, line 3: found list, expected an object"


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("d.csv", b"", "it has no header"),
        ("d.csv", f"{HEADER},id\n{ROW},2\n".encode(), "the column 'id' comes twice"),
        ("d.csv", GOOD.replace("status", "state").encode(), "there is no column status"),
        ("d.csv", GOOD.replace("status", "statu").encode(), "is it 'statu'"),
        ("d.csv", f"{HEADER},is_rolback\n{ROW},true\n".encode(), "is it is_rollback"),
        ("d.csv", b"id\0\n", "bytes that are no text"),
        ("d.json", b"{", "."),
        ("d.json", b'{"a": 1}', "no JSON list"),
        ("d.parquet", b"PAR1 and so on", "it is no Parquet"),
        ("d.xlsx", b"PK and so on", "it is no XLSX"),
        ("d.xlsx", xlsx(("id",)).replace(b"PK\x05\x06", b"PK\x05\x07"), "it is no XLSX"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(name: str, body: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        fields(body, name=name)


def test_a_sheet_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="no sheet 'May'; it has Sheet1"):
        fields(xlsx(("id",)), name="d.xlsx", sheet="May")


# -- contracts and templates -----------------------------------------------------------------------


@pytest.mark.parametrize("entity", sorted(contracts()))
def test_the_example_of_every_contract_is_a_good_row(entity: str) -> None:
    body = json.dumps([example_of(entity)]).encode()
    (row,) = fields(body, name=f"{entity}.json", entity=entity)
    assert isinstance(row, Mapping), row


@pytest.mark.parametrize("entity", sorted(contracts()))
def test_a_template_that_was_filled_in_is_a_table(entity: str) -> None:
    lines = list(template_lines(entity))
    required = [field for field in contracts()[entity] if field.is_required]
    assert all(
        any(line.startswith(f"# {one.name} (required)") for line in lines) for one in required
    )
    empty = "\n".join(lines) + "\n"
    assert fields(empty, name=f"{entity}.csv", entity=entity) == []
    example = ",".join(f'"{value}"' for value in example_of(entity).values())
    (row,) = fields(f"{empty}{example}\n", name=f"{entity}.csv", entity=entity)
    assert isinstance(row, Mapping), row


# -- the connector ---------------------------------------------------------------------------------


def connector(path: Path, **more: Any) -> files.FilesConnector:
    return files.connect(files.Config(path=path, **more), name="tables")


def sync(path: Path, cursor: State | None = None, **more: Any) -> list[Page | Refusal]:
    return read(connector(path, **more), "rows", lambda _: json_reply({}), cursor=cursor)


def test_a_file_is_kept_as_it_is_with_its_rows_beside_it(tmp_path: Path) -> None:
    (tmp_path / "deployments-2026.csv").write_text(GOOD)
    (page,) = pages_of(sync(tmp_path), "rows")
    assert (page.body, page.row_count) == (GOOD.encode(), 1)
    assert (page.context, page.media_type) == ({"file": "deployments-2026.csv"}, "text/csv")
    assert page.decoded == decode(page.body, name=page.context["file"], entity="deployments").lines


def test_a_file_is_read_again_when_it_changed_and_only_then(tmp_path: Path) -> None:
    file = tmp_path / "deployments.csv"
    file.write_text(GOOD)
    (tmp_path / "incidents.csv").write_text("id,status,created_at\n1,open,2026-09-30\n")
    items = sync(tmp_path)
    cursor = next_cursor(connector(tmp_path), "rows", items)
    assert len(items) == 2
    os.utime(file)
    assert sync(tmp_path, cursor) == []
    file.write_text(GOOD.replace("succeeded", "failed"))
    (page,) = pages_of(sync(tmp_path, cursor), "rows")
    assert page.context == {"file": "deployments.csv"}


def test_a_run_that_was_interrupted_goes_on_with_the_next_file(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"deployments-{number}.csv").write_text(GOOD)
    one = connector(tmp_path)
    first = read(one, "rows", lambda _: json_reply({}), stop_after=1)
    rest = read(one, "rows", lambda _: json_reply({}), resume=resume_from(first))
    assert [page.context["file"] for page in pages_of(rest, "rows")] == [
        "deployments-1.csv",
        "deployments-2.csv",
    ]


def test_a_folder_or_the_settings_may_say_what_a_file_tells_of(tmp_path: Path) -> None:
    (tmp_path / "Deployments" / "2026").mkdir(parents=True)
    (tmp_path / "Deployments" / "2026" / "export.csv").write_text(GOOD)
    (page,) = pages_of(sync(tmp_path), "rows")
    assert page.row_count == 1
    (tmp_path / "export.csv").write_text(GOOD)
    (page,) = pages_of(sync(tmp_path / "export.csv", entity="deployments"), "rows")
    assert page.row_count == 1
    assert files.entity_of("change_requests-2026.xlsx") == "change_requests"
    assert files.entity_of("changes.csv") == "changes"
    assert files.entity_of("my deployments.csv") is None


def test_a_file_that_cannot_be_used_is_set_aside_once_and_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / "deployments.csv").write_text("id\n1\n")
    (tmp_path / "deployments2.csv").write_text(GOOD)
    (tmp_path / "unknown.csv").write_text(GOOD)
    items = sync(tmp_path)
    refused = [item for item in items if isinstance(item, Refusal)]
    assert [one.is_final for one in refused] == [True, True]
    assert "deployments.csv is no table of deployments" in refused[0].detail
    assert "name it after what it holds" in refused[1].detail
    assert len(pages_of(items, "rows")) == 1
    assert sync(tmp_path, next_cursor(connector(tmp_path), "rows", items)) == []


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable):
        sync(tmp_path / "nowhere")


@pytest.mark.parametrize("settings", [{"entity": "lunches"}, {"timezone": "Mars/Base"}, {"a": 1}])
def test_settings_that_mean_nothing_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        connector(Path(), **settings)


def test_a_date_and_a_day_are_told_apart() -> None:
    row = example_of("work_items") | {"due_date": date(2026, 10, 1)}
    (found,) = fields(parquet([row]), name="w.parquet", entity="work_items")
    assert found["due_date"] == "2026-10-01"
