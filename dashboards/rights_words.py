"""Who holds what he should not, and what an audit log proves, in words."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from dashboards.control_cells import SYMBOLS, VERDICT_WORDS, exemption_words
from dashboards.safe_text import plain_text
from dashboards.shares import share_interval
from dashboards.words import (
    DASH,
    between_words,
    count_words,
    date_words,
    moment_words,
    percent_words,
)

Row = Mapping[str, Any]
FINDINGS = {
    "auditor_may_write": "held by an auditor and may write",
    "developer_may_deploy": "lets a developer deploy to production of tier 1 by hand",
    "service_account_interactive": "of a service account that somebody can sign in with",
    "dormant": "privileged and not used for too long",
    "review_overdue": "not confirmed in time",
    "role_unclassified": "of a role that is in no list",
    "holder_unknown": "without a known holder",
    "review_unknown": "of which it is not known when it was confirmed",
    "use_unknown": "of which it is not known when it was used",
    "interactive_unknown": "of a service account of which it is not known who can sign in",
}
VIOLATIONS = {
    "unreviewed_change": "a change that nobody but its authors approved",
    "no_independent_approval": "no approval by somebody else",
    "author_deployed": "an author deployed to tier 1",
    "changed_after_approval": "changed after its approval",
    "approver_without_authority": "nobody with authority approved",
    "toxic_pair": "somebody holds a toxic pair of rights",
}
LOG_CONTROLS = ("audit_log_completeness", "audit_log_gaps", "audit_log_retention")


def rights_sentence(rights: Sequence[Row], holders: int, *, is_any_known: bool) -> str:
    """Return how many rights have a finding and how many people hold a toxic pair.

    Where no right of the whole organisation is known, nothing is said of holders either.
    """
    if not is_any_known:
        return "No right of anybody is known, so it is not known who holds too much."
    open_ = [one for one in rights if one["verdict"] not in ("pass", "exempt", "not_applicable")]
    people = {0: "nobody holds", 1: "1 person holds"}.get(holders, f"{holders:,} people hold")
    found = (
        f"{len(open_):,} of {count_words(len(rights), 'right')} have a finding"
        if rights
        else "No right in this selection"
    )
    return f"{found}; {people} a pair of rights that two should hold."


def finding_sentences(rights: Sequence[Row]) -> list[str]:
    """Return how many rights have each finding, the most frequent first."""
    counts = Counter(
        str(one["reason_code"]) for one in rights
        if one["verdict"] not in ("pass", "exempt", "not_applicable")
    )  # fmt: skip
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return [
        f"{count_words(n, 'right')} {FINDINGS.get(code, code.replace('_', ' '))}"
        for code, n in ordered
    ]


def rights_table(rights: Sequence[Row], held: Mapping[str, Row]) -> pl.DataFrame:
    """Return rights with what was found, findings first."""
    worst = ("fail", "no_data", "inconclusive", "warn", "exempt", "pass", "not_applicable")
    rows = []
    for one in sorted(rights, key=lambda row: (worst.index(row["verdict"]), row["subject_id"])):
        right = held.get(one["subject_id"], {})
        rows.append(
            {
                "Verdict": f"{SYMBOLS[one['verdict']]} {VERDICT_WORDS[one['verdict']]}",
                "What was found": plain_text(one["reason"], limit=300),
                "Holder": plain_text(right.get("person_id")) or DASH,
                "Role": plain_text(right.get("role_name")) or DASH,
                "On": plain_text(right.get("resource")) or DASH,
                "Last used": _day(right.get("last_used_at")),
                "Confirmed": _day(right.get("reviewed_at")),
                "Exemption": exemption_words(one),
            }
        )
    return pl.DataFrame(rows)


def holders_table(holders: Sequence[Row]) -> pl.DataFrame:
    """Return who holds which pair, since when and by which grants."""
    return pl.DataFrame(
        [
            {
                "Person": plain_text(one["person_id"]),
                "Pair": plain_text(one["pair_words"]),
                # grants that do not say since when count from 1970 on
                "Since": _day(one["held_from_at"] if one["held_from_at"].year > 1970 else None),
                "Grants": plain_text(", ".join(one["access_grant_ids"]), limit=300),
            }
            for one in holders
        ]
    )


def duty_sentence(verdicts: Sequence[str], *, exempt: int = 0) -> str:
    """Return the share of deployments with a violation, with its interval, and what is not known.

    Exempt deployments count with those that have one: an exemption allows a violation and does
    not undo it.
    """
    n = sum(one != "not_applicable" for one in verdicts)
    if n == 0:
        return "No deployment to production began in this period."
    k = sum(one == "fail" for one in verdicts) + exempt
    low, high = share_interval(k, n)
    share = f"{percent_words(k / n, n=n)}, likely {between_words(low, high, unit='ratio', n=n)}"
    said = f"{k:,} of {count_words(n, 'deployment')} broke a separation of duties ({share})"
    unknown = sum(one in ("no_data", "inconclusive") for one in verdicts)
    parts = [said]
    if exempt:
        parts.append(f"{exempt:,} of them with an exemption")
    if unknown:
        parts.append(f"of {unknown:,} it cannot be told")
    return "; ".join(parts) + "."


def violations_table(
    violations: Sequence[Row], exempt: Mapping[str, Row], link: Callable[[str], str]
) -> pl.DataFrame:
    """Return violations with the people concerned and the exemption, if there is one."""
    return pl.DataFrame(
        [
            {
                "Open": link(one["deployment_id"]),
                "Began (UTC)": moment_words(one["started_at"]),
                "Service": plain_text(one["service_id"]) or DASH,
                "Violation": VIOLATIONS.get(one["violation"], one["violation"]),
                "What was found": plain_text(one["reason"], limit=300),
                "People": plain_text(", ".join(one["person_ids"] or ()), limit=200) or DASH,
                "Exemption": exemption_words(exempt[one["deployment_id"]])
                if one["deployment_id"] in exempt
                else DASH,
            }
            for one in violations
        ]
    )


def logs_table(results: Sequence[Row]) -> pl.DataFrame:
    """Return each log with what its newest month and its reach say."""
    newest: dict[tuple[str, str], Row] = {}
    for one in sorted(results, key=lambda row: row["occurred_at"]):
        newest[_log_of(one), one["control_id"]] = one
    logs = sorted({log for log, _ in newest})
    titles = ("All six facts", "Silence", "Reach")
    return pl.DataFrame(
        [
            {
                "Log": plain_text(log),
                **{
                    title: _told(newest.get((log, control)))
                    for title, control in zip(titles, LOG_CONTROLS, strict=True)
                },
            }
            for log in logs
        ]
    )


def coverage_sentence(verdicts: Sequence[str]) -> str:
    """Return how many deployments an audit log tells of."""
    told = sum(one == "pass" for one in verdicts)
    missing = sum(one in ("fail", "exempt") for one in verdicts)
    unknown = sum(one == "no_data" for one in verdicts)
    if told + missing == 0:
        return "No audit log that was read tells of deployments in this period."
    n = told + missing
    said = f"An audit log tells of {told:,} of {count_words(n, 'deployment')}"
    also = f"; {unknown:,} began before it" if unknown else ""
    return f"{said} ({percent_words(told / n, n=n)}){also}."


def _log_of(row: Row) -> str:
    subject = str(row["subject_id"])
    return subject if row["control_id"] == LOG_CONTROLS[-1] else subject.rsplit(":", 1)[0]


def _told(row: Row | None) -> str:
    if row is None:
        return DASH
    return f"{SYMBOLS[row['verdict']]} {plain_text(row['reason'], limit=200)}"


def _day(moment: datetime | None) -> str:
    return DASH if moment is None else date_words(moment.date())
