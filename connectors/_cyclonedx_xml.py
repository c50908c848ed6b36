"""Turn CycloneDX XML into what its JSON would say, so that one decoder reads both."""

from typing import Any
from xml.etree.ElementTree import Element

from connectors._cyclonedx import decode_cyclonedx
from connectors._document import Document
from connectors._xml import child, children, text_of

Json = dict[str, Any]


def decode_cyclonedx_xml(root: Element) -> Document:
    """Return the components and findings of a document in XML."""
    about = child(root, "metadata")
    subject = child(about, "component")
    tools = [
        *children(about, "tools", "tool"),
        *children(about, "tools", "components", "component"),
    ]
    return decode_cyclonedx(
        {
            "metadata": {
                "timestamp": text_of(about, "timestamp"),
                "tools": [{"name": text_of(tool, "name")} for tool in tools],
                "component": _xml_component(subject) if subject is not None else None,
            },
            "components": [
                _xml_component(one) for one in children(root, "components", "component")
            ],
            "services": [_xml_component(one) for one in children(root, "services", "service")],
            "vulnerabilities": [
                _xml_vulnerability(one)
                for one in children(root, "vulnerabilities", "vulnerability")
            ],
        }
    )


def _xml_component(one: Element) -> Json:
    licences = child(one, "licenses")
    return {
        "bom-ref": one.get("bom-ref"),
        "type": one.get("type") or "service",
        "group": text_of(one, "group"),
        "name": text_of(one, "name"),
        "version": text_of(one, "version"),
        "purl": text_of(one, "purl"),
        "hashes": [
            {"alg": part.get("alg"), "content": text_of(part)}
            for part in children(one, "hashes", "hash")
        ],
        "licenses": [
            *(
                {"license": {"id": text_of(part, "id"), "name": text_of(part, "name")}}
                for part in children(licences, "license")
            ),
            *({"expression": text_of(part)} for part in children(licences, "expression")),
        ],
        "externalReferences": [
            {"type": link.get("type"), "url": text_of(link, "url")}
            for link in children(one, "externalReferences", "reference")
        ],
        "components": [_xml_component(part) for part in children(one, "components", "component")],
        "services": [_xml_component(part) for part in children(one, "services", "service")],
    }


def _xml_vulnerability(one: Element) -> Json:
    return {
        "bom-ref": one.get("bom-ref"),
        "id": text_of(one, "id"),
        "description": text_of(one, "description"),
        "updated": text_of(one, "updated"),
        "source": {"url": text_of(one, "source", "url")},
        "references": [
            {"id": text_of(part, "id")} for part in children(one, "references", "reference")
        ],
        "ratings": [
            {"severity": text_of(part, "severity")} for part in children(one, "ratings", "rating")
        ],
        "analysis": {
            "state": text_of(one, "analysis", "state") or "",
            "firstIssued": text_of(one, "analysis", "firstIssued"),
            "lastUpdated": text_of(one, "analysis", "lastUpdated"),
        },
        "affects": [
            {
                "ref": text_of(target, "ref"),
                "versions": [
                    {
                        "version": text_of(part, "version"),
                        "range": text_of(part, "range"),
                        "status": text_of(part, "status") or "affected",
                    }
                    for part in children(target, "versions", "version")
                ],
            }
            for target in children(one, "affects", "target")
        ],
    }
