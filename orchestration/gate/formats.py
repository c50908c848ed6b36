"""A judgement as JSON, SARIF 2.1.0, JUnit XML and Markdown."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

from transforms.judgement_words import (
    MARKS,
    age_words,
    headline,
    limits_words,
    measure_words,
    notes,
)
from transforms.judgements import EXEMPT, FAIL, NOT_APPLICABLE, PASS, WARN, Judgement, Rule

INFORMATION = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
# GitHub refuses comments of more than 65,536 characters.
COMMENT_LIMIT = 60_000
_SEVERITY = {"high": "error", "medium": "warning", "low": "note"}


def as_json(judgement: Judgement) -> str:
    """Return everything that is known, for programs."""
    return json.dumps(document(judgement), ensure_ascii=False, indent=2)


def document(judgement: Judgement) -> dict[str, Any]:
    """Return a judgement as plain values; instants are ISO 8601 in UTC."""
    candidate = judgement.candidate
    return {
        "verdict": judgement.verdict,
        "exit_code": int(judgement.exit_code),
        "summary": headline(judgement),
        "notes": notes(judgement),
        "service_id": candidate.service_id,
        "artifact": candidate.digest,
        "version": candidate.version,
        "commit_sha": candidate.commit_sha,
        "environment_id": candidate.environment_id,
        "judged_at": _instant(candidate.at),
        "build_id": judgement.build_id,
        "build_as_of": judgement.build_as_of.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "is_build_later": judgement.is_build_later,
        "is_sample_data": judgement.is_sample_data,
        "late_sources": [
            {
                "source": late.source,
                "last_read_at": _instant(late.last_read_at),
                "expected_hours": late.expected_hours,
            }
            for late in judgement.late_sources
        ],
        "rules": [_rule(judgement, rule) for rule in judgement.rules],
    }


def _rule(judgement: Judgement, rule: Rule) -> dict[str, Any]:
    age = None
    if rule.data_read_at is not None and rule.data_read_at <= judgement.candidate.at:
        age = (judgement.candidate.at - rule.data_read_at).total_seconds()
    return {
        "control_id": rule.control_id,
        "title": rule.title,
        "gate": rule.gate,
        "severity": rule.severity,
        "verdict": rule.verdict,
        "underlying_verdict": rule.underlying_verdict,
        "exemption_id": rule.exemption_id,
        "reason_code": rule.reason_code,
        "reason": rule.reason,
        "evidence": list(rule.evidence),
        "value": rule.value,
        "threshold": rule.threshold,
        "limits": [vars(limit) for limit in rule.limits],
        "data_read_at": _instant(rule.data_read_at),
        "data_age_seconds": age,
    }


def as_sarif(judgement: Judgement) -> str:
    """Return a SARIF log: one rule a control, one result for each that binds."""
    candidate = judgement.candidate
    results = [_result(judgement, at, rule) for at, rule in enumerate(judgement.rules)]
    run = {
        "tool": {
            "driver": {
                "name": "Leadline gate",
                "rules": [
                    {
                        "id": rule.control_id,
                        "shortDescription": {"text": rule.title},
                        "defaultConfiguration": {"level": _SEVERITY.get(rule.severity, "warning")},
                        "properties": {"gate": rule.gate, "limits": limits_words(rule.limits)},
                    }
                    for rule in judgement.rules
                ],
            }
        },
        "invocations": [
            {
                "executionSuccessful": True,
                "exitCode": int(judgement.exit_code),
                "toolExecutionNotifications": [
                    {"level": "error" if judgement.late_sources else "note",
                     "message": {"text": note}}
                    for note in notes(judgement)
                ],
            }
        ],
        "results": [result for result in results if result is not None],
        "properties": {
            "verdict": judgement.verdict,
            "build_id": judgement.build_id,
            "judged_at": _instant(candidate.at),
        },
    }  # fmt: skip
    return json.dumps(
        {"$schema": INFORMATION, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2
    )


def _result(judgement: Judgement, at: int, rule: Rule) -> dict[str, Any] | None:
    kinds = {PASS: "pass", NOT_APPLICABLE: "notApplicable", WARN: "review", EXEMPT: "fail"}
    kind = kinds.get(rule.verdict, "fail" if rule.verdict == FAIL else "open")
    level = _SEVERITY.get(rule.severity, "warning") if rule.is_required else "note"
    candidate = judgement.candidate
    name = f"{candidate.service_id}@{candidate.digest}"
    result: dict[str, Any] = {
        "ruleId": rule.control_id,
        "ruleIndex": at,
        "kind": kind,
        # The format allows a level of `fail` only.
        "level": level if kind == "fail" else "none",
        "message": {"text": f"{rule.reason} ({age_words(judgement, rule)})"},
        "locations": [
            {"logicalLocations": [{"name": candidate.service_id, "fullyQualifiedName": name}]}
        ],
        "partialFingerprints": {"subject/v1": f"{rule.control_id}:{name}"},
        "properties": {
            "verdict": rule.verdict,
            "reason_code": rule.reason_code,
            "evidence": list(rule.evidence),
        },
    }
    if rule.exemption_id:
        result["suppressions"] = [{"kind": "external", "justification": rule.exemption_id}]
    return result


def as_junit(judgement: Judgement) -> str:
    """Return a JUnit report: one case a control; what keeps the gate shut fails, warnings pass."""
    candidate = judgement.candidate
    failed = sum(_outcome(rule) == "failure" for rule in judgement.rules)
    errors = sum(_outcome(rule) == "error" for rule in judgement.rules)
    skipped = sum(_outcome(rule) == "skipped" for rule in judgement.rules)
    late = len(judgement.late_sources)
    suites = ET.Element("testsuites")
    suite = ET.SubElement(
        suites,
        "testsuite",
        name="leadline gate",
        tests=str(len(judgement.rules) + late),
        failures=str(failed),
        errors=str(errors + late),
        skipped=str(skipped),
        timestamp=_instant(candidate.at) or "",
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(judgement).items():
        ET.SubElement(properties, "property", name=name, value=_clean(value))
    for source in judgement.late_sources:
        case = ET.SubElement(suite, "testcase", classname="sources", name=source.source, time="0")
        ET.SubElement(case, "error", message="The source was not read in time.")
    for rule in judgement.rules:
        case = ET.SubElement(
            suite, "testcase", classname=f"controls.{rule.gate}", name=rule.control_id, time="0"
        )
        outcome = _outcome(rule)
        if outcome != "passed":
            ET.SubElement(case, outcome, message=_clean(rule.reason), type=rule.reason_code)
        told = [rule.reason, *rule.evidence, limits_words(rule.limits)]
        ET.SubElement(case, "system-out").text = "\n".join(_clean(text) for text in told if text)
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True)


def _outcome(rule: Rule) -> str:
    if rule.verdict in (PASS, WARN):
        return "passed"
    if rule.verdict in (EXEMPT, NOT_APPLICABLE) or not rule.is_required:
        return "skipped"
    return "failure" if rule.verdict == FAIL else "error"


def _properties(judgement: Judgement) -> Mapping[str, str]:
    candidate = judgement.candidate
    stated = {
        "commit_sha": candidate.commit_sha,
        "service": candidate.service_id,
        "artifact": candidate.digest,
        "environment": candidate.environment_id,
        "verdict": judgement.verdict,
        "build_id": judgement.build_id,
    }
    return {name: value for name, value in stated.items() if value}


def as_markdown(judgement: Judgement) -> str:
    """Return a comment for a pull request; the rules that do not pass stand first and open."""
    lines = [f"### {headline(judgement)}", ""]
    lines += [f"> {_cell(note)}" for note in notes(judgement)]
    shutting = judgement.shutting
    others = [rule for rule in judgement.rules if rule not in shutting]
    shut = [*shutting, *(one for one in others if one.verdict not in (PASS, NOT_APPLICABLE))]
    rest = [rule for rule in judgement.rules if rule.verdict in (PASS, NOT_APPLICABLE)]
    if shut:
        lines += ["", *_table(judgement, shut)]
    if rest:
        word = "rule passes" if len(rest) == 1 else "rules pass or do not apply"
        lines += ["", f"<details><summary>{len(rest)} {word}</summary>", ""]
        lines += [*_table(judgement, rest), "", "</details>"]
    lines += [
        "",
        f"`{judgement.candidate.digest}` at {judgement.candidate.at:%Y-%m-%d %H:%M} UTC, "
        f"build `{judgement.build_id}`",
    ]
    text = "\n".join(lines) + "\n"
    if len(text) <= COMMENT_LIMIT:
        return text
    return text[: COMMENT_LIMIT - 80].rsplit("\n", 1)[0] + "\n\nCut here; see the JSON for all.\n"


def _table(judgement: Judgement, rules: list[Rule]) -> list[str]:
    lines = ["| | Rule | Verdict | Why | Measured | Data |", "|---|---|---|---|---|---|"]
    for rule in rules:
        verdict = rule.verdict.replace("_", " ") + ("" if rule.is_required else " (advisory)")
        if rule.exemption_id:
            verdict += f" by {rule.exemption_id}; else {rule.underlying_verdict.replace('_', ' ')}"
        cells = (
            MARKS.get(rule.verdict, "?"), rule.title, verdict, rule.reason,
            measure_words(rule), age_words(judgement, rule),
        )  # fmt: skip
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return lines


def _cell(text: str) -> str:
    """Return text of sources so that it is neither markup nor the end of a cell."""
    flat = " ".join(_clean(text).split())
    for character in "\\`*_[]<>|":
        flat = flat.replace(character, "&#" + str(ord(character)) + ";")
    return flat.replace("@", "@\u200b")


def _clean(text: str) -> str:
    """Return text without the control characters that XML and terminals refuse."""
    return "".join(one for one in text if one.isprintable() or one in "\n\t")


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.strftime("%Y-%m-%dT%H:%M:%SZ")


FORMATS = {"json": as_json, "sarif": as_sarif, "junit": as_junit, "markdown": as_markdown}
