"""How a number stands against a goal, in a word with its sign; pure functions."""

from dashboards.reading import Reading

ON, WATCH, OFF, LITTLE, NONE = "on_target", "watch", "off_target", "too_little_data", "no_data"
GOAL_WORDS = {
    ON: "On target",
    WATCH: "Watch",
    OFF: "Off target",
    LITTLE: "Too little data",
    NONE: "No data",
}
_ICONS = {
    ON: "✓",
    WATCH: "◐",
    OFF: "✕",
    LITTLE: "…",
    NONE: "–",
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


def goal_mark(verdict: str) -> str:
    """Return a verdict as icon and word, coloured only where it is clear."""
    colour = _COLOURS.get(verdict)
    said = f"{_ICONS[verdict]} {GOAL_WORDS[verdict]}"
    return f":{colour}[{said}]" if colour else said
