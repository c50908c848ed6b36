"""Read a table of any usual format into JSON lines; pure functions on bytes.

CSV with any of `, ; tab |` between its cells, quotes, line breaks within quotes, with or without a
byte order mark, and comments before its header; a JSON list of objects; JSON lines; Parquet; XLSX.
python-calamine reads XLSX: it types dates, needs no XML parser of Python's, and is some ten times
as fast as openpyxl.
"""

import csv
import difflib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors._files_contract import Row, check_row, contracts, key_of
from connectors._reply import parse_json

MOST_UNPACKED_BYTES = 500 * 1024 * 1024
SEPARATORS = ",;\t|"
FORMATS = {
    "csv": "csv", "tsv": "csv", "json": "json", "ndjson": "ndjson", "jsonl": "ndjson",
    "parquet": "parquet", "xlsx": "xlsx",
}  # fmt: skip
WITH_HEADER = frozenset({"csv", "parquet", "xlsx"})
# Where a row stands, the cells by their column, and what is wrong before any is looked at.
Cells = tuple[str, Mapping[str, Any], str | None]


@dataclass(frozen=True)
class Table:
    """What a file holds: a JSON line a row; those that cannot be used say why in `fault`."""

    lines: bytes
    row_count: int
    fault_count: int


def decode(
    body: bytes,
    *,
    name: str,
    entity: str,
    zone: str = "UTC",
    encoding: str = "utf-8",
    sheet: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> Table:
    """Return the rows of a file, checked against the contract of what it tells of.

    Errors: ValueError when the file as a whole cannot be used.
    """
    lines: list[str] = []
    faults = 0
    is_known = False
    kind = FORMATS.get(name.rsplit(".", 1)[-1].lower(), "")
    for place, cells, problem in _rows(body, kind=kind, encoding=encoding, sheet=sheet):
        named = {_column(str(key), columns): cell for key, cell in cells.items()}
        if not is_known and problem is None:
            _check_columns(entity, named, has_header=kind in WITH_HEADER)
            is_known = True
        row = check_row(entity, named, place=f"{name}, {place}", zone=zone)
        if problem:
            text = f"{name}, {place}: {problem}"
            row = Row(fields={}, fault=text, reason=text)
        faults += row.fault is not None
        wrong = {"fault": row.fault, "reason": row.reason} if row.fault else {}
        record = {"entity": entity, "row_key": key_of(entity, row.fields), "place": place}
        whole = record | {"fields": dict(row.fields)} | wrong
        lines.append(json.dumps(whole, ensure_ascii=False, separators=(",", ":")))
    body = "".join(f"{line}\n" for line in lines).encode()
    return Table(lines=body, row_count=len(lines), fault_count=faults)


def _column(name: str, columns: Mapping[str, str] | None) -> str:
    plain = name.strip().lower().replace(" ", "_")
    return (columns or {}).get(name.strip(), plain)


def _check_columns(entity: str, named: Mapping[str, Any], *, has_header: bool) -> None:
    """Refuse a table whose header lacks a required field, or that misspells one."""
    fields = contracts()[entity]
    needed = [field.name for field in fields if field.is_required and has_header]
    missing = [name for name in needed if name not in named]
    for name in missing:
        near = difflib.get_close_matches(name, list(named), n=1, cutoff=0.7)
        hint = f"; is it {near[0]!r}?" if near else ""
        raise ValueError(f"there is no column {name}, which {entity} need{hint}")
    absent = [field.name for field in fields if field.name not in named]
    known = {field.name for field in fields}
    for name in sorted(set(named) - known):
        near = difflib.get_close_matches(name, absent, n=1, cutoff=0.85)
        if near:
            raise ValueError(f"the column {name!r} is unknown; is it {near[0]}?")


def _rows(body: bytes, *, kind: str, encoding: str, sheet: str | None) -> Iterator[Cells]:
    match kind:
        case "csv":
            yield from _csv(body, encoding=encoding)
        case "json":
            yield from _json(body)
        case "ndjson":
            yield from _ndjson(body)
        case "parquet":
            yield from _parquet(body)
        case "xlsx":
            yield from _xlsx(body, sheet=sheet)
        case _:
            raise ValueError(f"its name ends in none of {', '.join(FORMATS)}")


def _csv(body: bytes, *, encoding: str) -> Iterator[Cells]:
    is_utf_16 = body.startswith((b"\xff\xfe", b"\xfe\xff"))
    if encoding == "utf-8":
        encoding = "utf-16" if is_utf_16 else "utf-8-sig"
    try:
        text = body.decode(encoding)
    except (UnicodeDecodeError, LookupError) as exc:
        raise ValueError(
            f"it is not written in {encoding}; save it as UTF-8 or set encoding"
        ) from exc
    if "\0" in text:
        raise ValueError("it holds bytes that are no text")
    lines = text.splitlines(keepends=True)
    skipped = 0
    while skipped < len(lines) and _is_comment(lines[skipped]):
        skipped += 1
    header_line = lines[skipped] if skipped < len(lines) else ""
    separator = max(SEPARATORS, key=header_line.count)
    reader = csv.reader(io.StringIO("".join(lines[skipped:]), newline=""), delimiter=separator)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(header)
        began = reader.line_num
        for cells in reader:
            place = f"line {skipped + began + 1}"
            began = reader.line_num
            if any(cell.strip() for cell in cells):
                yield _cells(place, header, cells)
    except csv.Error as exc:
        raise ValueError(f"it is no CSV ({exc})") from exc


def _is_comment(line: str) -> bool:
    return not line.strip() or line.lstrip().lstrip('"').startswith("#")


def _check_header(header: list[str]) -> None:
    named = [cell for cell in header if cell]
    twice = sorted({cell for cell in named if named.count(cell) > 1})
    if not named:
        raise ValueError("it has no header")
    if twice:
        raise ValueError(f"the column {twice[0]!r} comes twice")


def _cells(place: str, header: list[str], cells: Iterable[Any]) -> Cells:
    found = list(cells)
    beyond = [cell for cell in found[len(header) :] if cell not in (None, "")]
    problem = None
    if beyond:
        problem = f"found {len(found)} cells, expected {len(header)} as the header has"
    pairs = zip(header, found + [None] * (len(header) - len(found)), strict=False)
    return place, {name: cell for name, cell in pairs if name}, problem


def _json(body: bytes) -> Iterator[Cells]:
    said = parse_json(body)
    if isinstance(said, dict):
        lists = [value for value in said.values() if isinstance(value, list)]
        said = lists[0] if len(lists) == 1 else said
    is_list = isinstance(said, list)
    if not is_list:
        raise ValueError("it is no JSON list of objects")
    for number, record in enumerate(said, 1):
        yield _record(f"record {number}", record)


def _ndjson(body: bytes) -> Iterator[Cells]:
    for number, line in enumerate(body.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = parse_json(line)
        except ValueError as exc:
            yield f"line {number}", {}, f"found no JSON ({exc}), expected an object"
        else:
            yield _record(f"line {number}", record)


def _record(place: str, record: Any) -> Cells:
    if isinstance(record, dict):
        return place, record, None
    return place, {}, f"found {type(record).__name__}, expected an object"


def _parquet(body: bytes) -> Iterator[Cells]:
    # Only who reads such a file waits for its library, here and below.
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(body))
        groups = [file.metadata.row_group(at) for at in range(file.metadata.num_row_groups)]
        if sum(group.total_byte_size for group in groups) > MOST_UNPACKED_BYTES:
            raise ValueError(f"it unpacks to more than {MOST_UNPACKED_BYTES} bytes")
        number = 0
        for batch in file.iter_batches():
            for record in batch.to_pylist():
                number += 1
                yield f"row {number}", record, None
    except (pa.ArrowException, OSError) as exc:
        raise ValueError(f"it is no Parquet ({str(exc)[:200]})") from exc


def _xlsx(body: bytes, *, sheet: str | None) -> Iterator[Cells]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED_BYTES:
                raise ValueError(f"it unpacks to more than {MOST_UNPACKED_BYTES} bytes")
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(body))
        name = sheet or workbook.sheet_names[0]
        if name not in workbook.sheet_names:
            raise ValueError(f"it has no sheet {name!r}; it has {', '.join(workbook.sheet_names)}")
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile, IndexError) as exc:
        raise ValueError(f"it is no XLSX ({exc})") from exc
    numbered = enumerate(rows, 1)
    header: list[str] = []
    for _, cells in numbered:
        first = next((str(cell).strip() for cell in cells if cell not in (None, "")), "#")
        if not first.startswith("#"):
            header = [str(cell).strip() for cell in cells]
            break
    _check_header(header)
    for number, cells in numbered:
        if any(cell not in (None, "") for cell in cells):
            yield _cells(f"row {number}", header, cells)
