"""What other systems push is believed or not, kept whole once, and thanked for at once."""

import base64
import hashlib
import hmac
import json
import signal
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from connectors._push_signatures import refusal_of
from connectors.push import Config
from orchestration import lake_run
from orchestration.checks.settings import check_settings
from orchestration.errors import ConfigurationError
from orchestration.lake import Lake
from orchestration.run import Context
from orchestration.settings import Environment, parse_settings
from tests.orchestration.pushing import (
    NOW,
    SECRET,
    hub,
    receiver_process,
    signature,
    to_bytes,
)
from transforms.home import Home

PUSH = {"ref": "refs/heads/main", "after": "a" * 40}
SETTINGS = """
sources:
  hub: {kind: push, vendor: github, secret: "${HUB_SECRET}"}
"""
STAMP = str(int(NOW.timestamp()))


def config(vendor: str = "github", **more: Any) -> Config:
    return Config.model_validate({"vendor": vendor, "secret": SECRET} | more)


def signed(body: object = PUSH, *, delivery: str = "d-1", **more: str) -> dict[str, str]:
    return {
        "x_github_event": "push",
        "x_github_delivery": delivery,
        "x_hub_signature_256": f"sha256={signature(body)}",
        **more,
    }


def test_a_delivery_is_kept_byte_for_byte_with_what_its_headers_say(tmp_path: Path) -> None:
    body = b'{ "ref":"refs/heads/main",\r\n "n": 1.50, "big": 123456789012345678901 }'
    with hub(tmp_path, hub=config()) as receiver:
        reply = receiver.post("hub", body, **signed(body))
        (page,) = receiver.lines("hub")
        (end,) = receiver.lines("hub", "run_finished")
    assert (reply.status_code, reply.content) == (202, b"")
    assert receiver.lake.body(page, raw=True) == body
    assert json.loads(receiver.lake.body(page)) == json.loads(body)
    assert receiver.lake.body(page).count(b"\n") == 1
    assert page["context"] == {"vendor": "github", "event_type": "push", "delivery_id": "d-1"}
    assert (end["status"], end["pages"], end["rows"]) == ("complete", 1, 1)
    assert SECRET not in (tmp_path / "journal/hub/events.jsonl").read_text()


# -- who is believed ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vendor", "headers"),
    [
        ("github", {"x-hub-signature-256": f"sha256={signature(PUSH)}"}),
        ("gitea", {"x-hub-signature-256": f"sha256={signature(PUSH)}"}),
        ("gitea", {"x-gitea-signature": signature(PUSH)}),
        ("bitbucket", {"x-hub-signature": f"sha256={signature(PUSH)}"}),
        ("gitlab", {"x-gitlab-token": SECRET}),
        ("pagerduty", {"x-pagerduty-signature": f"v1=00,v1={signature(PUSH)}"}),
        ("grafana", {"x-grafana-alerting-signature": signature(PUSH)}),
        ("alertmanager", {"authorization": f"Bearer {SECRET}"}),
        (
            "azure_devops",
            {"authorization": "Basic " + base64.b64encode(f"any:{SECRET}".encode()).decode()},
        ),
        ("argocd", {"authorization": f"bearer {SECRET}"}),
        ("generic", {"authorization": f"Bearer {SECRET}"}),
    ],
)
def test_each_vendor_is_believed_by_its_own_signature(
    tmp_path: Path, vendor: str, headers: dict[str, str]
) -> None:
    with hub(tmp_path, hub=config(vendor)) as receiver:
        assert receiver.post("hub", PUSH, **headers).status_code == 202
        for wrong in ({}, dict.fromkeys(headers, ""), dict.fromkeys(headers, "x")):
            assert receiver.post("hub", {"other": 1}, **wrong).status_code == 401
        assert len(receiver.lines("hub")) == 1


