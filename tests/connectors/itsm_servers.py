"""Start real trackers and a monitoring server where they are installed; else skip."""

import grp
import os
import pwd
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.connectors.certificates import make_certificate

READY_SECONDS = 60
PEERS = Path(os.environ.get("LEADLINE_PEERS", ".cache/peers")).absolute()
REQUEST_TRACKER = Path("/usr/share/request-tracker5/libexec/rt-server")
REQUEST_TRACKER_DATA = Path("/var/lib/dbconfig-common/sqlite3/request-tracker5/rtdb")
RT_SETTINGS = """
Set($rtname, 'test'); Set($Organization, 'test'); Set($Timezone, 'UTC');
Set($DatabaseType, 'SQLite'); Set($DatabaseName, '{folder}/rtdb');
Set($WebPath, ''); Set($WebDomain, '127.0.0.1'); Set($WebPort, {port});
Set($WebBaseURL, 'http://127.0.0.1:{port}');
Set($LogToSyslog, undef); Set($LogToSTDERR, 'error'); Set($MailCommand, 'testfile');
Set($MasonDataDir, '{folder}/mason'); Set($MasonSessionDir, '{folder}/sessions');
Set(%GnuPG, Enable => 0); Set(%SMIME, Enable => 0);
1;
"""
REDMINE = Path("/usr/share/redmine")
REDMINE_DATA = Path("/var/lib/dbconfig-common/sqlite3/redmine/instances/default/redmine_default")
REDMINE_KEY = "0123456789abcdef0123456789abcdef01234567"
REDMINE_SETUP = """
insert or replace into settings (name, value, updated_on)
    values ('rest_api_enabled', '1', datetime());
update users set must_change_passwd = 0 where login = 'admin';
insert into tokens (user_id, action, value, created_on, updated_on)
    values (1, 'api', '{key}', datetime(), datetime());
insert into custom_fields (id, type, name, field_format, is_for_all, visible)
    values (1, 'IssueCustomField', 'Service', 'string', 1, 1);
insert into custom_fields_trackers (custom_field_id, tracker_id) values (1, 1);
"""
ICINGA_SETTINGS = """
const NodeName = "localhost"
const ZoneName = NodeName
const PluginDir = "/usr/lib/nagios/plugins"
const TicketSalt = "salt"
include <itl>
object Endpoint NodeName {{ }}
object Zone ZoneName {{ endpoints = [ NodeName ] }}
object ApiListener "api" {{
  bind_host = "127.0.0.1"; bind_port = "{port}"; ticket_salt = TicketSalt
}}
object ApiUser "writer" {{ password = "writer-password"; permissions = [ "*" ] }}
object ApiUser "reader" {{
  password = "reader-password"
  permissions = [ "objects/query/Host", "objects/query/Service", "objects/query/Downtime" ]
}}
object ApiUser "stranger" {{ password = "stranger-password"; permissions = [ "status/query" ] }}
object HostGroup "shop" {{ }}
object Host "web-1" {{
  check_command = "dummy"; enable_active_checks = false; max_check_attempts = 1
  groups = [ "shop" ]
}}
object Host "db-1" {{
  check_command = "dummy"; enable_active_checks = false; max_check_attempts = 1
}}
for (name in [ "hard", "soft", "fine" ]) {{
  object Service name {{
    host_name = "web-1"; check_command = "dummy"; enable_active_checks = false
    max_check_attempts = 3; vars.service = "pay"; vars.password = "of the check"
  }}
}}
"""
ROUNDUP = PEERS / "roundup" / "bin"
ROUNDUP_SERVER = """
import sys
from wsgiref.simple_server import make_server
from roundup.cgi.wsgi_handler import RequestDispatcher

make_server("127.0.0.1", int(sys.argv[2]), RequestDispatcher(sys.argv[1])).serve_forever()
"""
ROUNDUP_CHANGE = """
change = IssueClass(db, "change", status=Link("status"), assignedto=Link("user"),
                component=String(), planned_start=Date(), planned_end=Date())
"""
RT_TICKETS: tuple[dict[str, Any], ...] = (
    {
        "Queue": "Incidents", "Subject": "Down", "Status": "new",
        "Created": "2026-10-01 10:00:00", "CustomFields": {"Service": "pay"},
    },
    {
        "Queue": "Incidents", "Subject": "Slow", "Status": "open", "Priority": 50,
        "Created": "2026-10-02 10:00:00", "Started": "2026-10-02 11:00:00",
    },
    {
        "Queue": "Incidents", "Subject": "Odd", "Status": "resolved",
        "Created": "2026-10-05 10:00:00", "Started": "2026-10-05 11:00:00",
        "Resolved": "2026-10-05 12:00:00",
    },
    {
        "Queue": "Changes", "Subject": "Upgrade", "Starts": "2026-10-10 20:00:00",
        "Due": "2026-10-10 22:00:00",
    },
)  # fmt: skip
REDMINE_ISSUES: tuple[dict[str, Any], ...] = (
    {"tracker_id": 1, "subject": "Down", "priority_id": 5,
     "custom_fields": [{"id": 1, "value": "pay"}]},
    {"tracker_id": 1, "subject": "Slow"},
    {"tracker_id": 1, "subject": "Odd"},
    {"tracker_id": 1, "subject": "Again"},
    {"tracker_id": 3, "subject": "Upgrade", "start_date": "2026-10-10", "due_date": "2026-10-11"},
)  # fmt: skip
# More tickets than a page holds, all of them updated in one second.
TIED = 230
RT_TIE = "2026-10-09 12:00:00"


