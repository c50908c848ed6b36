"""The command compare: our numbers beside what another tool would show for the same records."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Literal

import polars as pl
from rich.markup import escape

from dashboards.words import duration_words, value_words
from orchestration.builds import read_builds
from orchestration.commands.terminal import err, open_context, out, printable, say, show_table
from orchestration.errors import ConfigurationError, NothingToRead
from transforms.home import Home
from transforms.published import (
    NothingPublished,
    Published,
    UnknownTable,
    open_build,
    open_published,
    read_build,
)

Output = Literal["table", "json", "markdown"]
NOTHING = "no data"


@dataclass(frozen=True)
class Days:
    """The days that were asked for, as they were written."""

    since: str | None = None
    until: str | None = None
    month: str | None = None


@dataclass(frozen=True)
class Ours:
    """Our number; null where there is nothing to count."""

    value: float | None
    n: int
    ci_low: float | None
    ci_high: float | None
    state: str


@dataclass(frozen=True)
class Theirs:
    """The other tool's number in the unit of ours, with the words it would print, by edition."""

    value: float | None
    n: int
    bands: dict[str, str]


@dataclass(frozen=True)
class Comparison:
    """One metric, twice, and why the two differ."""

    peer: str
    peer_title: str
    metric: str
    title: str
    peer_metric: str
    unit: str
    ours: Ours
    theirs: Theirs
    difference: float | None
    sentence: str
    causes: tuple[str, ...]
    source_url: str


def compare(
    peer: str, *, days: Days, service: str | None, output: Output, build_id: str | None
) -> None:
    """Write the comparison with one tool, or with all.

    Errors: ConfigurationError for an unknown tool, service, build or day; NothingToRead when
    nothing is published or nothing was counted on either side.
    """
    published = _open(open_context().home, build_id)
    since, until = _range(published, days)
    chosen = None if service is None else _service(published, service)
    with err.status("Comparing"):
        comparisons = read_comparisons(
            published, peer, since=since, until=until, service_id=chosen
        )
    if output == "json":
        out.file.write(_json(published, comparisons, since=since, until=until, service_id=chosen))
    elif output == "markdown":
        out.file.write("\n".join(_markdown(comparisons, _heading(since, until, chosen))) + "\n")
    else:
        _show(comparisons, _heading(since, until, chosen))
    if all(one.ours.n == 0 and one.theirs.n == 0 for one in comparisons):
        raise NothingToRead(
            "There is nothing to compare on these days; choose others with --since and --until."
        )


def read_comparisons(
    published: Published, peer: str, *, since: date, until: date, service_id: str | None
) -> list[Comparison]:
    """Return our numbers and those of one tool (or all), by tool and metric.

    Errors: ConfigurationError for a tool that is not known, NothingToRead for an older build.
    """
    try:
        theirs = published.peer_metrics(since=since, until=until, service_id=service_id)
        known = published.rows("peer_differences", order="peer")["peer"].unique(maintain_order=True)
    except UnknownTable:
        raise NothingToRead(
            f"Build {published.build.build_id} is older than the comparison; run `leadline build`."
        ) from None
    if peer != "all" and peer not in known:
        raise ConfigurationError(
            f"There is no tool {peer!r} to compare with; choose {', '.join(known)} or all."
        )
    if peer != "all":
        theirs = theirs.filter(pl.col("peer") == peer)
    if theirs.is_empty():
        raise NothingToRead("No deployment is known yet; there is nothing to compare.")
    titles = dict(published.definitions().select("metric", "title").iter_rows())
    ours = {
        metric: _ours(published, metric, since=since, until=until, service_id=service_id)
        for metric in theirs["metric"].unique().sort()
    }
    groups = theirs.group_by("peer", "metric", maintain_order=True)
    return [
        _comparison(rows.to_dicts(), ours[str(metric)], titles[str(metric)])
        for (_, metric), rows in groups
    ]


def _comparison(editions: Sequence[dict[str, Any]], ours: Ours, title: str) -> Comparison:
    first = editions[0]
    theirs = Theirs(
        value=first["value"],
        n=first["n"],
        bands={row["edition"]: row["band"] for row in editions if row["edition"] and row["band"]},
    )
    known = ours.value is not None and theirs.value is not None
    return Comparison(
        peer=first["peer"],
        peer_title=first["peer_title"],
        metric=first["metric"],
        title=title,
        peer_metric=first["peer_metric"],
        unit=first["unit"],
        ours=ours,
        theirs=theirs,
        difference=theirs.value - ours.value if known else None,  # type: ignore[operator]
        sentence=first["sentence"],
        causes=tuple(first["causes"].split("; ")) if first["causes"] else (),
        source_url=first["source_url"],
    )


def _ours(
    published: Published, metric: str, *, since: date, until: date, service_id: str | None
) -> Ours:
    row = published.window(
        metric,
        since=since,
        until=until,
        service_ids=None if service_id is None else [service_id],
    ).row(0, named=True)
    return Ours(
        value=row["value"],
        n=row["n"],
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
        state=row["state"],
    )


def _open(home: Home, build_id: str | None) -> Published:
    try:
        if build_id is None:
            return open_published(home)
        if build_id not in [path.name for path in read_builds(home.builds)]:
            raise ConfigurationError(f"There is no build {build_id!r} in {home.builds}.")
        return open_build(read_build(home.builds / build_id))
    except NothingPublished as exc:
        sentence = str(exc)
        raise NothingToRead(f"{sentence[0].upper()}{sentence[1:]}.") from None


