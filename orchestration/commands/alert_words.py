"""What a signal says: one sentence, and the address of the page that shows it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from dashboards.goal_words import GOAL_WORDS
from dashboards.restated import cause_words
from dashboards.words import between_words, date_words, duration_words, value_words
from orchestration.notify.messages import one_line
from orchestration.notify.signals import Signal

# Values of signals stand without their n; shares are said without decimals.
FEW = 1


def sayer(pages_url: str | None) -> Callable[[Signal], tuple[str, str]]:
    """Return how signals are said, with addresses below `pages_url` where there is one."""

    def say(signal: Signal) -> tuple[str, str]:
        return one_line(sentence(signal), most=300), link(signal, pages_url)

    return say


def sentence(signal: Signal) -> str:
    """Return what a signal says; numbers with their unit, periods by name."""
    parts = signal.parts
    if signal.rule == "audit_blocked":
        return f"A build was not published; readers see the last one. {parts['reason']}"
    if signal.rule == "late_source":
        age = duration_words(parts["value"])
        expected = duration_words(parts["earlier_value"])
        return f"Source {signal.scope_id} is late: read {age} ago, expected every {expected}."
    who = "" if signal.scope == "organisation" else f" of {signal.scope} {signal.scope_id}"
    what = f"{parts['title']}{who}"
    if signal.rule == "restatement":
        old, new = (_value(parts, f"{side}_value") for side in ("old", "new"))
        cause = cause_words(parts["cause"])
        return f"{what}, {_period(parts)}: {old} became {new} ({cause})."
    return _SENTENCES[signal.rule](what, parts)


def link(signal: Signal, pages_url: str | None) -> str:
    """Return the address of the page that shows a signal; empty when pages have no address."""
    if not pages_url:
        return ""
    if signal.rule in ("late_source", "restatement", "audit_blocked"):
        return f"{pages_url}/health"
    if signal.rule == "goal_verdict":
        return f"{pages_url}/goals"
    return f"{pages_url}/catalogue?metric={quote(str(signal.parts['title']))}"


def _beyond(what: str, parts: dict[str, Any]) -> str:
    usual = _between(parts)
    return f"{what} left its own range, {_period(parts)}: {_counted(parts)}, usually {usual}."


def _run(what: str, parts: dict[str, Any]) -> str:
    side, centre = parts["word"], _value(parts, "earlier_value")
    now = _value(parts)
    return f"{what}: eight or more {parts['grain']}s {side} its centre of {centre}, now {now}."


def _changed(what: str, parts: dict[str, Any]) -> str:
    before, day = _value(parts, "earlier_value"), date_words(parts["period_start_date"])
    return f"{what} has a new level since about {day}: {_value(parts)}, before {before}."


def _clear(what: str, parts: dict[str, Any]) -> str:
    is_better = (parts["word"] == "below") == (parts["direction"] == "lower")
    word = "better" if is_better else "worse"
    return (
        f"{what} was {word} than in all twelve months before, {_period(parts)}: {_counted(parts)}, "
        f"before {_between(parts)}."
    )


def _goal(what: str, parts: dict[str, Any]) -> str:
    new, old = (GOAL_WORDS[parts[key]].lower() for key in ("word", "earlier_word"))
    target = _value(parts, "earlier_value")
    return f"{what} is {new}, before {old}; {_period(parts)}: {_counted(parts)}, goal {target}."


_SENTENCES: dict[str, Callable[[str, Any], str]] = {
    "beyond_limit": _beyond,
    "run_of_8": _run,
    "change_point": _changed,
    "clear_change": _clear,
    "goal_verdict": _goal,
}


def _value(parts: Any, key: str = "value") -> str:
    return value_words(parts[key], unit=str(parts["unit"]), n=FEW)


def _counted(parts: Any) -> str:
    """Return the value with its n, where the rule rests on one number."""
    return _value(parts) + (f" (n {parts['n']:,})" if parts["n"] is not None else "")


def _between(parts: Any) -> str:
    return between_words(parts["lower"], parts["upper"], unit=str(parts["unit"]), n=FEW)


def _period(parts: Any) -> str:
    start: date = parts["period_start_date"]
    if parts["grain"] == "month":
        return f"{start:%B %Y}"
    if parts["grain"] == "quarter":
        return f"Q{(start.month + 2) // 3} {start.year}"
    last = parts["period_end_date"] - timedelta(days=1)
    return f"{date_words(start)} to {date_words(last)}"
