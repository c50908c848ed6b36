"""The command demo: the sample company, read by the real connectors over HTTP on this machine."""

import gc
from dataclasses import replace
from datetime import datetime

from data.sandbox.process import ServerProcess
from data.sandbox.world import DEFAULT_END, DEFAULT_SEED, World, open_world
from orchestration import run as chain
from orchestration.builds import read_manifest, read_pointer
from orchestration.commands import dashboard as pages
from orchestration.commands.refresh import tell_publication
from orchestration.commands.sample_settings import environment, render_policy, render_settings
from orchestration.commands.terminal import open_context, say
from orchestration.errors import ConfigurationError, PublishFailed, SyncIncomplete
from orchestration.journal import format_instant
from orchestration.locks import run_lock
from orchestration.policy import POLICY_FILE
from orchestration.preload import preloading
from orchestration.progress import describe_failures
from orchestration.run import Context
from orchestration.sample import Sample, mark_sample, read_sample, remove_sample
from orchestration.settings import Settings, read_settings
from orchestration.versions import code_version

PORTS_TRIED = 20


def demo(*, opens_dashboard: bool, port: int | None) -> None:
    """Read the sample company step by step, build, publish, and show the pages.

    A second run changes nothing and says so.
    """
    context = open_context()
    if port is not None and opens_dashboard and not pages.is_free(port):
        raise ConfigurationError(f"Port {port} is taken; choose another with --port.")
    with run_lock(context.home.work, now=context.clock()):
        if is_shown(context):
            say("Nothing changed: the sample company is already published as it is.")
        else:
            gc.disable()
            with preloading(context.home):
                read_company(context)
            tell_publication(chain.build_and_publish(context))
            gc.freeze()
            gc.enable()
    if opens_dashboard:
        chosen = port or _free_port(context.environment.port)
        pages.dashboard(port=chosen, opens_browser=True)
    else:
        say("`leadline dashboard` shows it; `leadline sql` asks it.")


def is_shown(context: Context) -> bool:
    """Say whether this code has already published all of the sample company."""
    sample = read_sample(context.home)
    current = read_pointer(context.home.current)
    if sample is None or current is None or not sample.is_complete:
        return False
    if sample != Sample(as_of=DEFAULT_END, synced_until=DEFAULT_END):
        return False
    try:
        manifest = read_manifest(current)
    except PublishFailed:
        return False
    expected = (True, format_instant(DEFAULT_END), code_version())
    return (manifest.sample_data, manifest.as_of, manifest.code_version) == expected


def read_company(context: Context) -> None:
    """Read the company's systems as they were at each step that is still missing.

    Errors: ConfigurationError when the lake holds real systems; SyncIncomplete.
    """
    sample = read_sample(context.home) or Sample(as_of=DEFAULT_END)
    if sample.name != Sample(as_of=DEFAULT_END).name:
        raise ConfigurationError(
            f"{context.home.root} holds {sample.name}; remove it with `leadline demo --remove`, or "
            "set LEADLINE_HOME to another folder."
        )
    if sample.as_of != DEFAULT_END:
        remove_sample(context.home)
        sample = Sample(as_of=DEFAULT_END)
    mark_sample(context.home, sample)
    if sample.is_complete:
        return
    with ServerProcess(seed=DEFAULT_SEED, end=DEFAULT_END) as server:
        with context.steps.step("Drawing the sample company"):
            world = open_world()
        folder = context.home.root / "sandbox" / "generated"
        reports = folder / "reports"
        reports.mkdir(parents=True, exist_ok=True)
        text = render_settings(world.catalogue(), reports=reports)
        (folder / "leadline.yml").write_text(text, encoding="utf-8")
        (folder / POLICY_FILE).write_text(render_policy(world.policy()), encoding="utf-8")
        settings = read_settings(folder / "leadline.yml")
        for instant in world.steps():
            if sample.synced_until is None or instant > sample.synced_until:
                world.write_junit_reports(reports, instant)
                _read_step(context, server=server, world=world, settings=settings, at=instant)
                sample = replace(sample, synced_until=instant)
                mark_sample(context.home, sample)


def remove() -> None:
    """Remove the sample company's pages and builds."""
    context = open_context()
    with run_lock(context.home.work, now=context.clock()):
        removed = remove_sample(context.home)
    say("The sample company is removed." if removed else "There is no sample company here.")


def _read_step(
    context: Context,
    *,
    server: ServerProcess,
    world: World,
    settings: Settings,
    at: datetime,
) -> None:
    server.set_time(at)
    report = chain.sync_sources(
        replace(context, clock=lambda: at),
        settings=settings,
        is_sample=True,
        environ=environment(server.base_url, tokens=world.tokens),
    )
    if not report.is_complete:
        raise SyncIncomplete(f"{describe_failures(report)}. Run `leadline demo` again.")


def _free_port(first: int) -> int:
    for port in range(first, min(first + PORTS_TRIED, 65536)):
        if pages.is_free(port):
            return port
    raise ConfigurationError(
        f"Ports {first} to {first + PORTS_TRIED - 1} are taken; choose one with --port."
    )
