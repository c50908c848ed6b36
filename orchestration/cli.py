"""The command line: what can be asked for; the work is in orchestration/commands/.

Only typer is imported here, so that `leadline --help` answers at once.
Exit codes: 0 done, 1 a check failed, 2 usage or configuration, 3 no data, 4 stale, 5 not published,
6 sync incomplete, 75 another run holds the lock, 130 interrupted.
"""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli_alerts import alerts, send_report
from orchestration.cli_audit import audit
from orchestration.cli_bench import bench, estate
from orchestration.cli_calendar import calendars, overrides
from orchestration.cli_evidence import evidence
from orchestration.cli_exemption import exemptions
from orchestration.cli_gate import gate, sign_offs
from orchestration.cli_map import mapping
from orchestration.cli_policy import policies
from orchestration.cli_privacy import privacy
from orchestration.cli_quarantine import quarantined
from orchestration.cli_receive import receive
from orchestration.cli_template import template
from orchestration.cli_verdict import verdicts
from orchestration.process import run_command

app = typer.Typer(
    name="leadline",
    help="Release-management numbers you can defend, from the systems you already run.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(bench, name="bench")
app.add_typer(audit, name="audit", help="See who did what, and check that nobody changed it.")
app.add_typer(evidence, name="evidence", help="Make and check what auditors take away.")
app.add_typer(verdicts, name="verdict", help="Say what you know about a failure or its cause.")
app.add_typer(gate, name="gate", help="Ask whether an artifact may be deployed.")
app.add_typer(sign_offs, name="signoff", help="Vouch for what is to be released.")
app.add_typer(calendars, name="calendar", help="See what may be deployed when.")
app.add_typer(overrides, name="override", help="Approve deployments outside of allowed hours.")
app.add_typer(exemptions, name="exemption", help="Lift a control for a while, with two people.")
app.add_typer(policies, name="policy", help="See what policy.yml asks, and what it changes.")
app.add_typer(quarantined, name="quarantine", help="See and read again what was set aside.")
app.add_typer(mapping, name="map", help="See names that nothing knows, and map them.")
app.add_typer(privacy, name="privacy", help="Erase a person, and change the pseudonyms' key.")
app.add_typer(alerts, name="alerts", help="See what is worth telling, and send it.")
app.command()(send_report)
app.command()(receive)
app.command()(template)
app.command(hidden=True)(estate)


class Output(StrEnum):
    """How `leadline sql` writes its rows."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


class ReportOutput(StrEnum):
    """How a report for people or programs is written."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


class DocumentOutput(StrEnum):
    """How a report for people who do not open the pages is written."""

    HTML = "html"
    PDF = "pdf"
    PPTX = "pptx"
    MARKDOWN = "markdown"


class AnswerOutput(StrEnum):
    """How an answer for people or bots is written."""

    TABLE = "table"
    JSON = "json"


Config = Annotated[
    Path | None, typer.Option("--config", help="Settings file (default: leadline.yml).")
]
FullRefresh = Annotated[
    bool, typer.Option("--full-refresh", help="Build everything again from the raw pages.")
]
SourceNames = Annotated[
    list[str] | None, typer.Option("--source", help="Read only this source; may be repeated.")
]
Reconcile = Annotated[
    bool, typer.Option("--reconcile", help="Read everything again, to notice what was deleted.")
]


@app.command()
def demo(
    dashboard: Annotated[bool, typer.Option(help="Open the dashboard at the end.")] = True,
    port: Annotated[
        int | None, typer.Option(help="Port of the dashboard.", min=1, max=65535)
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the sample company.")] = False,
) -> None:
    """Read, build and show the sample company."""
    from orchestration.commands import demo as command

    command.remove() if remove else command.demo(opens_dashboard=dashboard, port=port)


@app.command()
def init(
    config: Config = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    roles: Annotated[
        bool, typer.Option("--roles", help="Write roles.yml: who signs in and sees what.")
    ] = False,
) -> None:
    """Write a commented leadline.yml to start from; with --roles a roles.yml."""
    from orchestration.commands import configure as command

    command.init_roles(file=config, force=force) if roles else command.init(
        file=config, force=force
    )


@app.command()
def run(
    config: Config = None,
    git: Annotated[
        Path | None, typer.Option("--git", help="Read this repository; needs no settings file.")
    ] = None,
    tag_pattern: Annotated[
        str | None, typer.Option("--tag-pattern", help="Which whole tag names are releases.")
    ] = None,
    source: SourceNames = None,
    full_refresh: FullRefresh = False,
    reconcile: Reconcile = False,
) -> None:
    """Read every source, build, audit and publish."""
    from orchestration.commands import refresh as command

    command.run(
        config=config,
        git=git,
        tag_pattern=tag_pattern,
        only=source or [],
        full_refresh=full_refresh,
        reconciles=reconcile,
    )


@app.command()
def sync(config: Config = None, source: SourceNames = None, reconcile: Reconcile = False) -> None:
    """Read the sources into the lake, and build nothing."""
    from orchestration.commands import refresh as command

    command.sync(config=config, only=source or [], reconciles=reconcile)


@app.command()
def build(
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="Build what was known at this instant; shown to nobody."),
    ] = None,
    full_refresh: FullRefresh = False,
) -> None:
    """Build from the lake, audit and publish; reads no source."""
    from orchestration.commands import refresh as command

    command.build(as_of=_instant(as_of), full_refresh=full_refresh)


