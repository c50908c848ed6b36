"""Turn an SPDX 2 bill of materials into components; pure functions.

Format: https://spdx.github.io/spdx-spec/v2.3 (JSON and tag-value), read November 2026. Every
package counts but the one that the document is about, if it says of one that it describes it.
Creators may be persons, so that only a tool among them is kept.
"""

import re
from typing import Any

from connectors._document import Document, Row, number_repeats, stated_instant

Json = dict[str, Any]
NOTHING = ("NOASSERTION", "NONE", "")
LINE = re.compile(r"^([A-Za-z]+):[ \t]?(.*)$")
# Tags that end a package: what follows is about something else.
OTHERS = ("FileName", "SnippetSPDXID", "LicenseID", "Relationship", "Annotator", "Reviewer")


def decode_spdx(data: Json) -> Document:
    """Return the components of a document in JSON.

    Errors: ValueError for another version than 2.
    """
    if not str(data.get("spdxVersion", "")).startswith("SPDX-2"):
        raise ValueError(f"it is {str(data.get('spdxVersion'))[:20]}, only SPDX 2 is read")
    packages: list[Json] = data.get("packages") or []
    described = set(data.get("documentDescribes") or ()) | {
        one.get("relatedSpdxElement")
        for one in data.get("relationships") or ()
        if one.get("relationshipType") == "DESCRIBES"
    }
    subjects = [one for one in packages if one.get("SPDXID") in described]
    creation = data.get("creationInfo") or {}
    tools = [str(one) for one in creation.get("creators") or () if str(one).startswith("Tool:")]
    subject = subjects[0] if len(subjects) == 1 else {}
    listed = [one for one in packages if one is not subject]
    rows = [_component(one, place) for place, one in enumerate(listed)]
    return Document(
        format="spdx",
        tool=tools[0].removeprefix("Tool:").strip() if tools else None,
        created_at=stated_instant(creation.get("created")),
        links={"artifact_digest": _digest(subject)},
        rows={"components": number_repeats(rows, key="component_key")},
    )


def _component(one: Json, place: int) -> Row:
    purls = [
        link.get("referenceLocator")
        for link in one.get("externalRefs") or ()
        if link.get("referenceType") == "purl"
    ]
    licences = [one.get("licenseConcluded"), one.get("licenseDeclared")]
    purpose = one.get("primaryPackagePurpose")
    return {
        "component_key": one.get("SPDXID") or f"#{place}",
        "component_type": str(purpose).lower() if purpose else "package",
        "name": one.get("name"),
        "version": one.get("versionInfo"),
        "purl": purls[0] if purls else None,
        "licence": next((str(text) for text in licences if (text or "") not in NOTHING), None),
    }


def _digest(one: Json) -> str | None:
    for checksum in one.get("checksums") or ():
        if checksum.get("algorithm") == "SHA256":
            return f"sha256:{str(checksum['checksumValue']).lower()}"
    return None


def decode_spdx_tags(text: str) -> Document:
    """Return the components of a document in tag-value form.

    Errors: ValueError for another version than 2, or a text that does not end.
    """
    data: Json = {"creationInfo": {"creators": []}, "packages": [], "relationships": []}
    package: Json | None = None
    for name, value in _tags(text):
        if name == "PackageName":
            package = {"name": value, "externalRefs": [], "checksums": []}
            data["packages"].append(package)
        elif name in OTHERS:
            package = None
        if name == "SPDXVersion":
            data["spdxVersion"] = value
        elif name == "Created":
            data["creationInfo"]["created"] = value
        elif name == "Creator":
            data["creationInfo"]["creators"].append(value)
        elif name == "Relationship":
            words = value.split()
            if len(words) == 3 and words[1] == "DESCRIBES":
                relation = {"relationshipType": words[1], "relatedSpdxElement": words[2]}
                data["relationships"].append(relation)
        elif package is not None:
            _add_to_package(package, name, value)
    return decode_spdx(data)


def _add_to_package(package: Json, name: str, value: str) -> None:
    fields = {
        "SPDXID": "SPDXID",
        "PackageVersion": "versionInfo",
        "PackageLicenseConcluded": "licenseConcluded",
        "PackageLicenseDeclared": "licenseDeclared",
        "PrimaryPackagePurpose": "primaryPackagePurpose",
    }
    if name in fields:
        package[fields[name]] = value
    elif name == "PackageChecksum":
        algorithm, _, digest = value.partition(":")
        package["checksums"].append({"algorithm": algorithm, "checksumValue": digest.strip()})
    elif name == "ExternalRef":
        words = value.split()
        if len(words) >= 3:
            link = {"referenceType": words[1], "referenceLocator": words[2]}
            package["externalRefs"].append(link)


def _tags(text: str) -> list[tuple[str, str]]:
    """Return tags and values; a value in <text> may have many lines, with colons in them."""
    tags: list[tuple[str, str]] = []
    lines = iter(text.splitlines())
    for line in lines:
        found = LINE.match(line)
        if not found:
            continue
        name, value = found.group(1), found.group(2).strip()
        if value.startswith("<text>"):
            parts = [value]
            while "</text>" not in parts[-1]:
                following = next(lines, None)
                if following is None:
                    raise ValueError(f"the text of {name} does not end")
                parts.append(following)
            value = "\n".join(parts).removeprefix("<text>").partition("</text>")[0]
        tags.append((name, value))
    return tags
