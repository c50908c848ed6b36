"""A person is taken out of all that was read; numbers, other people and the accounts stay."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard
from pydantic import SecretStr
from typer.testing import CliRunner

from connectors._contract import Page, Refusal
from orchestration import redactions
from orchestration.builds import WAREHOUSE, read_builds, read_manifest, read_pointer
from orchestration.cli import app
from orchestration.commands import privacy as command
from orchestration.commands.receive import LOCK_FOLDER
from orchestration.erasure import Eraser, builds_that_hold, tables_that_hold
from orchestration.errors import ConfigurationError, LeadlineError, LockHeld, NothingToRead
from orchestration.journal import read_lines
from orchestration.keys import pseudonym, pseudonym_key, rotate_key
from orchestration.lake import Lake
from orchestration.locks import run_lock
from orchestration.person_places import read_person_places
from orchestration.redaction import Person, redact_page, redact_text
from orchestration.run import Context, build_and_publish
from orchestration.settings import Environment
from orchestration.versions import TRANSFORMS
from orchestration.warehouse import warehouse
from tests.transforms.estate import Estate, at
from transforms.decisions import append_decision
from transforms.home import Home

READ_AT = datetime(2026, 5, 1, tzinfo=UTC)
ADA = Person(frozenset({"ada", "ada@example.org"}), "erased-1")
KEY = SecretStr("key")


def _redacted(record: object, **places: object) -> object:
    body = json.dumps(record).encode()
    found = redact_page(body, ADA, form="json", **places)  # type: ignore[arg-type]
    return record if found is None else json.loads(found)


# -- what is taken out of one page ---------------------------------------------------------------


def test_an_address_goes_wherever_it_stands_with_the_name_before_it() -> None:
    text = "Fix\n\nCo-authored-by: Ada Lovelace <ADA@example.org>\nsee mailto:ada%40example.org."
    assert redact_text(text, ADA) == (
        "Fix\n\nCo-authored-by: erased-1 <erased-1>\nsee mailto:erased-1."
    )


@pytest.mark.parametrize(
    "trailer",
    [
        "Co-authored-by: Ada Lovelace <ada@example.org>",
        "co-authored-by:Ada Augusta King, Countess of Lovelace (she) <ADA@example.org>",
        "Co-authored-by: <ada@example.org>",
        "Co-Authored-By: Ada Lovelace <ada>",
        "Signed-off-by: Ada: Lovelace < Ada >",
    ],
)
def test_a_trailer_of_a_message_loses_the_whole_name_and_whatever_stands_for_the_person(
    trailer: str,
) -> None:
    text = f"Fix the ada service\n\n{trailer}\nCo-authored-by: Bob <bob@example.org>"
    found = redact_text(text, ADA)
    first, _, redacted, other = found.splitlines()
    assert first == "Fix the ada service"
    assert redacted.partition(":")[2] == " erased-1 <erased-1>"
    assert other == "Co-authored-by: Bob <bob@example.org>"


@pytest.mark.parametrize(
    "text",
    ["Co-authored-by: Ada <adabert>", "Co-authored-by: ada <bob>", "By: ada <x>", "x <ada>"],
)
def test_a_trailer_of_somebody_else_stays(text: str) -> None:
    assert redact_text(text, ADA) == text


@pytest.mark.parametrize(
    "text", ["bada@example.org", "ada@example.org.uk", "ada@example.organic", "x.ada@example.org"]
)
def test_a_longer_address_is_somebody_elses(text: str) -> None:
    assert redact_text(text, ADA) == text


def test_a_login_goes_where_a_person_is_named_and_where_it_is_mentioned() -> None:
    record = {"user": {"login": "Ada"}, "body": "thanks @ada, see acme/ada and the ada service"}
    assert _redacted(record) == {
        "user": {"login": "erased-1"},
        "body": "thanks @erased-1, see acme/ada and the ada service",
    }


def test_a_service_or_repository_of_the_same_name_stays() -> None:
    record = {"service": "ada", "name": "ada", "repository": "ada/shop", "ref": "ada"}
    assert _redacted(record) == record


def test_what_describes_the_person_goes_with_the_login() -> None:
    user = {
        "login": "ada",
        "id": 1815,
        "name": "Ada Lovelace",
        "avatar_url": "https://avatars.example.org/u/1815",
        "html_url": "https://github.example.org/ada",
        "type": "User",
    }
    found = _redacted({"user": user, "number": 1815})
    assert isinstance(found, dict)
    assert found["number"] == 1815
    assert found["user"]["type"] == "User"
    left = json.dumps(found["user"])
    assert not any(word in left for word in ("ada", "Ada", "Lovelace", "1815"))


def test_the_name_beside_an_address_in_a_flat_record_goes_and_the_title_stays() -> None:
    record = {"author_name": "Ada L.", "author_email": "ada@example.org", "title": "Ada L."}
    assert _redacted(record) == {
        "author_name": "erased-1",
        "author_email": "erased-1",
        "title": "Ada L.",
    }


def test_what_a_staging_model_turns_into_a_pseudonym_is_a_persons_place() -> None:
    places = read_person_places()["pagerduty", "log_entries"].places
    ida = Person(frozenset({"pu1"}), "erased-2")
    body = b'{"agent":{"id":"PU1","summary":"Ida"},"incident":{"id":"PU1"}}'
    found = redact_page(body, ida, form="json", places=places)
    assert found is not None
    assert json.loads(found) == {
        "agent": {"id": "erased-2", "summary": "erased-2"},
        "incident": {"id": "PU1"},
    }


@pytest.mark.parametrize(
    "file",
    [
        file
        for file in sorted(Path(TRANSFORMS, "models", "staging").glob("*/*.sql"))
        if re.search(r"pseudonym\(|co_author_ids\(", file.read_text(encoding="utf-8"))
    ],
    ids=lambda file: file.stem,
)
def test_erasure_knows_where_every_staging_model_finds_people(file: Path) -> None:
    stream = re.search(r'kind="(\w+)",\s*stream="(\w+)"', file.read_text(encoding="utf-8"))
    assert stream is not None
    known = read_person_places()[stream[1], stream[2]]
    assert known.places
    assert bool(known.messages) == ("co_author_ids(" in file.read_text(encoding="utf-8"))


def test_numbers_repeated_keys_and_untouched_lines_stay_as_they_were_written() -> None:
    lines = [b'{"a": 1.10,  "a": 1e400}', b'{"login":"ada","n":1.10,"n":1e400,"u":"\\u00e4"}']
    found = redact_page(b"\n".join(lines), ADA, form="ndjson")
    assert found is not None
    first, second = found.split(b"\n")
    assert first == lines[0]
    assert second == '{"login":"erased-1","n":1.10,"n":1e400,"u":"ä"}'.encode()


def test_an_address_that_is_written_with_escapes_is_found() -> None:
    found = redact_page(b'{"x":"\\u0061da\\u0040example.org"}', ADA, form="json")
    assert found == b'{"x":"erased-1"}'


def test_bytes_that_are_no_json_lose_the_login_as_a_word_too() -> None:
    found = redact_page(b'<case author="ada" of="adage"/> \xff', ADA, form="raw")
    assert found == b'<case author="erased-1" of="adage"/> \xff'


def test_a_page_without_the_person_is_left_alone() -> None:
    assert redact_page(b'{"login":"bob"}', ADA, form="json") is None


# -- the whole lake ------------------------------------------------------------------------------


@dataclass
class World:
    """An estate that was read and built, and the context that commands see."""

    context: Context
    clock: list[datetime]

    @property
    def home(self) -> Home:
        return self.context.home


def _write_estate(home: Home) -> None:
    estate = Estate()
    estate.service("shop")
    estate.service("ada")
    parents: tuple[str, ...] = ()
    for day in range(1, 9):
        title = f"Change {day} (ask ada@example.org or @ada)"
        sha = estate.commit("shop", at(f"2026-03-0{day} 08:00"), parents=parents, title=title)
        estate.deploy("shop", sha, at(f"2026-03-0{day} 10:00"))
        parents = (sha,)
    merge = estate.squash("shop", [at("2026-03-10 08:00")], at("2026-03-10 12:00"), parents=parents)
    estate.deploy("shop", merge, at("2026-03-10 13:00"))
    for record, _ in list(estate.streams["github", "pulls"]):
        number = record["number"]
        for login in ("ada", "bob"):
            estate.add(
                "github",
                "pull_reviews",
                {
                    "id": estate.number(),
                    "user": {"login": login, "type": "User"},
                    "state": "APPROVED",
                    "submitted_at": "2026-03-10T09:00:00Z",
                },
                repository="acme/shop",
                pull_number=number,
            )
    key = estate.change_request("shop", at("2026-03-10 07:00"), "x")
    for one, approver in enumerate(("ada@example.org", "bob@example.org")):
        estate.add(
            "servicenow",
            "sysapproval_approver",
            {
                "sys_id": f"a{one}",
                "sysapproval": {"value": key},
                "approver": {"value": approver, "display_value": approver.split("@")[0].title()},
                "state": "approved",
                "sys_created_on": "2026-03-10 07:30:00",
            },
        )
    estate.incident("shop", at("2026-03-05 10:30"), at("2026-03-05 12:00"))
    estate.write(home.lake, read_at=READ_AT)
    lake = Lake(home.lake)
    run = lake.start_run("github", "releases", kind="github", read_at=READ_AT)
    run.add(
        Page(
            stream="releases",
            body=b"raw text by ada <ada@example.org>",
            decoded=b"",
            url="https://x.test/releases?author=ada%40example.org",
            read_at=READ_AT,
            row_count=0,
            format="ndjson",
        )
    )
    body = b'{"user": {"login": "ada", "email": "ada@example.org"}, "torn'
    run.quarantine(
        Refusal("releases", "bad_payload", "of ada@example.org", "https://x.test", READ_AT, body)
    )
    lake.seal("github", "releases", read_at=READ_AT)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return the estate, built once and not changed by any test."""
    home = Home(root=tmp_path_factory.mktemp("privacy") / "data")
    _write_estate(home)
    clock = [READ_AT + timedelta(hours=1)]
    context = Context(home=home, environment=Environment(), clock=lambda: clock[0])
    build_and_publish(context)
    return World(context, clock)