def _range(published: Published, days: Days) -> tuple[date, date]:
    """Return the days asked for, until excluded; without any, all that are known."""
    if days.month and (days.since or days.until):
        raise ConfigurationError("--month stands alone; give it or --since and --until.")
    if days.month:
        first = _day(f"{days.month}-01", "--month", "2026-09")
        return first, (first + timedelta(days=31)).replace(day=1)
    coverage = published.rows("coverage")
    if coverage.is_empty():
        raise NothingToRead("No deployment and no incident is known yet; nothing to compare.")
    firsts, lasts = coverage["first_date"].to_list(), coverage["last_date"].to_list()
    since = _day(days.since, "--since", "2026-09-01") if days.since else min(firsts)
    until = _day(days.until, "--until", "2026-10-01") if days.until else _day_after(max(lasts))
    if since >= until:
        raise ConfigurationError(
            f"--since {since} is not before --until {until}; --until is the day after the last."
        )
    return since, until


def _day(text: str, option: str, example: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{option} is no day of ours; write it as {example}.") from None


def _day_after(day: date) -> date:
    return day + timedelta(days=1)


def _service(published: Published, wanted: str) -> str:
    services = published.services()
    for column in ("service_id", "name"):
        found = services.filter(pl.col(column).str.to_lowercase() == wanted.lower())
        if not found.is_empty():
            return str(found["service_id"][0])
    names = ", ".join(services["name"].head(5).to_list())
    raise ConfigurationError(f"There is no service {wanted!r}; there are {names} and others.")


def _heading(since: date, until: date, service_id: str | None) -> str:
    last = until - timedelta(days=1)
    return f"{since} to {last}, {service_id or 'all services'}"


def _show(comparisons: Sequence[Comparison], heading: str) -> None:
    for peer in dict.fromkeys(one.peer for one in comparisons):
        rows = [one for one in comparisons if one.peer == peer]
        out.print(f"[bold]Leadline and {escape(rows[0].peer_title)}[/bold], {escape(heading)}")
        show_table(
            ["Metric", "Leadline", rows[0].peer_title, "Difference", "Why"],
            [_cells(one) for one in rows],
        )
    say("What each of them does is written in v1.peer_differences, with the address of its source.")


def _cells(one: Comparison) -> list[str]:
    why = one.sentence
    if one.causes:
        why += f" Here: {', '.join(one.causes)}."
    return [one.title, _our_words(one), _their_words(one), _difference_words(one), why]


def _our_words(one: Comparison) -> str:
    ours = one.ours
    if ours.value is None:
        return NOTHING if ours.n == 0 else f"not reached (n {ours.n})"
    words = f"{_value(one, ours.value, ours.n)} (n {ours.n}"
    if ours.ci_low is not None and ours.ci_high is not None:
        low, high = (_value(one, bound, ours.n) for bound in (ours.ci_low, ours.ci_high))
        words += f", {low} to {high}"
    return words + ")"


def _their_words(one: Comparison) -> str:
    theirs = one.theirs
    if theirs.value is None:
        return NOTHING
    bands = "; ".join(f"{edition}: {band}" for edition, band in theirs.bands.items())
    words = f"{_value(one, theirs.value, theirs.n)} (n {theirs.n})"
    return f"{words} {bands}" if bands else words


def _difference_words(one: Comparison) -> str:
    if one.difference is None:
        return "–"
    if one.difference == 0:
        return "none"
    sign = "+" if one.difference > 0 else "-"
    size = abs(one.difference)
    if one.unit == "ratio":
        return f"{sign}{size * 100:.1f} points"
    words = duration_words(size) if one.unit == "seconds" else f"{size:.2f} {one.unit}"
    if not one.ours.value:
        return f"{sign}{words}"
    return f"{sign}{words} ({sign}{size / one.ours.value:.0%})"


def _value(one: Comparison, value: float, n: int) -> str:
    return value_words(value, unit=one.unit, n=n)


def _markdown(comparisons: Sequence[Comparison], heading: str) -> list[str]:
    lines: list[str] = []
    for peer in dict.fromkeys(one.peer for one in comparisons):
        rows = [one for one in comparisons if one.peer == peer]
        title = rows[0].peer_title
        lines += [
            f"## Leadline and {title}, {heading}",
            "",
            f"| Metric | Leadline | {title} | Difference | Why |",
            "|---|---|---|---|---|",
        ]
        for one in rows:
            cells = [_plain(cell) for cell in _cells(one)]
            cells[-1] += f" ([source]({one.source_url}))"
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return lines[:-1]


def _plain(text: str) -> str:
    return printable(text).replace("|", "\\|")


def _json(
    published: Published,
    comparisons: Sequence[Comparison],
    *,
    since: date,
    until: date,
    service_id: str | None,
) -> str:
    report = {
        "build": published.build.build_id,
        "as_of": published.build.as_of.isoformat(),
        "since": since.isoformat(),
        "until": until.isoformat(),
        "service_id": service_id,
        "comparisons": [asdict(one) for one in comparisons],
    }
    return json.dumps(report, indent=1) + "\n"
