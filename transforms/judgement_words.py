"""A judgement in sentences, the same in every format."""

from transforms.judgements import Judgement, Limit, Rule

HEADLINES = {
    0: "The gate is open for {}",
    1: "The gate is shut for {}",
    3: "The gate stays shut for {}, because too little is known",
    4: "The gate stays shut for {}, because source data is stale",
}
MARKS = {
    "pass": "✓", "warn": "!", "fail": "✗", "no_data": "?", "inconclusive": "?",
    "exempt": "○", "not_applicable": "–",
}  # fmt: skip


def headline(judgement: Judgement) -> str:
    """Return the verdict in one sentence."""
    candidate = judgement.candidate
    name = candidate.version or short(candidate.digest)
    what = f"{candidate.service_id} {name} to {candidate.environment_id}"
    counts = judgement.counts()
    told = ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in counts.items())
    return f"{HEADLINES[judgement.exit_code].format(what)}: {told or 'no rule is asked'}."


def notes(judgement: Judgement) -> list[str]:
    """Return what a reader has to know beside the rules."""
    said = [
        f"Source {late.source} was "
        + (f"last read {_moment(late.last_read_at)}" if late.last_read_at else "never read whole")
        + f"; it is expected every {late.expected_hours:g} hours. Run `leadline sync`."
        for late in judgement.late_sources
    ]
    if judgement.is_build_later:
        said.append(
            "No build of that time is retained: the oldest one that is judges from what happened "
            "by then, and sees what was corrected since."
        )
    if judgement.is_sample_data:
        said.append("This is the sample company; its time stands still.")
    if not judgement.rules:
        said.append("No control is asked, so nothing was judged.")
    return said


def limits_words(limits: tuple[Limit, ...]) -> str:
    """Return thresholds with who set them."""
    return "; ".join(
        f"{limit.key} {limit.value:g} {limit.unit} ({limit.source_tag}: {limit.source_ref})"
        for limit in limits
    )


def measure_words(rule: Rule) -> str:
    """Return what was measured and held against what; empty where nothing could be measured."""
    if rule.value is None or rule.underlying_verdict in ("no_data", "not_applicable"):
        return ""
    against = "" if rule.threshold is None else f", limit {rule.threshold:g}"
    return f"{rule.value:g}{against}"


def age_words(judgement: Judgement, rule: Rule) -> str:
    """Return how old the data is that a rule rests on."""
    if rule.data_read_at is None:
        return "age unknown"
    hours = (judgement.candidate.at - rule.data_read_at).total_seconds() / 3600
    return "read afterwards" if hours < 0 else f"{hours:.1f} h old"


def short(digest: str) -> str:
    """Return the beginning of a digest, by which people know it."""
    name, colon, rest = digest.partition(":")
    return f"{name}{colon}{rest[:12]}" if colon else name[:12]


def _moment(instant: object) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"