def _values(home: Home) -> dict[str, list[tuple[object, ...]]]:
    """Return every metric's table as readers see it."""
    build = read_pointer(home.current)
    assert build is not None
    with warehouse(build / WAREHOUSE) as connection:
        metrics = connection.execute("select metric from v1.metric_definitions").fetchall()
        return {
            str(name): connection.execute(f"select * from v1.{name} order by all").fetchall()
            for (name,) in metrics
        }


def _one(home: Home, sql: str) -> object:
    build = read_pointer(home.current)
    assert build is not None
    with warehouse(build / WAREHOUSE) as connection:
        row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0]


def _lake_text(home: Home) -> str:
    parts = []
    for path in sorted(home.lake.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            is_packed = path.suffix == ".zst"
            content = zstandard.ZstdDecompressor().decompress(content) if is_packed else content
            parts.append(content.decode("utf-8", errors="replace"))
    return "\n".join(parts)


@pytest.fixture(scope="module")
def erased(built: World) -> Iterator[tuple[World, dict[str, list[tuple[object, ...]]], str]]:
    """Return the estate after an erasure, its metrics before, and what the command said."""
    before = _values(built.home)
    patch = pytest.MonkeyPatch()
    said: list[str] = []
    patch.setattr(command, "open_context", lambda: built.context)
    patch.setattr(command, "say", said.append)
    lines = _journal_lines(built.home)
    built.clock[0] += timedelta(hours=1)
    command.erase("ada@example.org", is_dry=True, removes_builds=False)
    assert _journal_lines(built.home) == lines
    assert not redactions.record_file(built.home.lake).exists()
    command.erase("ada@example.org", is_dry=False, removes_builds=False)
    yield built, before, "\n".join(said)
    patch.undo()


def _journal_lines(home: Home) -> list[tuple[str, object, object]]:
    return [
        (line["event"], line["run_id"], line.get("page_id")) for line in Lake(home.lake).lines()
    ]


Erased = tuple[World, dict[str, list[tuple[object, ...]]], str]


def test_every_metric_is_what_it_was(erased: Erased) -> None:
    world, before, _ = erased
    assert sum(map(len, before.values())) > 100
    assert _values(world.home) == before


def test_nothing_in_the_lake_says_the_address_or_the_name_beside_it(erased: Erased) -> None:
    text = _lake_text(erased[0].home)
    assert "ada@example.org" not in text.lower()
    assert "ada%40example.org" not in text.lower()
    assert '"Ada"' not in text
    assert '"login": "ada"' not in text
    assert '"login":"ada"' not in text


def test_a_service_that_is_called_like_the_login_stays(erased: Erased) -> None:
    assert _one(erased[0].home, "select count(*) from v1.services where service_id = 'ada'") == 1


def test_the_pseudonym_is_gone_and_those_of_other_people_stay(erased: Erased) -> None:
    home = erased[0].home
    key = pseudonym_key(home, environment=Environment())
    build = read_pointer(home.current)
    assert build is not None
    for name in ("ada", "ada@example.org"):
        assert tables_that_hold(build / WAREHOUSE, [pseudonym(name, key=key)[:12]]) == []
    reviewers = "select count(*) from v1.reviews where reviewer_id = '{}'"
    assert _one(home, reviewers.format(pseudonym("bob", key=key))) == 1
    approvals = "select count(distinct approver_id) from v1.approvals"
    assert _one(home, approvals) == 2


def test_her_login_and_her_address_are_one_person_still(erased: Erased) -> None:
    tokens = "select count(distinct author_id) from v1.commits"
    assert _one(erased[0].home, tokens) == 1


def test_pages_keep_their_ids_and_every_record_is_accounted_for(erased: Erased) -> None:
    home = erased[0].home
    broken = (
        "select count(*) from v1.page_accounts "
        "where fetched_count <> loaded_count + duplicate_count + quarantined_count"
    )
    assert _one(home, broken) == 0
    pages = [page_id for event, _, page_id in _journal_lines(home) if event == "page"]
    accounted = _one(home, "select count(distinct page_id) from v1.page_accounts")
    assert accounted == len(set(pages))


def test_a_redacted_page_verifies_through_the_record(erased: Erased) -> None:
    lake = Lake(erased[0].home.lake)
    changed = 0
    for line in lake.lines():
        if line["event"] == "page":
            found = hashlib.sha256(lake.body(line, raw=True)).hexdigest()
            name = line["raw_file"] or line["records_file"]
            assert redactions.leads_to(lake.root, name=name, stated=line["sha256"], found=found)
            assert not redactions.leads_to(lake.root, name=name, stated=line["sha256"], found="0")
            changed += found != line["sha256"]
    assert changed >= 5


def test_the_record_names_nobody(erased: Erased) -> None:
    text = redactions.record_file(erased[0].home.lake).read_text(encoding="utf-8")
    assert not re.search(r"\bada\b", text, re.IGNORECASE)
    lines = list(read_lines(redactions.record_file(erased[0].home.lake)))
    assert lines[-1]["event"] == "erasure_finished"
    assert lines[-1]["file_count"] == len(lines) - 1
    assert all(line["sha256_before"] != line["sha256_after"] for line in lines[:-1])
    assert all(line["page_id"] for line in lines if line.get("file", "").startswith("pages"))


def test_the_command_says_what_it_did_and_not_about_whom(erased: Erased) -> None:
    said = erased[2]
    assert "2 identifiers of one person" in said
    assert "nothing was changed" in said
    assert "run it again with --builds" in said
    assert "Out of reach" in said
    assert not re.search(r"\bada\b", said, re.IGNORECASE)


def test_the_same_person_in_new_pages_gets_the_same_token(
    erased: Erased, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = erased[0]
    eraser = Eraser(world.home, pseudonym_key(world.home, environment=Environment()))
    lines = list(read_lines(redactions.record_file(world.home.lake)))
    assert eraser.person("ADA").token == lines[-1]["token"]
    assert eraser.person("bob").token != lines[-1]["token"]
    with pytest.raises(NothingToRead, match="names this person"):
        command.erase("ada@example.org", is_dry=False, removes_builds=False)


def test_builds_that_hold_the_pseudonym_are_removed_when_asked_for(erased: Erased) -> None:
    world, before, _ = erased
    home = world.home
    key = pseudonym_key(home, environment=Environment())
    wanted = [pseudonym("ada", key=key)]
    (old,) = builds_that_hold(home, wanted)
    current = read_pointer(home.current)
    assert current is not None
    assert old != current.name
    world.clock[0] += timedelta(hours=1)
    command.rotate_key(removes_builds=True)
    assert [one.name for one in read_builds(home.builds)] == [home.current.resolve().name]
    manifest = read_manifest(home.current.resolve())
    new = pseudonym_key(home, environment=Environment())
    assert new.get_secret_value() != key.get_secret_value()
    assert (
        _one(
            home,
            f"select count(*) from v1.reviews where reviewer_id = '{pseudonym('bob', key=new)}'",
        )
        == 1
    )
    assert manifest.pseudonym_key_id
    assert _values(home) == before


# -- kills, locks and refusals -------------------------------------------------------------------


class Killed(BaseException):
    """Stands for a kill at any moment."""


@pytest.mark.parametrize("moment", [1, 2, 4, 7])
def test_an_erasure_that_was_killed_is_finished_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    home = Home(root=tmp_path / "data")
    _write_estate(home)
    eraser = Eraser(home, KEY)
    person = eraser.person("ada")
    assert person.identifiers == {"ada", "ada@example.org"}
    replace, calls = redactions.replace_file, [0]

    def dies(path: Path, content: bytes) -> None:
        calls[0] += 1
        if calls[0] == 1 + moment:
            raise Killed
        replace(path, content)

    monkeypatch.setattr(redactions, "replace_file", dies)
    with pytest.raises(Killed):
        eraser.erase(person, now=READ_AT)
    monkeypatch.undo()
    again = Eraser(home, KEY)
    begun = again.unfinished()
    assert begun == person
    count = again.erase(begun, now=READ_AT)
    again.finish(begun, file_count=count, now=READ_AT)
    assert again.unfinished() is None
    assert "ada@example.org" not in _lake_text(home).lower()
    assert list(again.changes(person)) == []
    lake = Lake(home.lake)
    for line in lake.lines():
        if line["event"] == "page":
            found = hashlib.sha256(lake.body(line, raw=True)).hexdigest()
            name = line["raw_file"] or line["records_file"]
            assert redactions.leads_to(lake.root, name=name, stated=line["sha256"], found=found)


def test_a_page_of_a_killed_run_that_was_redacted_since_is_kept_when_the_run_is_sealed(
    home: Home,
) -> None:
    lake = Lake(home.lake)
    run = lake.start_run("github", "pulls", kind="github", read_at=READ_AT)
    body = b'{"user": {"login": "ada"}}'
    run.add(Page(stream="pulls", body=body, url="x", read_at=READ_AT, row_count=1, format="ndjson"))
    eraser = Eraser(home, KEY)
    assert eraser.erase(Person(frozenset({"ada"}), "erased-1"), now=READ_AT) == 1
    lake.seal("github", "pulls", read_at=READ_AT)
    assert [line["event"] for line in lake.journal("github", "pulls")] == [
        "run_started",
        "page",
        "run_finished",
    ]


MADE = "1815+ada@users.noreply.github.com"


def _write_message(home: Home, *trailers: str) -> None:
    """Write one commit of a pull request by bob, whose message has these trailers."""
    estate = Estate()
    estate.service("shop")
    message = "Fix\n\n" + "\n".join(trailers)
    estate.add(
        "github",
        "pull_commits",
        {
            "sha": "c" * 40, "author": {"login": "bob", "type": "User"}, "parents": [],
            "commit": {"message": message, "author": {"email": "bob@example.org"}},
        },
        repository="acme/shop",
        pull_number=1,
    )  # fmt: skip
    estate.write(home.lake, read_at=READ_AT)


@pytest.mark.parametrize("given", ["ada", MADE])
def test_the_address_that_a_host_made_from_a_login_leads_to_it_and_back(
    home: Home, given: str
) -> None:
    _write_message(home, f"Co-authored-by: Ada <{MADE}>", "Co-authored-by: Bo <bo@example.org>")
    assert Eraser(home, KEY).person(given).identifiers == {"ada", MADE}


def test_a_co_author_whom_only_messages_name_is_erased(home: Home) -> None:
    _write_message(home, f"Co-authored-by: Ada Lovelace <{MADE}>", "Co-authored-by: Al <al>")
    eraser = Eraser(home, KEY)
    for person in (eraser.person("ada"), eraser.person("al")):
        assert eraser.erase(person, now=READ_AT) == 1
        eraser.finish(person, file_count=1, now=READ_AT)
    left = _lake_text(home)
    assert not re.search(r"ada|lovelace|1815|\bal\b", left, re.IGNORECASE)
    assert "bob@example.org" in left


def test_an_address_that_two_logins_use_joins_nobody(home: Home) -> None:
    estate = Estate()
    estate.service("shop")
    estate.commit("shop", at("2026-03-01 08:00"))
    estate.commit("shop", at("2026-03-02 08:00"))
    estate.streams["github", "commits"][1][0]["author"] = {"login": "eve", "type": "User"}
    estate.write(home.lake, read_at=READ_AT)
    eraser = Eraser(home, KEY)
    assert eraser.person("ada").identifiers == {"ada"}
    assert eraser.person("ada@example.org").identifiers == {"ada@example.org"}


def _keep(home: Home, kind: str, *, who: str, subject: str = "x", reason: str = "") -> None:
    append_decision(
        home.lake, kind=kind, subject=subject, verdict="v", reason=reason, who=who,
        decided_at=READ_AT,
    )  # fmt: skip


def test_sign_ins_exports_and_mentions_in_the_audit_log_are_counted_beside_decisions(
    home: Home,
) -> None:
    _keep(home, "verdict", who="Ada@Example.org ")
    _keep(home, "access", who="ada@example.org")
    _keep(home, "access", who="adam@example.org")
    _keep(home, "export", who="ada")
    _keep(home, "gate", who="bob", reason='{"asked_by": "ada"}')
    _keep(home, "gate", who="bob", reason="adamant about canada")
    assert Eraser(home, KEY).kept_entries(ADA) == {
        "decision": 1,
        "sign-in or export": 2,
        "mention": 1,
    }


def test_somebody_who_only_ever_signed_in_is_told_what_stays_without_a_name(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate = Estate()
    estate.service("shop")
    estate.write(home.lake, read_at=READ_AT)
    _keep(home, "access", who="eve@example.org", subject="role:analyst")
    said: list[str] = []
    monkeypatch.setattr(command, "open_context", lambda: Context(home, Environment()))
    monkeypatch.setattr(command, "say", said.append)
    with pytest.raises(NothingToRead, match="names this person"):
        command.erase("eve@example.org", is_dry=False, removes_builds=False)
    assert said == [
        "These entries of the audit log stay: 1 of sign-ins and exports under this name. Their "
        "chain shows that nobody changed an entry, and ends where one is changed."
    ]


@pytest.mark.parametrize("given", ["", "a", "dependabot[bot]"])
def test_who_can_be_nobody_is_refused(home: Home, given: str) -> None:
    with pytest.raises(ConfigurationError, match="PERSON"):
        Eraser(home, KEY).person(given)


@pytest.mark.parametrize("folder", [".", LOCK_FOLDER])
def test_a_run_or_a_receiver_that_goes_on_keeps_an_erasure_out(
    home: Home, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "open_context", lambda: Context(home, Environment()))
    with run_lock(home.work / folder), pytest.raises(LockHeld):
        command.erase("ada", is_dry=False, removes_builds=False)


def test_a_torn_page_is_named_and_nothing_is_changed(home: Home) -> None:
    Estate().write(home.lake, read_at=READ_AT)
    (page,) = home.lake.glob("pages/*/*/*.zst")
    page.write_bytes(page.read_bytes()[:-20])
    with pytest.raises(LeadlineError, match="restore it from a copy"):
        Eraser(home, KEY).person("ada")


def test_a_key_from_the_environment_is_not_rotated(home: Home) -> None:
    with pytest.raises(ConfigurationError, match="LEADLINE_PSEUDONYM_KEY"):
        rotate_key(home, environment=Environment(pseudonym_key=SecretStr("mine")))


def test_the_command_explains_itself() -> None:
    shown = CliRunner().invoke(app, ["privacy", "--help"])
    assert "erase" in shown.output
    assert "rotate-key" in shown.output
