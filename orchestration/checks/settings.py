"""Checks of the settings: the file, the secrets it refers to, the connectors, the pseudonym key."""

from collections.abc import Iterator
from pathlib import Path

from connectors._contract import Connector
from connectors.push import PushSource
from orchestration.checks import Check, Verdict
from orchestration.errors import ConfigurationError
from orchestration.keys import pseudonym_key
from orchestration.notify.channels import channel_variables
from orchestration.run import Context
from orchestration.sample import read_sample
from orchestration.settings import Settings, is_set, read_settings
from orchestration.sources import connect_source, needed_variables


def check_settings(context: Context, *, file: Path) -> Iterator[Check]:
    """Yield the checks of leadline.yml and of what it refers to; no value is ever shown."""
    yield _pseudonym_key(context)
    if not file.exists():
        sample = read_sample(context.home) is not None
        found = f"{file} does not exist" + (" (the sample company needs none)" if sample else "")
        yield Check("Settings", "no_data", found, "write it with `leadline init`")
        return
    try:
        settings = read_settings(file)
    except ConfigurationError as exc:
        yield Check("Settings", "fail", str(exc), "correct that line", is_configuration=True)
        return
    yield Check("Settings", "pass", f"{file}, {len(settings.sources)} source(s)", "")
    yield _references(settings)
    yield _ownership(settings)
    for source in settings.sources:
        try:
            connector = connect_source(settings, source)
        except ConfigurationError as exc:
            remedy = "correct that line, or set what it refers to"
            yield Check(f"Source {source.name}", "fail", str(exc), remedy, is_configuration=True)
        else:
            yield _source(connector)


def _source(connector: Connector) -> Check:
    name, found = f"Source {connector.name}", f"{connector.kind}, settings usable"
    if isinstance(connector, PushSource) and connector.config.secret is None:
        found += "; without a secret it takes what any program of this machine sends"
        remedy = "give it a secret; without one it is heard on a loopback address only"
        return Check(name, "warn", found, remedy)
    return Check(name, "pass", found, "")


def _pseudonym_key(context: Context) -> Check:
    try:
        pseudonym_key(context.home, environment=context.environment)
    except ConfigurationError as exc:
        return Check("Pseudonym key", "fail", str(exc), "see above", is_configuration=True)
    where = "from the environment" if context.environment.pseudonym_key else "from its file"
    return Check("Pseudonym key", "pass", where, "")


def _references(settings: Settings) -> Check:
    sources = {name for names in needed_variables(settings).values() for name in names}
    needed = sorted(sources.union(channel_variables(settings)))
    missing = [name for name in needed if not is_set(name)]
    return Check(
        "Secrets",
        "fail" if missing else "pass",
        f"not set: {', '.join(missing)}" if missing else f"{len(needed)} variable(s) set",
        "set these environment variables where Leadline runs",
        is_configuration=True,
    )


def _ownership(settings: Settings) -> Check:
    services = settings.company.services
    without = [one.id for one in services if one.team is None and not one.owners]
    found = f"{len(services)} service(s), {len(without)} without a team"
    verdict: Verdict = "warn" if without or not services else "pass"
    return Check("Services", verdict, found, "name services and their teams in leadline.yml")
