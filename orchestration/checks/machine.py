"""Checks of the machine: Python, libraries, disk, permissions, clock, ports, telemetry."""

import os
import shutil
import ssl
import stat
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orchestration import QUIET
from orchestration.checks import Check, Verdict
from orchestration.commands.dashboard import is_free
from orchestration.locks import is_held, read_holder
from orchestration.run import Context
from orchestration.settings import changed_from
from orchestration.versions import TRANSFORMS

PYTHON_FROM, PYTHON_BELOW = (3, 11), (3, 14)
LOW_BYTES, VERY_LOW_BYTES = 5 << 30, 1 << 30
FIRST_SANE_YEAR = 2026


def check_machine(context: Context) -> Iterator[Check]:
    """Yield the checks that need neither settings nor data."""
    yield _python()
    yield _libraries()
    yield _bytecode()
    yield _disk(context)
    yield _writable(context)
    yield _permissions(context)
    yield _lock(context)
    yield _clock(context)
    yield _zones()
    yield _certificates()
    yield _git()
    yield _port(context)
    yield _telemetry()


def _check(name: str, *, good: bool, found: str, remedy: str, otherwise: Verdict = "fail") -> Check:
    return Check(name, "pass" if good else otherwise, found, remedy)


def _python() -> Check:
    version = sys.version_info[:2]
    good = PYTHON_FROM <= version < PYTHON_BELOW
    found = ".".join(str(part) for part in sys.version_info[:3])
    return _check("Python", good=good, found=found, remedy="use Python 3.11, 3.12 or 3.13")


def _libraries() -> Check:
    wrong = []
    pinned = _pinned()
    for name, version in pinned.items():
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            found = "missing"
        if found != version:
            wrong.append(f"{name} {found} in place of {version}")
    return _check(
        "Libraries",
        good=not wrong,
        found="; ".join(wrong) or f"{len(pinned)} pinned versions as locked",
        remedy="run ./bootstrap.sh, which installs exactly what the lock names",
    )


def _pinned() -> dict[str, str]:
    """Return the exact versions that pyproject.toml asks for."""
    text = (TRANSFORMS.parent / "pyproject.toml").read_text(encoding="utf-8")
    wanted = [str(one) for one in tomllib.loads(text)["project"]["dependencies"]]
    return dict(one.split("==") for one in wanted if "==" in one)


def _bytecode() -> Check:
    off = bool(sys.dont_write_bytecode)
    return _check(
        "Bytecode",
        good=not off,
        found="not written" if off else "written",
        remedy="unset PYTHONDONTWRITEBYTECODE; without bytecode a run takes seconds longer",
        otherwise="warn",
    )


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _disk(context: Context) -> Check:
    free = shutil.disk_usage(_existing(context.home.root)).free
    verdict: Verdict = "pass" if free >= LOW_BYTES else "warn"
    if free < VERY_LOW_BYTES:
        verdict = "fail"
    remedy = "make room, or set LEADLINE_HOME to another disk"
    return Check("Disk", verdict, f"{free / (1 << 30):.1f} GiB free", remedy)


def _writable(context: Context) -> Check:
    folder = _existing(context.home.root)
    return _check(
        "Folder",
        good=os.access(folder, os.W_OK),
        found=str(context.home.root),
        remedy=f"make {folder} writable, or set LEADLINE_HOME",
    )


def _permissions(context: Context) -> Check:
    """Raw pages and keys are for their owner only."""
    home = context.home
    looked = [home.lake, *home.lake.glob("journal/*/*.jsonl"), *home.root.glob("keys/*")]
    looked += [page for _, page in zip(range(200), home.lake.glob("pages/*/*/*"), strict=False)]
    wide = [path for path in looked if path.exists() and _is_wide(path)]
    return _check(
        "Permissions",
        good=not wide,
        found=f"{len(wide)} of {len(looked)} looked at are open to others",
        remedy=f"chmod -R go= {home.lake} {home.root / 'keys'}",
    )


def _is_wide(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO))


def _lock(context: Context) -> Check:
    file = context.home.work / ".lock"
    if not is_held(file):
        return Check("Lock", "pass", "free", "")
    holder = read_holder(file)
    who = f"held by pid {holder.pid} since {holder.started_at}" if holder else "held"
    return Check("Lock", "warn", who, "wait for that run to end, or stop it")


def _clock(context: Context) -> Check:
    """Only a clock that is years off, or behind the lake, shows without asking a source."""
    now = context.clock()
    newest = max(
        (path.stat().st_mtime for path in context.home.lake.glob("journal/*/*.jsonl")), default=0.0
    )
    good = now.year >= FIRST_SANE_YEAR and now.timestamp() + 120 >= newest
    return _check(
        "Clock", good=good, found=f"{now:%Y-%m-%d %H:%M:%S} UTC", remedy="set the clock (NTP)"
    )


def _zones() -> Check:
    try:
        ZoneInfo("Europe/Berlin")
    except ZoneInfoNotFoundError:
        return Check("Time zones", "fail", "no data", "install the package tzdata")
    return Check("Time zones", "pass", "known", "")


def _certificates() -> Check:
    paths = ssl.get_default_verify_paths()
    known = [path for path in (paths.cafile, paths.capath) if path and Path(path).exists()]
    return _check(
        "TLS",
        good=bool(known),
        found=f"{ssl.OPENSSL_VERSION}, authorities in {known[0] if known else 'no place'}",
        remedy="install the package ca-certificates, or set ca_bundle for the source",
        otherwise="warn",
    )


def _git() -> Check:
    found = shutil.which("git")
    return _check(
        "git", good=found is not None, found=found or "missing", remedy="install the package git"
    )


def _port(context: Context) -> Check:
    port = context.environment.port
    return _check(
        "Port",
        good=is_free(port),
        found=f"{port} is {'free' if is_free(port) else 'taken'}",
        remedy=f"use `leadline dashboard --port {port + 1}`, or set LEADLINE_PORT",
        otherwise="warn",
    )


def _telemetry() -> Check:
    on = changed_from(QUIET)
    config = TRANSFORMS.parent / "dashboards" / ".streamlit" / "config.toml"
    if config.is_file() and "gatherUsageStats = false" not in config.read_text(encoding="utf-8"):
        on.append(str(config))
    return _check(
        "Telemetry",
        good=not on,
        found=f"changed: {', '.join(on)}" if on else "off in every library",
        remedy="unset these variables; Leadline sets them itself",
    )
