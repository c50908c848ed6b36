"""Turn a CycloneDX bill of materials into components, and its vulnerabilities into findings.

Format: https://cyclonedx.org/specification/overview (JSON 1.2 to 1.7, XML 1.0 to 1.7), read
November 2026. Components inside components and services count; the component that the document is
about does not. A vulnerability is a finding for each component it affects: fixed or dismissed
where its analysis (VEX) says so, else open. The first rating that states a severity is taken.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from connectors._document import (
    Document,
    Row,
    finding,
    number_repeats,
    repository_of,
    stated_instant,
)

Json = dict[str, Any]
STATES = {
    "resolved": "fixed",
    "resolved_with_pedigree": "fixed",
    "not_affected": "dismissed",
    "false_positive": "dismissed",
}


def decode_cyclonedx(data: Json) -> Document:
    """Return the components and findings of a document in JSON."""
    about = data.get("metadata") or {}
    subject = about.get("component") or {}
    created_at = stated_instant(about.get("timestamp"))
    tool = _tool(about.get("tools"))
    known = {one["bom-ref"]: one for one in _walk(data, with_subject=True) if one.get("bom-ref")}
    rows = [_component(one, place) for place, one in enumerate(_walk(data))]
    findings = [
        row
        for vulnerability in data.get("vulnerabilities") or ()
        for row in _findings(vulnerability, known, tool=tool, created_at=created_at)
    ]
    return Document(
        format="cyclonedx",
        tool=tool,
        created_at=created_at,
        links={"artifact_digest": _digest(subject), "repository": _repository(subject)},
        rows={
            "components": number_repeats(rows, key="component_key"),
            "findings": number_repeats(findings, key="finding_key"),
        },
    )


def _walk(data: Json, *, with_subject: bool = False) -> Iterator[Json]:
    """Yield components and services at any depth, in the order of the document."""
    waiting = [("", one) for one in reversed(data.get("components") or ())]
    waiting = [("service", one) for one in reversed(data.get("services") or ())] + waiting
    subject = (data.get("metadata") or {}).get("component")
    if subject and with_subject:
        waiting.append(("", subject))
    while waiting:
        kind, one = waiting.pop()
        yield {"type": kind, **one} if kind else one
        inner = one.get("services" if kind else "components") or ()
        waiting.extend((kind, part) for part in reversed(inner))


def _tool(tools: Any) -> str | None:
    listed = tools.get("components") or tools.get("services") if isinstance(tools, dict) else tools
    names = [one.get("name") for one in listed or () if one.get("name")]
    return names[0] if names else None


def _component(one: Json, place: int) -> Row:
    name = "/".join(part for part in (one.get("group"), one.get("name")) if part)
    return {
        "component_key": one.get("bom-ref") or one.get("purl") or f"#{place}",
        "component_type": one.get("type"),
        "name": name or None,
        "version": one.get("version"),
        "purl": one.get("purl"),
        "licence": _licence(one),
    }


def _licence(one: Json) -> str | None:
    found = []
    for choice in one.get("licenses") or ():
        licence = choice.get("license") or {}
        found.append(choice.get("expression") or licence.get("id") or licence.get("name"))
    return " AND ".join(str(name) for name in found if name) or None


def _digest(subject: Json) -> str | None:
    for one in subject.get("hashes") or ():
        if one.get("alg") == "SHA-256" and one.get("content"):
            return f"sha256:{str(one['content']).lower()}"
    _, at, version = unquote(str(subject.get("purl") or "")).partition("@sha256:")
    if at:
        return "sha256:" + version.split("?")[0]
    stated = str(subject.get("version") or "")
    return stated if stated.startswith("sha256:") else None


def _repository(subject: Json) -> str | None:
    links = subject.get("externalReferences") or ()
    return next(
        (repository_of(link.get("url")) for link in links if link.get("type") == "vcs"), None
    )


def _findings(
    vulnerability: Json, known: dict[str, Json], *, tool: str | None, created_at: str | None
) -> Iterator[Row]:
    analysis = vulnerability.get("analysis") or {}
    listed = [vulnerability.get("id"), *_referenced(vulnerability)]
    cve = next((one for one in listed if str(one).startswith("CVE-")), None)
    for affected in vulnerability.get("affects") or [{}]:
        versions = affected.get("versions") or []
        state = STATES.get(str(analysis.get("state", "")).lower(), "open")
        if versions and all(one.get("status") == "unaffected" for one in versions):
            state = "dismissed"
        reference = affected.get("ref")
        component = known.get(reference) or {}
        stated = [one.get("version") or one.get("range") for one in versions]
        hit = [
            text
            for text, one in zip(stated, versions, strict=True)
            if text and one.get("status", "affected") != "unaffected"
        ]
        changed = analysis.get("lastUpdated") or vulnerability.get("updated") or created_at
        yield finding(
            vulnerability.get("id") or vulnerability.get("bom-ref"),
            reference,
            ",".join(str(text) for text in stated),
            tool=tool,
            category="dependency",
            rule_id=vulnerability.get("id"),
            title=vulnerability.get("description") or vulnerability.get("id"),
            severity=_severity(vulnerability),
            cvss_score=_score(vulnerability),
            cve_id=cve,
            package_name=_component(component, 0)["name"] or _after_hash(reference),
            package_version=component.get("version") or ", ".join(hit) or None,
            state=state,
            justification=analysis.get("justification") or analysis.get("detail"),
            first_seen_at=stated_instant(analysis.get("firstIssued")),
            fixed_at=stated_instant(changed) if state == "fixed" else None,
            source_url=(vulnerability.get("source") or {}).get("url"),
            layer_digests=_layers(component),
        )


def _layers(component: Json) -> list[str] | None:
    """Return the layer of an image that a component lies in, as Trivy states it."""
    stated = [
        one.get("value")
        for one in component.get("properties") or ()
        if one.get("name") in ("aquasecurity:trivy:LayerDiffID", "aquasecurity:trivy:LayerDigest")
    ]
    return [str(value) for value in stated if value] or None


def _referenced(vulnerability: Json) -> list[str | None]:
    return [one.get("id") for one in vulnerability.get("references") or ()]


def _after_hash(reference: str | None) -> str | None:
    return str(reference).rpartition("#")[2] if reference else None


def _severity(vulnerability: Json) -> str | None:
    stated = [one.get("severity") for one in vulnerability.get("ratings") or ()]
    return next((str(severity).lower() for severity in stated if severity), None)


def _score(vulnerability: Json) -> float | None:
    """Return the highest score by CVSS; other methods have other scales."""
    scores = [
        float(one["score"])
        for one in vulnerability.get("ratings") or ()
        if one.get("score") is not None and str(one.get("method", "")).upper().startswith("CVSS")
    ]
    return max(scores, default=None)