def free_port() -> int:
    """Return a loopback port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(
    command: Sequence[str | Path],
    folder: Path,
    *,
    is_ready: Callable[[], bool],
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Iterator[None]:
    """Run a server in a group of its own until the body ends, once it says that it is ready."""
    log = folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [str(part) for part in command], stdout=output, stderr=output, cwd=cwd or folder,
            env={**os.environ, **(env or {})}, start_new_session=True,
        )  # fmt: skip
        try:
            _await(is_ready, server, log)
            yield
        finally:
            _end(server)


def _await(is_ready: Callable[[], bool], server: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            if is_ready():
                return
        except (httpx.TransportError, OSError):
            pass
        time.sleep(0.1)
    raise AssertionError(f"the server did not become ready: {log.read_text(errors='replace')}")


def _end(server: "subprocess.Popen[bytes]") -> None:
    """End a server and the workers it started, which form its group."""
    for signal in (15, 9):
        try:
            os.killpg(server.pid, signal)
        except ProcessLookupError:
            break
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            continue
    server.wait(timeout=10)


@dataclass(frozen=True)
class Tracker:
    """A running tracker: its address, a client that may write, and its database."""

    url: str
    writer: httpx.Client
    database: Path

    def send(self, method: str, path: str, **data: Any) -> Any:
        """Write through the interface and return what it says."""
        reply = self.writer.request(method, path, json=data)
        assert reply.status_code < 400, reply.text
        return reply.json() if reply.content else None

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one statement in the tracker's database, for what no interface can set."""
        with closing(sqlite3.connect(self.database, timeout=30)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def seed_request_tracker(self) -> None:
        """Make queues, a field, three incidents, a change, and many tickets of one second."""
        for name in ("Incidents", "Changes"):
            self.send("POST", "/REST/2.0/queue", Name=name)
        field = self.send(
            "POST", "/REST/2.0/customfield", Name="Service", Type="FreeformSingle",
            LookupType="RT::Queue-RT::Ticket", MaxValues=1,
        )  # fmt: skip
        self.sql(
            "insert into ObjectCustomFields (CustomField, ObjectId) values (?, 0)", field["id"]
        )
        for ticket in RT_TICKETS:
            self.send("POST", "/REST/2.0/ticket", **ticket)
        names = ", ".join(
            name
            for (_, name, *_) in self.sql("pragma table_info(Tickets)")
            if name not in ("id", "EffectiveId", "LastUpdated")
        )
        for _ in range(TIED):
            self.sql(
                f"insert into Tickets ({names}, LastUpdated) select {names}, ? from Tickets "
                "where id = 3",
                RT_TIE,
            )
        self.sql("update Tickets set EffectiveId = id")

    def seed_redmine(self) -> None:
        """Make a project with four bugs, a planned support issue, and many bugs of one second."""
        project = {"name": "Ops", "identifier": "ops", "tracker_ids": [1, 2, 3]}
        self.send("POST", "/projects.json", project=project)
        for issue in REDMINE_ISSUES:
            self.send("POST", "/issues.json", issue={"project_id": "ops", **issue})
        for number, status in ((2, 2), (2, 3), (3, 5), (4, 2), (4, 5), (4, 4)):
            self.send("PUT", f"/issues/{number}.json", issue={"status_id": status})
        names = ", ".join(
            name
            for (_, name, *_) in self.sql("pragma table_info(issues)")
            if name not in ("id", "updated_on", "root_id")
        )
        for number in range(TIED):
            self.sql(
                f"insert into issues ({names}, updated_on) select {names}, ? from issues "
                "where id = 1",
                # In the order of their fractions, which nobody sees, numbers go down.
                f"{RT_TIE}.{999 - number:03d}000",
            )
        self.sql("update issues set root_id = id")


@contextmanager
def request_tracker(folder: Path) -> Iterator[Tracker]:
    """Run a Request Tracker on a copy of the database that its package made."""
    if not REQUEST_TRACKER.exists() or not os.access(REQUEST_TRACKER_DATA, os.R_OK):
        pytest.skip(
            "request-tracker5, rt5-db-sqlite and rt5-standalone are not installed, or not readable"
        )
    port = free_port()
    for name in ("mason", "sessions", "settings"):
        (folder / name).mkdir()
    shutil.copy(REQUEST_TRACKER_DATA, folder / "rtdb")
    (folder / "site.pm").write_text(
        RT_SETTINGS.replace("{folder}", str(folder)).replace("{port}", str(port))
    )
    url = f"http://127.0.0.1:{port}"
    writer = httpx.Client(base_url=url, auth=("root", "password"), trust_env=False, timeout=60)
    command: list[str | Path] = [
        REQUEST_TRACKER, "--server", "Starlet", "--host", "127.0.0.1", "--port", str(port),
        "--max-workers", "2",
    ]  # fmt: skip
    env = {
        "RT_SITE_CONFIG": str(folder / "site.pm"),
        "RT_SITE_CONFIG_DIR": str(folder / "settings"),
    }
    with (
        writer,
        process(
            command,
            folder,
            env=env,
            is_ready=lambda: writer.get("/REST/2.0/rt").status_code == 200,
        ),
    ):
        yield Tracker(url, writer, folder / "rtdb")


@contextmanager
def redmine(folder: Path) -> Iterator[Tracker]:
    """Run a Redmine on a copy of the database that its package made."""
    bundle = shutil.which("bundle")
    if not bundle or not shutil.which("puma") or not os.access(REDMINE_DATA, os.R_OK):
        pytest.skip("redmine, redmine-sqlite and puma are not installed, or not readable")
    port, database = free_port(), folder / "redmine.sqlite"
    shutil.copy(REDMINE_DATA, database)
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(REDMINE_SETUP.replace("{key}", REDMINE_KEY))
    (folder / "Gemfile").write_text(f'eval_gemfile "{REDMINE}/Gemfile"\ngem "puma"\n')
    (folder / "puma.rb").write_text("")
    env = {
        # The newest bundler of Debian does not find the gems that the package patched.
        "BUNDLER_VERSION": "2.3.15",
        "BUNDLE_GEMFILE": str(folder / "Gemfile"),
        "BUNDLE_SILENCE_ROOT_WARNING": "1",
        "DATABASE_URL": f"sqlite3:{database}",
        "RAILS_ENV": "production",
        "RAILS_LOG_TO_STDOUT": "1",
        "REDMINE_INSTANCE": "default",
        "X_DEBIAN_SITEID": "default",
    }
    subprocess.run(
        [bundle, "install", "--local", "--quiet"],
        check=True, capture_output=True, cwd=folder, env={**os.environ, **env},
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    writer = httpx.Client(
        base_url=url, headers={"x-redmine-api-key": REDMINE_KEY}, trust_env=False, timeout=60
    )
    command: list[str | Path] = [
        bundle, "exec", "puma", "-C", folder / "puma.rb", "-e", "production",
        "-b", f"tcp://127.0.0.1:{port}", "-t", "2:4",
    ]  # fmt: skip
    with (
        writer,
        process(
            command,
            folder,
            env=env,
            cwd=REDMINE,
            is_ready=lambda: writer.get("/trackers.json").status_code == 200,
        ),
    ):
        yield Tracker(url, writer, database)


@dataclass(frozen=True)
class Icinga:
    """A running Icinga: its address, a client that may write, and its own authority's file."""

    url: str
    writer: httpx.Client
    authority: Path

    def act(self, action: str, name: str, **data: Any) -> None:
        """Do something to a service, or to a host where the name has no check."""
        kind = "Service" if "!" in name else "Host"
        place = f"{kind.lower()}.__name == name"
        body = {"type": kind, "filter": place, "filter_vars": {"name": name}, **data}
        reply = self.writer.post(f"/v1/actions/{action}", json=body)
        assert reply.status_code == 200, reply.text

    def check(self, name: str, status: int, *, times: int = 1) -> None:
        """Report results of a check."""
        for _ in range(times):
            self.act("process-check-result", name, exit_status=status, plugin_output="by a test")


@contextmanager
def icinga(folder: Path) -> Iterator[Icinga]:
    """Run an Icinga that checks nothing itself and has an authority of its own."""
    program = shutil.which("icinga2")
    if not program:
        pytest.skip("icinga2-bin, icinga2-common and monitoring-plugins-basic are not installed")
    port = free_port()
    certificates = folder / "data" / "certs"
    certificates.mkdir(parents=True)
    authority, _ = make_certificate(certificates, "localhost")
    shutil.copy(authority, certificates / "ca.crt")
    (folder / "icinga2.conf").write_text(ICINGA_SETTINGS.format(port=port))
    places = {"DataDir": "data", "LogDir": "log", "CacheDir": "cache", "SpoolDir": "spool"}
    places |= {"InitRunDir": "run", "ConfigDir": "."}
    for name in places.values():
        (folder / name).mkdir(exist_ok=True)
    defined = [f"-D{name}={folder / place}" for name, place in places.items()]
    user = pwd.getpwuid(os.getuid()).pw_name
    command: list[str | Path] = [
        program, "daemon", "-c", folder / "icinga2.conf", *defined,
        f"-DRunAsUser={user}", f"-DRunAsGroup={grp.getgrgid(os.getgid()).gr_name}",
    ]  # fmt: skip
    url = f"https://127.0.0.1:{port}"
    writer = httpx.Client(
        base_url=url, auth=("writer", "writer-password"), trust_env=False, timeout=30,
        verify=ssl.create_default_context(cafile=str(authority)),
        headers={"accept": "application/json"},
    )  # fmt: skip
    with (
        writer,
        process(command, folder, is_ready=lambda: writer.get("/v1/status").status_code == 200),
    ):
        yield Icinga(url, writer, authority)


@contextmanager
def roundup(folder: Path, *, calls: int = 0, seconds: int = 3600) -> Iterator[Tracker]:
    """Run a Roundup that allows so many calls in so many seconds; 0 is any number."""
    if not (ROUNDUP / "roundup-admin").exists():
        pytest.skip(f"roundup is not installed in {PEERS / 'roundup'} (PyPI: roundup==2.6.0)")
    port, home = free_port(), folder / "tracker"
    admin = [str(ROUNDUP / "roundup-admin"), "-i", str(home)]
    run = partial(subprocess.run, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    run([*admin, "install", "classic", "sqlite"])
    url = f"http://127.0.0.1:{port}"
    settings = (home / "config.ini").read_text()
    for name, value in (
        ("web", f"{url}/"),
        ("domain", "localhost"),
        ("host", "localhost"),
        ("api_calls_per_interval", calls),
        ("api_interval_in_sec", seconds),
    ):
        settings = re.sub(rf"(?m)^#?{name} = .*$", f"{name} = {value}", settings)
    (home / "config.ini").write_text(settings)
    schema = (home / "schema.py").read_text()
    status = 'status=Link("status"))\n'
    assert status in schema
    schema = schema.replace(status, f"component=String(),\n{' ' * 16}{status}{ROUNDUP_CHANGE}", 1)
    (home / "schema.py").write_text(schema)
    run([*admin, "initialise", "secret"])
    (folder / "serve.py").write_text(ROUNDUP_SERVER)
    writer = httpx.Client(
        base_url=url, auth=("admin", "secret"), trust_env=False, timeout=30,
        headers={"x-requested-with": "rest", "referer": f"{url}/", "origin": url},
    )  # fmt: skip
    command: list[str | Path] = [ROUNDUP / "python", folder / "serve.py", home, str(port)]
    with (
        writer,
        process(command, folder, is_ready=lambda: writer.get("/").status_code == 200),
    ):
        yield Tracker(url, writer, home / "db" / "db")


@contextmanager
def faulty_proxy(folder: Path, upstream: str) -> Iterator[Tracker]:
    """Run mitmproxy before a server; what is posted to /__plan__ says which replies it spoils."""
    program = PEERS / "mitmproxy" / "bin" / "mitmdump"
    if not program.exists():
        pytest.skip(f"mitmproxy is not installed in {PEERS} (PyPI: mitmproxy==11.0.2)")
    port = free_port()
    script = Path(__file__).with_name("faulty_proxy.py")
    command: list[str | Path] = [
        program, "-q", "--mode", f"reverse:{upstream}", "--listen-host", "127.0.0.1", "-p",
        str(port), "--set", f"confdir={folder / 'mitmproxy'}", "-s", script,
    ]  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    writer = httpx.Client(base_url=url, trust_env=False, timeout=30)
    with (
        writer,
        process(
            command,
            folder,
            is_ready=lambda: writer.post("/__plan__", json={}).status_code == 204,
        ),
    ):
        yield Tracker(url, writer, folder)
