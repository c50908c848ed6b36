"""What one run reads of a stream is all there for the models behind it, however much it is."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.lake import BulkPage, Lake
from orchestration.warehouse import warehouse
from tests.transforms.models import build_models
from transforms.home import Home

READ_AT = datetime(2026, 5, 1, tzinfo=UTC)
PAGE_ROWS, PAGES = 50_000, 3
# A table of DuckDB keeps rows in groups of 122,880; what is in several took another way in.
ROWS = PAGE_ROWS * PAGES


def _page(number: int) -> BulkPage:
    lines = (
        json.dumps(
            {
                "id": number * PAGE_ROWS + row,
                "sha": f"{row:040x}",
                "ref": "main",
                "task": "deploy",
                "environment": "production" if row % 2 else "staging",
                "created_at": "2026-04-01T10:00:00Z",
                "updated_at": "2026-04-01T10:05:00Z",
                "_context": {"repository": f"acme/shop-{number}"},
            }
        )
        for row in range(PAGE_ROWS)
    )
    return BulkPage("\n".join(lines).encode(), PAGE_ROWS, READ_AT, "ndjson")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(root=tmp_path_factory.mktemp("long") / "data")
    Lake(home.lake).append_bulk(
        "hub", "deployments", kind="github", pages=map(_page, range(PAGES)), read_at=READ_AT
    )
    build_models(home, "deployments", "page_accounts", now=READ_AT)
    return home


def _count(file: Path, sql: str) -> object:
    with warehouse(file) as connection:
        return connection.execute(sql).fetchall()


def test_every_record_of_a_long_stream_is_counted_as_loaded(built: Home) -> None:
    accounts = "select sum(fetched_count), sum(loaded_count), sum(duplicate_count) from "
    told = _count(built.warehouse_file, f"{accounts}v1.page_accounts where stream = 'deployments'")
    assert told == [(ROWS, ROWS, 0)]


def test_models_of_the_same_build_find_all_of_it(built: Home) -> None:
    found = _count(
        built.warehouse_file,
        "select environment_id, count(*) from v1.deployments group by all order by 1",
    )
    assert found == [("production", ROWS // 2), ("staging", ROWS // 2)]
