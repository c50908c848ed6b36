"""Turn a SARIF log into findings; pure functions on parsed JSON.

Format: https://docs.oasis-open.org/sarif/sarif/v2.1.0 (sections 3.14, 3.27, 3.35), read November
2026. Results that say a rule was passed or did not apply are no findings. A result is dismissed
when at least one of its suppressions is accepted or states no status, and fixed when its baseline
says that it is absent. It is known by its correlation id, its fingerprints with rule and file, or
its rule, file and message: its line moves with every change above it. Its severity is that of the
security-severity of the result or its rule (0 to 10, as GitHub reads it), else the level.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from connectors._document import (
    Document,
    Row,
    finding,
    number_repeats,
    repository_of,
    stated_instant,
)
from connectors._test_report import without_home

Json = dict[str, Any]
NO_FINDING = ("pass", "notApplicable")
CATEGORIES = {
    "secret": "secret",
    "secrets": "secret",
    "vulnerability": "dependency",
    "misconfiguration": "misconfiguration",
    "license": "licence",
}
# Lowest score of each severity; 0 says nothing.
SEVERITIES = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.0, "low"))
ADVISORIES = ("CVE-", "GHSA-", "PYSEC-", "RUSTSEC-", "SNYK-")


def decode_sarif(data: Json) -> Document:
    """Return the findings of every run of a log.

    Errors: ValueError for another version than 2.1.
    """
    if not str(data.get("version", "")).startswith("2.1"):
        raise ValueError(f"it is SARIF {str(data.get('version'))[:20]}, only 2.1 is read")
    runs: list[Json] = data.get("runs") or []
    rows = [row for run in runs for row in _run_rows(run)]
    calls = [call for run in runs for call in run.get("invocations") or ()]
    ends = [stated_instant(call.get("endTimeUtc")) for call in calls]
    tools = {_driver(run).get("name") for run in runs}
    versions: list[Json] = [
        one for run in runs for one in run.get("versionControlProvenance") or ()
    ]
    version: Json = versions[0] if versions else {}
    return Document(
        format="sarif",
        tool=next(iter(tools)) if len(tools) == 1 else None,
        created_at=max((end for end in ends if end), default=None),
        links={
            "repository": repository_of(version.get("repositoryUri")),
            "commit_sha": version.get("revisionId"),
            "branch": version.get("branch"),
        },
        rows={"findings": number_repeats(rows, key="finding_key")},
        is_complete=bool(runs)
        and all(call.get("executionSuccessful") is not False for call in calls)
        and all(run.get("results") is not None for run in runs),
    )


def _driver(run: Json) -> Json:
    driver: Json = run["tool"]["driver"]
    return driver


def _run_rows(run: Json) -> list[Row]:
    tables: dict[int, dict[str, Json]] = {}
    return [
        _row(result, run, tables)
        for result in run.get("results") or ()
        if result.get("kind", "fail") not in NO_FINDING
    ]


def _row(result: Json, run: Json, tables: dict[int, dict[str, Json]]) -> Row:
    tool = _driver(run)["name"]
    rule = _rule(result, run, tables)
    rule_id = result.get("ruleId") or (result.get("rule") or {}).get("id") or rule.get("id")
    path, line = _place(result, run)
    title = _message(result, rule, run)
    state = _state(result)
    fixed = (result.get("provenance") or {}).get("lastDetectionTimeUtc")
    return finding(
        *_identity(result, rule_id, path, title),
        tool=tool,
        category=_category(rule_id, rule),
        rule_id=rule_id,
        title=title or (rule.get("shortDescription") or {}).get("text") or rule_id,
        severity=_security(result, rule) or _level(result, rule),
        cve_id=rule_id if str(rule_id).startswith("CVE-") else None,
        file_path=path,
        line_number=line,
        state=state,
        first_seen_at=stated_instant((result.get("provenance") or {}).get("firstDetectionTimeUtc")),
        fixed_at=stated_instant(fixed) if state == "fixed" else None,
        source_url=result.get("hostedViewerUri") or rule.get("helpUri"),
    )


def _identity(
    result: Json, rule_id: str | None, path: str | None, title: str | None
) -> tuple[str | None, ...]:
    if result.get("correlationGuid"):
        return (str(result["correlationGuid"]),)
    for name in ("fingerprints", "partialFingerprints"):
        prints: Mapping[str, str] = result.get(name) or {}
        if prints:
            text = ",".join(f"{key}={prints[key]}" for key in sorted(prints))
            return rule_id, path, text
    return rule_id, path, title


def _rule(result: Json, run: Json, tables: dict[int, dict[str, Json]]) -> Json:
    """Return what the tool, or the extension that a result names, says of a rule."""
    reference = result.get("rule") or {}
    component: Json = _driver(run)
    extension = (reference.get("toolComponent") or {}).get("index", -1)
    extensions = run["tool"].get("extensions") or []
    if 0 <= extension < len(extensions):
        component = extensions[extension]
    rules: list[Json] = component.get("rules") or []
    index: int = result.get("ruleIndex", reference.get("index", -1))
    if 0 <= index < len(rules):
        return rules[index]
    wanted = str(result.get("ruleId") or reference.get("id"))
    if id(component) not in tables:
        tables[id(component)] = {str(rule.get("id")): rule for rule in rules}
    known = tables[id(component)]
    # "CA1000/1" is a part of the rule "CA1000" (section 3.52.4).
    return known.get(wanted) or known.get(wanted.rpartition("/")[0]) or {}


def _message(result: Json, rule: Json, run: Json) -> str | None:
    message = result.get("message") or {}
    text = message.get("text") or message.get("markdown")
    if text is None and message.get("id"):
        for strings in (rule.get("messageStrings"), _driver(run).get("globalMessageStrings")):
            text = text or ((strings or {}).get(message["id"]) or {}).get("text")
    for place, argument in enumerate(message.get("arguments") or ()):
        text = str(text or "").replace(f"{{{place}}}", str(argument))
    return text


def _security(result: Json, rule: Json) -> str | None:
    """Return the severity that a score stands for; None where no score from 0 to 10 is stated."""
    if result.get("kind", "fail") != "fail":
        return None
    for one in (result, rule):
        stated = (one.get("properties") or {}).get("security-severity")
        try:
            score = float(str(stated))
        except ValueError:
            continue
        if 0 < score <= 10:
            return next(severity for lowest, severity in SEVERITIES if score >= lowest)
    return None


def _level(result: Json, rule: Json) -> str:
    if result.get("level"):
        return str(result["level"]).lower()
    if result.get("kind", "fail") != "fail":
        return "none"
    return str((rule.get("defaultConfiguration") or {}).get("level") or "warning").lower()


def _state(result: Json) -> str:
    if result.get("baselineState") == "absent":
        return "fixed"
    statuses = [one.get("status", "accepted") for one in result.get("suppressions") or ()]
    return "dismissed" if "accepted" in statuses else "open"


def _category(rule_id: str | None, rule: Json) -> str:
    if str(rule_id).startswith(ADVISORIES):
        return "dependency"
    tags = [str(tag).lower() for tag in (rule.get("properties") or {}).get("tags") or ()]
    return next((CATEGORIES[tag] for tag in tags if tag in CATEGORIES), "static_analysis")


def _place(result: Json, run: Json) -> tuple[str | None, int | None]:
    for location in result.get("locations") or ():
        physical = location.get("physicalLocation") or {}
        artifact = physical.get("artifactLocation") or {}
        artifacts = run.get("artifacts") or []
        index = artifact.get("index", -1)
        if "uri" not in artifact and 0 <= index < len(artifacts):
            artifact = artifacts[index].get("location") or {}
        if artifact.get("uri"):
            line = (physical.get("region") or {}).get("startLine")
            return _path(artifact, run.get("originalUriBaseIds") or {}), line
    return None, None


def _path(artifact: Json, bases: Json) -> str:
    """Return a path from the topmost base that is named without an absolute address."""
    uri, base_id, seen = str(artifact["uri"]), artifact.get("uriBaseId"), set()
    while base_id in bases and base_id not in seen and "://" not in uri:
        seen.add(base_id)
        base = bases[base_id]
        above = str(base.get("uri") or "")
        if "://" in above:
            break
        uri, base_id = above + uri, base.get("uriBaseId")
    path = urlsplit(uri).path if "://" in uri else uri
    return without_home(unquote(path).removeprefix("./"))