def test_a_standard_webhook_is_signed_over_its_id_its_time_and_its_body(tmp_path: Path) -> None:
    key = b"0123456789abcdef01234567"
    secret = "whsec_" + base64.b64encode(key).decode()
    body = to_bytes(PUSH)

    def headers(stamp: str) -> dict[str, str]:
        mac = hmac.new(key, f"m1.{stamp}.".encode() + body, hashlib.sha256).digest()
        given = f"v1,{base64.b64encode(b'0' * 32).decode()} v1,{base64.b64encode(mac).decode()}"
        return {"webhook_id": "m1", "webhook_timestamp": stamp, "webhook_signature": given}

    with hub(tmp_path, hub=config("generic", secret=secret)) as receiver:
        assert receiver.post("hub", body, **headers(str(int(STAMP) - 301))).status_code == 401
        assert receiver.post("hub", body, **headers(str(int(STAMP) + 301))).status_code == 401
        assert receiver.post("hub", body, **headers("nan")).status_code == 401
        assert receiver.is_empty()
        assert receiver.post("hub", body, **headers(str(int(STAMP) - 299))).status_code == 202
        (page,) = receiver.lines("hub")
    assert page["context"]["delivery_id"] == "m1"


def test_a_signature_of_somebodys_own_may_cover_its_time(tmp_path: Path) -> None:
    own = config("generic", signature_header="X-Acme-Signature", timestamp_header="X-Acme-Time")

    def headers(stamp: int) -> dict[str, str]:
        mac = signature(f"{stamp}.".encode() + to_bytes(PUSH))
        return {"x_acme_signature": f"sha256={mac}", "x_acme_time": str(stamp)}

    with hub(tmp_path, hub=own) as receiver:
        assert receiver.post("hub", PUSH, **headers(int(STAMP) - 301)).status_code == 401
        moved = headers(int(STAMP) - 301) | {"x_acme_time": STAMP}
        assert receiver.post("hub", PUSH, **moved).status_code == 401
        assert receiver.is_empty()
        assert receiver.post("hub", PUSH, **headers(int(STAMP))).status_code == 202


def refusals() -> list[tuple[str, bytes | object, dict[str, str], int]]:
    large = b'{"a": "' + b"x" * (11 * 1024 * 1024) + b'"}'
    return [
        ("a wrong signature", PUSH, signed() | {"x_hub_signature_256": "sha256=" + "0" * 64}, 401),
        ("a missing signature", PUSH, {"x_github_delivery": "d-1"}, 401),
        ("an empty signature", PUSH, signed() | {"x_hub_signature_256": ""}, 401),
        ("an empty digest", PUSH, signed() | {"x_hub_signature_256": "sha256="}, 401),
        ("the old digest", PUSH, {"x_hub_signature": f"sha256={signature(PUSH)}"}, 401),
        ("a modified body", PUSH | {"after": "b" * 40}, signed(), 401),
        ("11 MB", large, signed(large), 413),
        ("a wrong content type", PUSH, signed(content_type="text/plain"), 415),
        ("a compressed body", PUSH, signed(content_encoding="gzip"), 415),
    ]


@pytest.mark.parametrize("refusal", refusals(), ids=lambda one: one[0])
def test_what_is_refused_leaves_nothing_behind(
    tmp_path: Path, refusal: tuple[str, bytes | object, dict[str, str], int]
) -> None:
    _, body, headers, status = refusal
    with hub(tmp_path, hub=config()) as receiver:
        reply = receiver.post("hub", body, **headers)
        assert reply.status_code == status
        assert SECRET not in reply.text
        assert receiver.is_empty()
        assert len(receiver.told) == 1
        assert receiver.post("hub", PUSH, **signed()).status_code == 202


def test_an_old_timestamp_is_refused_though_its_signature_fits(tmp_path: Path) -> None:
    stamp = str(int(STAMP) - 600)
    mac = signature(f"{stamp}:".encode() + to_bytes(PUSH))
    headers = {"x_grafana_alerting_signature": mac, "x_grafana_alerting_timestamp": stamp}
    with hub(tmp_path, hub=config("grafana")) as receiver:
        assert receiver.post("hub", PUSH, **headers).status_code == 401
        assert receiver.is_empty()


def test_an_unknown_name_is_told_apart_from_no_delivery(tmp_path: Path) -> None:
    with hub(tmp_path, hub=config()) as receiver:
        assert receiver.post("other", PUSH, **signed()).status_code == 404
        assert receiver.is_empty()


