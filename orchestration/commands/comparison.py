"""Our numbers and another tool's, side by side: read, and put into words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dashboards.words import duration_words
from orchestration.commands.terminal import printable
from transforms.published import Published

NOTHING = "no data"
# From here on a percentage is harder to read than a multiple.
MANY_TIMES = 5


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

    @property
    def has_data(self) -> bool:
        """Whether either side counted something; empty weeks are nothing."""
        if self.unit == "days per week":
            return bool(self.ours.value or self.theirs.value)
        return self.ours.n > 0 or self.theirs.n > 0


def read_comparisons(
    published: Published,
    peers: Sequence[str],
    *,
    since: date,
    until: date,
    service_id: str | None,
) -> list[Comparison]:
    """Return our numbers and those of other tools for the same days, by tool and metric."""
    theirs = published.peer_metrics(since=since, until=until, service_id=service_id, peers=peers)
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


def our_words(one: Comparison) -> str:
    """Return our number with its count and interval."""
    ours = one.ours
    if ours.value is None:
        return NOTHING if ours.n == 0 else f"not reached (n {ours.n})"
    interval = ""
    if ours.ci_low is not None and ours.ci_high is not None:
        low, high = _value(one, ours.ci_low), _value(one, ours.ci_high)
        interval = f", {low if one.unit == 'seconds' else low.split()[0]} to {high}"
    return f"{_value(one, ours.value)} (n {ours.n}{interval})"


def their_words(one: Comparison) -> str:
    """Return the other tool's number with its count."""
    if one.theirs.value is None:
        return NOTHING
    return f"{_value(one, one.theirs.value)} (n {one.theirs.n})"


def band_words(one: Comparison) -> str:
    """Return the words that the other tool would print, by edition."""
    return "; ".join(f"{edition}: {band}" for edition, band in one.theirs.bands.items())


def difference_words(one: Comparison) -> str:
    """Return how far the other number lies from ours, absolute and relative."""
    if one.difference is None or one.theirs.value is None:
        return "–"
    if one.difference == 0:
        return "none"
    sign = "+" if one.difference > 0 else "-"
    size = abs(one.difference)
    if one.unit == "ratio":
        return f"{sign}{size * 100:.1f} points"
    words = f"{sign}{_value(one, size)}"
    if not one.ours.value:
        return words
    if one.theirs.value >= MANY_TIMES * one.ours.value:
        return f"{words} ({one.theirs.value / one.ours.value:.0f} times)"
    return f"{words} ({sign}{size / one.ours.value * 100:.0f} %)"


def _value(one: Comparison, value: float) -> str:
    """Return a value with its unit, with the decimals that a comparison needs."""
    if one.unit == "seconds":
        return duration_words(value)
    if one.unit == "ratio":
        return f"{value * 100:.1f} %"
    return f"{value:.2f} {one.unit.removeprefix('deployments ')}"


def report_markdown(comparisons: Sequence[Comparison], heading: str) -> str:
    """Return the report as one table a tool, each sentence with the address of its source."""
    lines: list[str] = []
    for peer in dict.fromkeys(one.peer for one in comparisons):
        rows = [one for one in comparisons if one.peer == peer]
        title = rows[0].peer_title
        lines += [
            f"## Leadline and {title}, {heading}",
            "",
            f"| Metric | Leadline | {title} | Its band | Difference | Why |",
            "|---|---|---|---|---|---|",
        ]
        for one in rows:
            words = [one.title, our_words(one), their_words(one), band_words(one)]
            words += [difference_words(one), " ".join([one.sentence, *_here(one)])]
            cells = [_plain(cell) for cell in words]
            cells[-1] += f" ([source]({one.source_url}))"
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def _here(one: Comparison) -> list[str]:
    return [f"Here: {', '.join(one.causes)}."] if one.causes else []


def _plain(text: str) -> str:
    return printable(text).replace("|", "\\|")