@app.command()
def publish(
    to: Annotated[
        str | None, typer.Option("--to", help="Make this earlier build current again.")
    ] = None,
) -> None:
    """Audit and publish the finished build, or go back to an earlier one."""
    from orchestration.commands import refresh as command

    command.publish(to=to)


@app.command()
def dashboard(
    port: Annotated[int | None, typer.Option(help="Port to serve at.", min=1, max=65535)] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
    host: Annotated[
        str | None,
        typer.Option(help="Address to serve at (default: 127.0.0.1); others need sign-in."),
    ] = None,
) -> None:
    """Show the published numbers in a browser; with roles.yml people sign in first."""
    from orchestration.commands import dashboard as command

    command.dashboard(port=port, opens_browser=browser, host=host)


@app.command()
def sql(
    query: Annotated[
        str | None, typer.Argument(help="A query; `-` reads it from standard input.")
    ] = None,
    output: Annotated[
        Output, typer.Option("--format", "-f", help="How the rows are written.")
    ] = Output.TABLE,
    to: Annotated[Path | None, typer.Option("--out", "-o", help="Write to this file.")] = None,
    limit: Annotated[int, typer.Option(help="Most rows to show in a table.", min=1)] = 100,
    build_id: Annotated[
        str | None, typer.Option("--build", help="Ask this build, not the current one.")
    ] = None,
    example: Annotated[
        str | None, typer.Option("--example", help="Run this example query.")
    ] = None,
    examples: Annotated[bool, typer.Option("--examples", help="List the example queries.")] = False,
    tables: Annotated[bool, typer.Option("--tables", help="List what can be asked for.")] = False,
    path: Annotated[bool, typer.Option("--path", help="Show where the published file is.")] = False,
) -> None:
    """Ask the published build; nothing can be changed."""
    from orchestration.commands import sql as command
    from orchestration.commands import sql_help

    if sum((query is not None, example is not None, examples, tables, path)) != 1:
        raise typer.BadParameter("give a query, or one of --example, --examples, --tables, --path")
    if examples:
        sql_help.show_examples()
    elif path:
        sql_help.show_path(build_id)
    else:
        if tables:
            query, limit = sql_help.TABLES, sql_help.ALL_TABLES
        elif example is not None:
            query = sql_help.example_query(example)
        command.sql(query or "", output=output.value, file=to, limit=limit, build_id=build_id)


