"""Which signals a build holds, and which of them an alert is about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from orchestration.notify.sections import Alert
from transforms.published import Published, UnknownTable

# The week in which a change began is an estimate: another build may see it some weeks off.
SAME_CHANGE = timedelta(days=35)


@dataclass(frozen=True)
class Signal:
    """One thing worth telling; `parts` are the columns of its row, for the sentence."""

    signal_id: str
    rule: str
    metric: str
    scope: str
    scope_id: str
    parts: Mapping[str, Any]


def read_signals(published: Published) -> list[Signal]:
    """Return the signals of a build: its own, and the final numbers that its publish restated."""
    try:
        rows = published.rows("signals", order="signal_id").iter_rows(named=True)
    except UnknownTable:
        return []
    own = [
        Signal(
            signal_id=row["signal_id"],
            rule=row["rule"],
            metric=row["metric"] or "",
            scope=row["scope"],
            scope_id=row["scope_id"],
            parts=row,
        )
        for row in rows
    ]
    return [*own, *_restated(published)]


def _restated(published: Published) -> list[Signal]:
    """Return one signal for each metric, scope and month whose final number was restated."""
    titles = {row["metric"]: row["title"] for row in published.definitions().iter_rows(named=True)}
    rows = published.restatements().iter_rows(named=True)
    return [
        Signal(
            signal_id=f"restatement:{row['restatement_id']}",
            rule="restatement",
            metric=row["metric"],
            scope=row["scope"],
            scope_id=row["scope_id"],
            parts={**row, "title": titles.get(row["metric"], row["metric"])},
        )
        for row in rows
        if row["new_build_id"] == published.build.build_id
        and row["grain"] == "month"
        and not row["was_provisional"]
    ]


def blocked_signal(reason: str, *, on: date) -> Signal:
    """Return the signal that the audit kept a build from being published."""
    return Signal(
        signal_id=f"audit_blocked:{on.isoformat()}",
        rule="audit_blocked",
        metric="",
        scope="organisation",
        scope_id="all",
        parts={"reason": reason},
    )


def wanted(alert: Alert, signals: Iterable[Signal]) -> list[Signal]:
    """Return the signals that an alert is about, by rule, metric and scope."""
    return [
        one
        for one in signals
        if one.rule in alert.rules
        and (not one.metric or one.metric in alert.metrics or one.rule == "goal_verdict")
        and _is_for(alert, one)
    ]


def _is_for(alert: Alert, signal: Signal) -> bool:
    if signal.rule == "late_source":
        return True
    if signal.scope == "organisation":
        return alert.has_organisation
    return signal.scope_id in (alert.teams if signal.scope == "team" else alert.services)


def not_told(signals: Sequence[Signal], told: frozenset[str]) -> list[Signal]:
    """Return the signals that were not told yet; a change that moved a little was."""
    return [one for one in signals if one.signal_id not in told and not _was_near(one, told)]


def _was_near(signal: Signal, told: frozenset[str]) -> bool:
    if signal.rule != "change_point":
        return False
    what, _, day = signal.signal_id.rpartition(":")
    days = [one.rpartition(":")[2] for one in told if one.rpartition(":")[0] == what]
    return any(abs(date.fromisoformat(day) - date.fromisoformat(one)) < SAME_CHANGE for one in days)
