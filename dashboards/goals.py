"""Goals on the pages: how a number stands against its target, in a word with its sign."""

from typing import Any

from dashboards.goal_words import goal_mark, goal_verdict
from dashboards.safe_text import safe_text
from dashboards.view import View


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


def goal_line(view: View, metric: str) -> str:
    """Return what a card says of its goal: the verdict and the target; empty without a goal."""
    goal = goal_of(view, metric)
    if goal is None:
        return ""
    direction = view.definitions()[metric]["direction"]
    verdict = goal_verdict(view.now(metric), target=goal["target_value"], direction=direction)
    most = "at most" if direction == "lower" else "at least"
    target = target_words(goal).replace(" ", "\N{NO-BREAK SPACE}")
    return f"{goal_mark(verdict)} · goal {most} {target}"


def target_words(goal: dict[str, Any]) -> str:
    """Return a target as it was written, on one line and without marks."""
    return safe_text(goal["target_words"], limit=60)
