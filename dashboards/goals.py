"""Goals on the pages: how a number stands against its target, in a word with its sign."""

from typing import Any

from dashboards.reading import Reading
from dashboards.safe_text import safe_text
from dashboards.view import View

ON, WATCH, OFF, LITTLE, NONE = "on_target", "watch", "off_target", "too_little_data", "no_data"
GOAL_WORDS = {
    ON: "On target",
    WATCH: "Watch",
    OFF: "Off target",
    LITTLE: "Too little data",
    NONE: "No data",
}
_ICONS = {
    ON: ":material/check_circle:",
    WATCH: ":material/visibility:",
    OFF: ":material/cancel:",
    LITTLE: ":material/hourglass_empty:",
    NONE: ":material/hourglass_empty:",
}
_COLOURS = {ON: "blue", OFF: "orange"}


def goal_verdict(now: Reading, *, target: float, direction: str) -> str:
    """Return how a reading stands against a target: the rules of the model goal_states.

    Source: transforms/models/insights/goal_states.sql
    """
    if now.state in ("no_data", "uncovered"):
        return NONE
    if now.state != "ok" or (now.low is None and now.high is None):
        return LITTLE
    low = 0.0 if now.low is None else now.low
    high = float("inf") if now.high is None else now.high
    is_on, is_off = (
        (high <= target, low > target) if direction == "lower" else (low >= target, high < target)
    )
    return ON if is_on else OFF if is_off else WATCH


def goal_of(view: View, metric: str) -> dict[str, Any] | None:
    """Return the goal that holds at as-of for the metric and the one thing that is selected."""
    chosen = view.selection
    scope, scope_id = "organisation", "all"
    if chosen.team_ids:
        scope, scope_id = "team", chosen.team_ids[0]
    if chosen.service_ids:
        scope, scope_id = "service", chosen.service_ids[0]
    today = view.as_of.date()
    filters = {"metric": metric, "scope": scope, "scope_id": scope_id}
    for row in view.known_rows("goals", filters=filters).iter_rows(named=True):
        since, until = row["effective_from_date"], row["effective_to_date"]
        if (since is None or since <= today) and (until is None or until >= today):
            return row
    return None


def goal_mark(verdict: str) -> str:
    """Return a verdict as icon and word, coloured only where it is clear."""
    colour = _COLOURS.get(verdict)
    said = f"{_ICONS[verdict]} {GOAL_WORDS[verdict]}"
    return f":{colour}[{said}]" if colour else said


def goal_line(view: View, metric: str) -> str:
    """Return what a card says of its goal: the verdict and the target; empty without a goal."""
    goal = goal_of(view, metric)
    if goal is None:
        return ""
    direction = view.definitions()[metric]["direction"]
    verdict = goal_verdict(view.now(metric), target=goal["target_value"], direction=direction)
    most = "at most" if direction == "lower" else "at least"
    return f"{goal_mark(verdict)} · goal {most} {target_words(goal)}"


def target_words(goal: dict[str, Any]) -> str:
    """Return a target as it was written, on one line and without marks."""
    return safe_text(goal["target_words"], limit=60)