def test_a_source_without_secret_hears_programs_and_no_browser(tmp_path: Path) -> None:
    with hub(tmp_path, hub=config(secret=None)) as receiver:
        assert receiver.post("hub", PUSH, origin="https://evil.example").status_code == 401
        form = {"content_type": "application/x-www-form-urlencoded"}
        assert receiver.post("hub", b"payload=%7B%7D", **form).status_code == 401
        assert receiver.is_empty()
        assert receiver.post("hub", PUSH).status_code == 202


def test_json_in_a_form_is_the_same_event(tmp_path: Path) -> None:
    body = b"payload=%7B%22ref%22%3A%22refs%2Fheads%2Fmain%22%7D"
    form = {"content_type": "application/x-www-form-urlencoded"}
    with hub(tmp_path, hub=config()) as receiver:
        assert receiver.post("hub", body, **signed(body, **form)).status_code == 202
        (page,) = receiver.lines("hub")
        assert receiver.lake.body(page, raw=True) == body
        assert json.loads(receiver.lake.body(page)) == {"ref": "refs/heads/main"}


@pytest.mark.parametrize(
    "settings",
    [
        {"secret": ""},
        {"vendor": "nobody"},
        {"timestamp_header": "X-Time"},
        {"mapping": {"tells": "deployment", "id": "$.id", "time": "$.time"}},
        {"vendor": "generic", "mapping": {"tells": "deployment", "id": "id", "time": "$.time"}},
    ],
)
def test_settings_that_would_believe_anybody_or_read_nothing_are_refused(
    settings: dict[str, Any],
) -> None:
    with pytest.raises(ValidationError):
        config(**settings)


# -- what is kept once -------------------------------------------------------------------------


def test_five_replays_are_thanked_for_and_kept_once(tmp_path: Path) -> None:
    with hub(tmp_path, hub=config()) as receiver:
        replies = [receiver.post("hub", PUSH, **signed()).status_code for _ in range(5)]
        assert replies == [202, 200, 200, 200, 200]
        assert len(receiver.lines("hub")) == len(receiver.lines("hub", "run_finished")) == 1


def test_replays_at_the_same_time_are_kept_once(tmp_path: Path) -> None:
    with hub(tmp_path, hub=config()) as receiver:
        replies = receiver.post_all([("hub", PUSH, signed())] * 5)
        assert sorted(one.status_code for one in replies) == [200, 200, 200, 200, 202]
        assert len(receiver.lines("hub")) == 1


def test_a_replay_is_known_after_a_restart(tmp_path: Path) -> None:
    with hub(tmp_path, hub=config()) as receiver:
        receiver.post("hub", PUSH, **signed())
    with hub(tmp_path, hub=config()) as receiver:
        assert receiver.post("hub", PUSH, **signed()).status_code == 200
        assert receiver.post("hub", PUSH, **signed(delivery="d-2")).status_code == 202
        assert len(receiver.lines("hub")) == 2


@pytest.mark.parametrize(
    ("vendor", "headers", "body", "expected"),
    [
        ("gitea", {"x-gitea-delivery": "g-1"}, PUSH, "g-1"),
        ("gitlab", {"idempotency-key": "i-1", "x-gitlab-event-uuid": "u"}, PUSH, "i-1"),
        ("bitbucket", {"x-request-uuid": "r-1"}, PUSH, "r-1"),
        ("pagerduty", {}, {"event": {"id": "01B", "event_type": "incident.triggered"}}, "01B"),
        ("azure_devops", {}, {"id": "9", "eventType": "build.complete"}, "build.complete 9"),
        ("cloudevents", {}, {"specversion": "1.0", "source": "/s", "id": "1", "type": "t"}, "/s 1 t"),  # noqa: E501
        ("cloudevents", {"ce-id": "1", "ce-source": "/s", "ce-type": "t"}, {}, "/s 1 t"),
        ("generic", {"webhook-id": "m1"}, PUSH, "m1"),
        ("generic", {}, PUSH, hashlib.sha256(to_bytes(PUSH)).hexdigest()),
    ],
)  # fmt: skip
def test_a_delivery_has_the_id_that_its_sender_gives_it(
    tmp_path: Path, vendor: str, headers: dict[str, str], body: object, expected: str
) -> None:
    with hub(tmp_path, hub=config(vendor, secret=None)) as receiver:
        receiver.post("hub", body, **headers)
        (page,) = receiver.lines("hub")
    assert page["context"]["delivery_id"] == expected


