"""Find what was set aside: records in the staging file, refused pages in the lake.

Its content may hold personal data: it is handed to the caller one at a time and kept nowhere.
"""

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb
import zstandard

from orchestration.errors import LeadlineError
from orchestration.journal import Line
from orchestration.lake import Lake
from orchestration.warehouse import scalar, tells_damage, warehouse
from transforms.home import Home

RECORD, PAGE = "record", "page"
TABLE = "staging.staging.quarantined_records"
_STAGED = "select 1 from duckdb_tables() where schema_name = 'staging' and table_name = ?"


@dataclass(frozen=True)
class SetAside:
    """One record or one page that was set aside; `model` and `ordinal` are of records alone."""

    quarantine_id: str
    what: str
    source: str
    stream: str
    page_id: str
    ordinal: int | None
    model: str | None
    reason: str
    read_at: str


def record_id(model: str, page_id: str, ordinal: int) -> str:
    """Return the id of a record that a model set aside: the same after every build."""
    digest = hashlib.sha256(f"{model}|{page_id}|{ordinal}".encode()).hexdigest()
    return f"q-{digest[:12]}"


def set_aside(home: Home, *, source: str | None = None) -> list[SetAside]:
    """Return the records and pages set aside, by source, stream and place, without content.

    Errors: LeadlineError when the staging file cannot be opened.
    """
    found = [*_records(home), *_pages(Lake(home.lake))]
    return sorted(
        (one for one in found if source is None or one.source == source),
        key=lambda one: (one.source, one.stream, one.page_id, one.ordinal or 0, one.model or ""),
    )


def content(home: Home, one: SetAside) -> str | None:
    """Return what was received, or None when nothing of it is kept; bytes that are no text as \\x.

    Errors: LeadlineError when the file that holds it cannot be read.
    """
    if one.what == RECORD:
        with _staging(home) as connection:
            text = scalar(
                connection,
                f"select record from {TABLE} where model = ? and page_id = ? and ordinal = ?",
                one.model,
                one.page_id,
                one.ordinal,
            )
        return None if text is None else str(text)
    lake = Lake(home.lake)
    lines = lake.quarantined(one.source, one.stream)
    line = next((line for line in lines if line["page_id"] == one.page_id), None)
    if line is None or not line["raw_file"]:
        return None
    try:
        return lake.body(line, raw=True).decode("utf-8", errors="backslashreplace")
    except (OSError, zstandard.ZstdError) as exc:
        raise LeadlineError(
            f"{lake.root / line['raw_file']} cannot be read; restore it from a copy of the lake."
        ) from exc


def stage_anew(home: Home, models: Sequence[str]) -> None:
    """Let the next build stage these models from their first page on, as if their SQL had changed.

    Staging only the pages in question would compare an old page with versions read after it, and
    could so lose a version; in order the result is that of a build from nothing.
    """
    with _staging(home, read_only=False) as connection:
        connection.executemany(
            "delete from staging.staging.staged_models where model = ?",
            [[model] for model in models],
        )


def require_conservation(home: Home, models: Sequence[str]) -> None:
    """Check that fetched = loaded + duplicate + quarantined on each page of these models.

    Errors: LeadlineError, which names the first model where a record is missing.
    """
    with _staging(home) as connection:
        for model in models:
            broken = scalar(
                connection,
                "select count(*) from staging.staging.page_accounts where model = ? "
                "and fetched_count is distinct from "
                "loaded_count + duplicate_count + quarantined_count",
                model,
            )
            counted = scalar(
                connection,
                "select coalesce(sum(quarantined_count), 0) from staging.staging.page_accounts "
                "where model = ?",
                model,
            )
            kept = scalar(connection, f"select count(*) from {TABLE} where model = ?", model)
            if broken or int(str(counted)) != int(str(kept)):
                raise LeadlineError(
                    f"Records of {model} are not accounted for on {broken} pages; run "
                    "`leadline build --full-refresh`."
                )


def _records(home: Home) -> Iterator[SetAside]:
    if not home.staging_file.exists():
        return
    with _staging(home) as connection:
        if not scalar(connection, _STAGED, "quarantined_records"):
            return
        rows = connection.execute(
            "select model, source, stream, page_id, ordinal, reason, "
            f"strftime(read_at, '%Y-%m-%dT%H:%M:%SZ') from {TABLE}"
        ).fetchall()
    for model, source, stream, page_id, ordinal, reason, read_at in rows:
        yield SetAside(
            quarantine_id=record_id(model, page_id, ordinal),
            what=RECORD,
            source=source,
            stream=stream,
            page_id=page_id,
            ordinal=ordinal,
            model=model,
            reason=reason,
            read_at=read_at or "",
        )


def _pages(lake: Lake) -> Iterator[SetAside]:
    for path in sorted((lake.root / "quarantine").glob("*/*.jsonl")):
        for line in lake.quarantined(path.parent.name, path.stem):
            yield _page(line)


def _page(line: Line) -> SetAside:
    detail = f": {line['detail']}" if line["detail"] else ""
    return SetAside(
        quarantine_id=line["page_id"],
        what=PAGE,
        source=line["source"],
        stream=line["stream"],
        page_id=line["page_id"],
        ordinal=None,
        model=None,
        reason=f"{line['reason']}{detail}",
        read_at=line["read_at"],
    )


@contextlib.contextmanager
def _staging(home: Home, *, read_only: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the staging file; a file that is held or damaged becomes one sentence."""
    try:
        with warehouse(home.staging_file, read_only=read_only) as connection:
            yield connection
    except duckdb.Error as exc:
        if "set lock" in str(exc).lower():
            raise LeadlineError(
                f"{home.staging_file} is open in a run; wait for it to end and ask again."
            ) from exc
        how = "is damaged" if tells_damage(str(exc)) else "cannot be read"
        raise LeadlineError(f"{home.staging_file} {how}; run `leadline build`.") from exc