@app.command()
def compare(
    peer: Annotated[
        str, typer.Option("--with", help="devlake, gitlab, datadog, four_keys, middleware or all.")
    ],
    since: Annotated[str | None, typer.Option(help="First day, as 2026-09-01.")] = None,
    until: Annotated[str | None, typer.Option(help="Day after the last, as 2026-10-01.")] = None,
    month: Annotated[str | None, typer.Option(help="One month, as 2026-09.")] = None,
    service: Annotated[str | None, typer.Option(help="One service, by name or key.")] = None,
    output: Annotated[
        ReportOutput, typer.Option("--format", "-f", help="How the report is written.")
    ] = ReportOutput.TABLE,
    build_id: Annotated[
        str | None, typer.Option("--build", help="Ask this build, not the current one.")
    ] = None,
) -> None:
    """Show our numbers beside those of another tool, with the reason of each difference."""
    from orchestration.commands import compare as command

    command.compare(
        peer,
        days=command.Days(since=since, until=until, month=month),
        service=service,
        output=output.value,
        build_id=build_id,
    )


@app.command()
def report(
    output: Annotated[
        DocumentOutput, typer.Option("--format", "-f", help="How the report is written.")
    ] = DocumentOutput.HTML,
    team: Annotated[str, typer.Option(help="Only this team (default: all).")] = "",
    period: Annotated[str, typer.Option(help="As on the pages: '30 days', '90 days'.")] = "90 days",
    to: Annotated[
        Path | None, typer.Option("--out", help="File to write; - is standard output.")
    ] = None,
    build_id: Annotated[
        str | None, typer.Option("--build", help="Which build (default: the current one).")
    ] = None,
) -> None:
    """Write the executive summary and an appendix as HTML, PDF, slides or Markdown."""
    from orchestration.commands import report as command

    command.report(format=output.value, team=team, period=period, file=to, build_id=build_id)


@app.command()
def why(
    incident: Annotated[
        str, typer.Argument(help="incident:ID, or the number as people say it: INC0042.")
    ],
    output: Annotated[
        ReportOutput, typer.Option("--format", "-f", help="How the answer is written.")
    ] = ReportOutput.TABLE,
) -> None:
    """Say what probably caused an incident: ranked deployments, or none, with the reasons."""
    from orchestration.commands import why as command

    command.why(incident, output=output.value)


@app.command()
def risk(
    subject: Annotated[
        str,
        typer.Argument(
            help="change:ID or change_request:ID, or the number: CHG0001234, owner/repository#12."
        ),
    ],
    output: Annotated[
        AnswerOutput, typer.Option("--format", "-f", help="How the answer is written.")
    ] = AnswerOutput.TABLE,
) -> None:
    """Say how risky an open change or planned change request is, and why."""
    from orchestration.commands import risk as command

    command.risk(subject, output=output.value)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def dagster(context: typer.Context) -> None:
    """Serve Dagster's view of the same steps on this machine: history, checks, schedule."""
    from orchestration.commands import dagster as command

    command.dagster(context.args)


@app.command()
def sources(
    output: Annotated[str, typer.Option("--format", help="table, json or markdown.")] = "table",
) -> None:
    """Show what can be read from which kind of source, and how it is found again."""
    from orchestration.commands import sources as command

    if output not in ("table", "json", "markdown"):
        raise typer.BadParameter("is none of table, json, markdown", param_hint="--format")
    command.sources(format=output)


@app.command()
def schema(
    out: Annotated[Path | None, typer.Option("--out", help="Write it to this file.")] = None,
    policy: Annotated[bool, typer.Option("--policy", help="That of policy.yml.")] = False,
) -> None:
    """Show the JSON Schema of leadline.yml, with which editors complete and check it."""
    from orchestration.commands import configure as command

    command.schema(out=out, is_of_policy=policy)


@app.command()
def doctor(
    config: Config = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no system whether its token can read it.")
    ] = False,
) -> None:
    """Check installation, settings, systems and data; each finding says how to mend it."""
    from orchestration.commands import doctor as command

    raise typer.Exit(command.doctor(file=config, is_offline=offline))


def _instant(text: str | None) -> datetime | None:
    """Return an ISO 8601 instant; without a zone it is UTC."""
    if text is None:
        return None
    from datetime import UTC

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no instant; write it as 2026-09-30T00:00Z", param_hint="--as-of"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def main() -> None:
    """Run one command; an expected error is one sentence and an exit code, not a traceback."""
    run_command(lambda: app(standalone_mode=False))


if __name__ == "__main__":
    main()