def test_events_that_share_an_id_are_told_apart_by_their_bodies(tmp_path: Path) -> None:
    chain = {"x_gitlab_event_uuid": "one-chain"}
    with hub(tmp_path, hub=config("gitlab", secret=None)) as receiver:
        replies = [receiver.post("hub", {"n": n}, **chain).status_code for n in (1, 2, 1)]
    assert replies == [202, 202, 200]


def test_deliveries_keep_the_order_in_which_they_came(tmp_path: Path) -> None:
    with hub(tmp_path, hub=config()) as receiver:
        for number in (3, 1, 2):
            body = {"number": number}
            receiver.post("hub", body, **signed(body, delivery=f"d-{number}"))
        pages = sorted(receiver.lines("hub"), key=lambda page: page["read_at"])
        assert [json.loads(receiver.lake.body(page))["number"] for page in pages] == [3, 1, 2]
        assert len({page["read_at"] for page in pages}) == 3


def test_a_list_is_one_page_with_a_row_an_event(tmp_path: Path) -> None:
    with hub(tmp_path, hub=config("generic", secret=None)) as receiver:
        receiver.post("hub", [{"a": 1}, {"a": 2}])
        (page,) = receiver.lines("hub")
        assert page["row_count"] == 2
        assert receiver.lake.body(page) == b'{"a":1}\n{"a":2}\n'


@pytest.mark.parametrize("body", [b"{", b"", b"[1]", b'"x"', b'{"a": NaN}', b'{"a": 1e999}'])
def test_what_is_believed_and_no_event_is_set_aside_with_its_reason(
    tmp_path: Path, body: bytes
) -> None:
    with hub(tmp_path, hub=config()) as receiver:
        reply = receiver.post("hub", body, **signed(body))
        assert (reply.status_code, receiver.lines("hub")) == (422, [])
        (aside,) = receiver.lake.quarantined("hub", "events")
        assert aside["reason"] == "bad_payload"
        assert aside["detail"] == reply.json()["error"]
        # Its sender may have mended it under the same id.
        assert receiver.post("hub", PUSH, **signed()).status_code == 202


def test_of_a_key_named_twice_the_last_value_counts_and_both_are_kept(tmp_path: Path) -> None:
    body = b'{"a":1,"a":2}'
    with hub(tmp_path, hub=config()) as receiver:
        assert receiver.post("hub", body, **signed(body)).status_code == 202
        (page,) = receiver.lines("hub")
        assert receiver.lake.body(page, raw=True) == body
        assert receiver.lake.body(page) == b'{"a":2}\n'


def test_a_sender_cannot_speak_in_the_lakes_name(tmp_path: Path) -> None:
    body = {"a": 1, "_context": {"vendor": "github", "delivery_id": "another"}}
    with hub(tmp_path, hub=config("generic", secret=None)) as receiver:
        assert receiver.post("hub", body).status_code == 202
        (page,) = receiver.lines("hub")
        assert receiver.lake.body(page) == b'{"a":1}\n'


# -- what can go wrong --------------------------------------------------------------------------


def test_a_full_disk_is_told_and_the_next_delivery_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = lake_run.write_page_file
    room = [True, False]

    def write_page_file(root: Path, name: str, content: bytes) -> int:
        if not room.pop(0):
            raise OSError(28, "No space left on device", str(root / name))
        return write(root, name, content)

    monkeypatch.setattr(lake_run, "write_page_file", write_page_file)
    with hub(tmp_path, hub=config()) as receiver:
        # The bytes as received find room, the line made of them does not.
        reply = receiver.post("hub", PUSH, **signed())
        assert reply.status_code == 503
        room[:] = [True, True]
        assert receiver.post("hub", PUSH, **signed()).status_code == 202
        (page,) = receiver.lines("hub")
        assert receiver.lake.body(page, raw=True) == to_bytes(PUSH)
    kept = [path for path in (tmp_path / "pages").rglob("*") if path.is_file()]
    assert len(kept) == 2
    assert [line["status"] for line in receiver.lines("hub", "run_finished")] == [
        "failed",
        "complete",
    ]


