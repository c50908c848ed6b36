"""ServiceNow as it behaves: ties in one second, rows hidden after counting, text for everything."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from connectors import servicenow
from connectors._contract import Page, Refusal
from connectors._servicenow_audit import decode_audit_log
from tests.connectors.fakes import START, json_reply, next_cursor, pages_of, read, resume_from

TIE = "2026-11-22 08:00:00"


class FakeInstance:
    """One table, ordered by update and id; some rows are hidden after they were counted."""

    def __init__(self, rows: list[dict[str, Any]], *, states_total: bool = True) -> None:
        self.rows = rows
        self.hidden: set[str] = set()
        self.states_total = states_total
        self.asked: list[tuple[str, int]] = []
        self.only: str | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
        found = re.fullmatch(
            r"(.*\^)?(sys_\w+_on)>=(.+)\^ORDERBY\2\^ORDERBYsys_id", query["sysparm_query"]
        )
        assert found
        only, moment, since = found.groups()
        self.only = only
        assert query["sysparm_display_value"] == "false"
        offset, limit = int(query["sysparm_offset"]), int(query["sysparm_limit"])
        self.asked.append((since, offset))
        rows = sorted(
            (row for row in self.rows if row[moment] >= since),
            key=lambda row: (row[moment], row["sys_id"]),
        )
        shown = [row for row in rows[offset : offset + limit] if row["sys_id"] not in self.hidden]
        headers = {"X-Total-Count": str(len(rows))} if self.states_total else {}
        if self.states_total and offset + limit < len(rows):
            headers["Link"] = f'<{request.url}>;rel="next"'
        return json_reply({"result": shown}, headers=headers)


def _connector(**more: Any) -> servicenow.ServiceNowConnector:
    config = servicenow.Config(
        base_url="https://acme.service-now.test",
        username="reader",
        password=SecretStr("secret-password"),
        page_size=100,
        **more,
    )
    return servicenow.connect(config, name="servicenow")


def _rows(count: int, *, at: str = TIE) -> list[dict[str, Any]]:
    return [{"sys_id": f"{number:05d}", "sys_updated_on": at} for number in range(count)]


def test_a_total_that_is_no_number_is_no_total() -> None:
    def serve(_: httpx.Request) -> httpx.Response:
        headers = [(b"X-Total-Count", "²".encode("latin-1"))]
        return httpx.Response(200, json={"result": []}, headers=headers)

    (page,) = pages_of(read(_connector(are_totals_exact=True), "incident", serve), "incident")
    assert page.reported_total is None


def _ids(items: list[Page | Refusal]) -> set[str]:
    return {
        row["sys_id"]
        for page in pages_of(items, "incident")
        for row in json.loads(page.body)["result"]
    }


@pytest.mark.parametrize("states_total", [True, False])
def test_three_hundred_rows_of_one_second_are_all_read(states_total: bool) -> None:
    fake = FakeInstance(_rows(300), states_total=states_total)
    assert len(_ids(read(_connector(), "incident", fake))) == 300


def test_a_crash_after_the_first_page_of_a_tie_loses_nothing() -> None:
    fake = FakeInstance(_rows(300))
    begun = read(_connector(), "incident", fake, stop_after=1)
    asked = len(fake.asked)
    rest = read(_connector(), "incident", fake, resume=resume_from(begun))
    assert len(_ids([*begun, *rest])) == 300
    assert asked == 1
    assert fake.asked[1] == (TIE, 0)


def test_rows_that_access_rules_hide_do_not_end_the_walk() -> None:
    rows = [row for hour in range(10, 22) for row in _rows(50, at=f"2026-11-21 {hour}:00:00")]
    rows = [row | {"sys_id": f"{number:05d}"} for number, row in enumerate(rows)]
    fake = FakeInstance(rows)
    fake.hidden = {row["sys_id"] for row in rows[100:350]}
    assert _ids(read(_connector(), "incident", fake)) == {
        row["sys_id"] for row in rows if row["sys_id"] not in fake.hidden
    }


def test_the_next_run_starts_an_hour_before_the_last_update_it_saw() -> None:
    fake = FakeInstance([{"sys_id": "1", "sys_updated_on": "2026-11-22 09:30:00"}])
    connector = _connector()
    cursor = next_cursor(connector, "incident", read(connector, "incident", fake))
    assert cursor == {"updated_at": "2026-11-22 09:30:00"}
    fake.rows.append({"sys_id": "late", "sys_updated_on": "2026-11-22 09:20:00"})
    assert "late" in _ids(read(connector, "incident", fake, cursor=cursor))
    assert fake.asked[-1] == ("2026-11-22 08:30:00", 0)


def test_an_update_of_the_future_does_not_move_the_cursor() -> None:
    rows = [*_rows(1), {"sys_id": "odd", "sys_updated_on": "2031-01-01 00:00:00"}]
    connector = _connector()
    items = read(connector, "incident", FakeInstance(rows))
    assert next_cursor(connector, "incident", items) == {"updated_at": TIE}


def test_a_total_counts_only_where_the_settings_say_it_is_exact() -> None:
    fake = FakeInstance(_rows(3))
    inexact = pages_of(read(_connector(), "incident", fake), "incident")
    exact = pages_of(read(_connector(are_totals_exact=True), "incident", fake), "incident")
    assert [page.reported_total for page in inexact] == [None]
    assert [page.reported_total for page in exact] == [3]


def test_an_empty_table_is_one_page_without_rows() -> None:
    items = read(_connector(), "incident", FakeInstance([]))
    assert [page.row_count for page in pages_of(items, "incident")] == [0]


def test_credentials_are_one_header() -> None:
    access = _connector().access
    assert access is not None
    assert access.headers["authorization"].get_secret_value().startswith("Basic ")
    assert "secret-password" not in repr(_connector())


def test_a_configuration_needs_credentials_and_known_tables() -> None:
    with pytest.raises(ValidationError, match="set token"):
        servicenow.Config(base_url="https://x.test")
    with pytest.raises(ValidationError, match="does not know"):
        servicenow.Config(base_url="https://x.test", token=SecretStr("t"), tables=("sys_user",))
    with pytest.raises(ValidationError, match="audit_log"):
        servicenow.Config()


AUDIT = b"number,sys_updated_at,closed_at\r\nINC1,29/2/2016 01:23,?\r\nINC1,29/2/2016 01:23,?\r\n"


def _audit(path: Path) -> servicenow.ServiceNowConnector:
    return servicenow.connect(servicenow.Config(audit_log=path), name="audit")


def test_an_audit_log_keeps_its_text_and_numbers_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "audit.csv"
    path.write_bytes(AUDIT)
    connector = _audit(path)
    (page,) = pages_of(
        read(connector, "incident_audit_log", lambda _: json_reply([])), "incident_audit_log"
    )
    assert connector.streams[-1].versions_from_source
    assert page.decoded is not None
    rows = [json.loads(line) for line in page.decoded.splitlines()]
    assert rows[1] == {
        "number": "INC1",
        "sys_updated_at": "29/2/2016 01:23",
        "closed_at": "?",
        "row_ordinal": 2,
    }
    assert page.read_at == START


def test_an_audit_log_is_read_again_only_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "audit.csv"
    path.write_bytes(AUDIT)
    connector, nothing = _audit(path), json_reply([])
    items = read(connector, "incident_audit_log", lambda _: nothing)
    cursor = next_cursor(connector, "incident_audit_log", items)
    assert read(connector, "incident_audit_log", lambda _: nothing, cursor=cursor) == []


def test_an_audit_log_says_in_which_zone_its_clock_was_and_is_read_again_in_another(
    tmp_path: Path,
) -> None:
    path = tmp_path / "audit.csv"
    path.write_bytes(AUDIT)
    nothing = json_reply([])
    items = read(_audit(path), "incident_audit_log", lambda _: nothing)
    cursor = next_cursor(_audit(path), "incident_audit_log", items)
    config = servicenow.Config(audit_log=path, source_timezone="Europe/Berlin")
    berlin = servicenow.connect(config, name="audit")
    (page,) = pages_of(
        read(berlin, "incident_audit_log", lambda _: nothing, cursor=cursor), "incident_audit_log"
    )
    assert page.context["timezone"] == "Europe/Berlin"
    with pytest.raises(ValidationError, match="time zone"):
        servicenow.Config(audit_log=path, source_timezone="Berlin")


def test_a_file_that_is_no_audit_log_is_set_aside_for_good(tmp_path: Path) -> None:
    path = tmp_path / "audit.csv"
    path.write_bytes(b"a,b\r\n1,2\r\n")
    (item,) = read(_audit(path), "incident_audit_log", lambda _: json_reply([]))
    assert isinstance(item, Refusal)
    assert item.is_final
    assert "no column number" in item.detail


def test_an_audit_row_of_the_wrong_length_says_so() -> None:
    decoded = decode_audit_log(b"number,sys_updated_at\nINC1,1/1/2016 00:00,extra\n")
    assert json.loads(decoded)["row_problem"] == "3 values for 2 columns"


def test_audits_are_read_by_creation_and_only_for_the_records_that_are_read() -> None:
    connector = _connector(tables=("sys_audit",))
    rows = [{"sys_id": str(hour), "sys_created_on": f"2026-11-22 0{hour}:00:00"} for hour in (8, 9)]
    fake = FakeInstance(rows)
    items = read(connector, "sys_audit", fake)
    assert [page.row_count for page in pages_of(items, "sys_audit")] == [2]
    cursor = next_cursor(connector, "sys_audit", items)
    assert cursor == {"updated_at": "2026-11-22 09:00:00"}
    read(connector, "sys_audit", fake, cursor=cursor)
    assert fake.asked[-1] == ("2026-11-22 08:00:00", 0)
    assert str(fake.only).startswith("tablenameINincident,change_request,change_task,problem^field")


def test_tables_that_few_may_read_are_read_only_where_the_settings_name_them() -> None:
    names = {stream.name for stream in _connector().streams}
    assert {"change_task", "problem"} <= names
    assert not names & {"sys_audit", "sys_audit_delete"}