def test_the_receiver_runs_by_itself_answers_within_a_second_and_survives_a_kill(
    tmp_path: Path,
) -> None:
    kept: list[str] = []
    with receiver_process(tmp_path, SETTINGS) as (running, address):
        assert httpx.get(address.replace("/hooks/", "/healthz")).json() == {"status": "ok"}
        body = to_bytes(PUSH)
        began = time.monotonic()
        first = httpx.post(f"{address}hub", content=body, headers=real_headers(body, "d-0"))
        assert (first.status_code, time.monotonic() - began < 1) == (202, True)
        kept.append("d-0")

        def push_on(thread: int) -> None:
            for number in range(1, 1000):
                delivery = f"d-{thread}-{number}"
                try:
                    reply = httpx.post(
                        f"{address}hub", content=body, headers=real_headers(body, delivery)
                    )
                except httpx.HTTPError:
                    return
                if reply.status_code == 202:
                    kept.append(delivery)

        threads = [threading.Thread(target=push_on, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        running.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join()
    assert len(kept) > 5
    with receiver_process(tmp_path, SETTINGS) as (running, address):
        again = httpx.post(f"{address}hub", content=body, headers=real_headers(body, kept[-1]))
        assert again.status_code == 200
        new = httpx.post(f"{address}hub", content=body, headers=real_headers(body, "d-new"))
        assert new.status_code == 202
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=10) == 0
    lake = Lake(tmp_path / "data" / "lake")
    lines = list(lake.journal("hub", "events"))
    pages = {line["context"]["delivery_id"]: line for line in lines if line["event"] == "page"}
    assert set(kept) <= set(pages)
    assert all(lake.body(page, raw=True) == body for page in pages.values())
    starts = [line["run_id"] for line in lines if line["event"] == "run_started"]
    ends = [line["run_id"] for line in lines if line["event"] == "run_finished"]
    assert starts == ends
    files = {path.name for path in (lake.root / "pages").rglob("*") if path.is_file()}
    assert files == {
        Path(page[name]).name for page in pages.values() for name in ("records_file", "raw_file")
    }


def real_headers(body: bytes, delivery: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": delivery,
        "X-Hub-Signature-256": f"sha256={signature(body)}",
    }


def test_a_stranger_may_not_reach_a_source_without_secret(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from orchestration.cli import app

    file = tmp_path / "leadline.yml"
    file.write_text("sources: {hub: {kind: push, vendor: github}}", encoding="utf-8")
    result = CliRunner(env={"LEADLINE_HOME": str(tmp_path / "data")}).invoke(
        app, ["receive", "--config", str(file), "--host", "0.0.0.0", "--port", "0"]
    )
    assert "without a secret" in str(result.exception)


def test_of_names_another_source(tmp_path: Path) -> None:
    hook = "hook: {{kind: push, vendor: github, of: {}}}"
    for other in ("hook", "nobody"):
        with pytest.raises(ConfigurationError, match=r"line 2.*names no other source"):
            parse_settings("sources:\n  " + hook.format(other))
    settings = parse_settings("sources:\n  git: {path: .}\n  " + hook.format("git"))
    assert {"record_type": "setting", "source": "hook", "key": "of", "value": "git"} in (
        settings.catalogue
    )


def test_doctor_says_which_source_believes_everybody(tmp_path: Path) -> None:
    file = tmp_path / "leadline.yml"
    file.write_text("sources: {hub: {kind: push, vendor: github}}", encoding="utf-8")
    context = Context(home=Home(root=tmp_path), environment=Environment(_env_file=None))
    checks = {check.name: check for check in check_settings(context, file=file)}
    assert checks["Source hub"].verdict == "warn"
    assert "without a secret" in checks["Source hub"].found


def test_vectors_of_the_documentation_fit() -> None:
    body = b"Hello, World!"
    given = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    check = {"secret": "It's a Secret to Everybody", "now": NOW}
    assert refusal_of("github", {"x-hub-signature-256": given}, body, **check) is None  # type: ignore[arg-type]
