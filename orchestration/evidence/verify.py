"""Check a Leadline evidence package with nothing but Python and the library `cryptography`.

    python verify.py PACKAGE.zip [--previous EARLIER.zip] [--key PUBLIC_KEY]

Everything is computed again from the bytes: the archive's form, the signature, every digest, the
count and completeness of every control, every attestation, and the link to the package before.
Exits 0 when all of it holds, 1 naming what does not, 2 for a wrong command line. A package names
its own key; give the one that was published elsewhere (hex, or a file that holds it), or compare
the fingerprint that is shown. Take this file from elsewhere too: one in a forged package lies.
"""

import argparse
import base64
import csv
import hashlib
import io
import json
import re
import stat
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MANIFEST, ENVELOPE = "manifest.json", "manifest.dsse.json"
ATTESTATIONS, RESULTS, OSCAL, POLICY = (
    "attestations.intoto.jsonl", "results.csv", "assessment-results.json", "policy.json",
)  # fmt: skip
MANIFEST_TYPE = "application/vnd.leadline.evidence-manifest+json"
STATEMENT_TYPE = "application/vnd.in-toto+json"
SUMMARY = "https://slsa.dev/verification_summary/v1"
MOST_BYTES, MOST_FILES = 2**31 - 1, 10_000
SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
FIRST_INSTANT = (1980, 1, 1, 0, 0, 0)
MODE = (stat.S_IFREG | 0o644) << 16
EXTRACTS = "extracts/"
UNPROVEN = ("no_data", "inconclusive")


class Refused(Exception):
    """The package is not what was signed; the message begins with the item that is not."""


def canonical(value: Any) -> bytes:
    """Return JSON in the one form of RFC 8785, for values without fractions."""
    return json.dumps(
        _ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return {name: _ordered(value[name]) for name in names}
    if isinstance(value, list):
        return [_ordered(one) for one in value]
    if isinstance(value, float):
        raise Refused(f"{MANIFEST}: the number {value} is no whole number")
    return value


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return what DSSE signs: type and content, each with its length."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def render(members: dict[str, bytes]) -> bytes:
    """Return the one archive that holds these files: sorted, stored, without time or owner."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, FIRST_INSTANT)
            entry.create_system, entry.external_attr = 3, MODE
            archive.writestr(entry, members[name])
    return target.getvalue()


def unpack(raw: bytes) -> dict[str, bytes]:
    """Return the files of an archive that is, byte for byte, what render() makes of them.

    Errors: Refused.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, UnicodeError) as error:
        raise Refused(f"archive: its directory cannot be read ({error})") from None
    if len(entries) > MOST_FILES:
        raise Refused(f"archive: it has {len(entries)} files, more than {MOST_FILES}")
    members: dict[str, bytes] = {}
    room = len(raw)
    for entry in entries:
        name = entry.filename
        _refuse_entry(entry, known=members)
        room -= entry.file_size
        if room < 0:
            raise Refused(f"{name}: it claims more bytes than the package has")
        begin = entry.header_offset + 30 + len(name)
        members[name] = raw[begin : begin + entry.file_size]
    _refuse_other_bytes(raw, members)
    return members


def _refuse_entry(entry: zipfile.ZipInfo, *, known: dict[str, bytes]) -> None:
    name = ascii(entry.filename)[1:-1]
    if not SAFE_NAME.fullmatch(entry.filename):
        raise Refused(f"{name}: a name that leads out of the package, or has odd characters")
    if entry.filename in known:
        raise Refused(f"{name}: it is there twice")
    if entry.external_attr != MODE:
        raise Refused(f"{name}: it is no plain file")
    if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
        raise Refused(f"{name}: it is compressed; files of a package are stored as they are")


def _refuse_other_bytes(raw: bytes, members: dict[str, bytes]) -> None:
    expected = render(members)
    if expected == raw:
        return
    at = next(
        (
            place
            for place, pair in enumerate(zip(expected, raw, strict=False))
            if pair[0] != pair[1]
        ),
        min(len(expected), len(raw)),
    )
    where = 0
    for name in sorted(members):
        where += 30 + len(name) + len(members[name])
        if at < where:
            raise Refused(f"{name}: its entry in the archive is altered at byte {at}")
    raise Refused(f"archive: its directory is altered at byte {at}")


def opened(envelope: dict[str, Any], *, payload_type: str, key: str, item: str) -> bytes:
    """Return the payload of a DSSE envelope that this key signed. Errors: Refused."""
    try:
        payload = base64.b64decode(envelope["payload"], validate=True)
        (signature,) = envelope["signatures"]
        signed = base64.b64decode(signature["sig"], validate=True)
        again = sealed(payload, payload_type=payload_type, signature=signed, key=key)
        if again != envelope:
            raise Refused(f"{item}: its envelope names another type or key, or has other fields")
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(
            signed, pae(payload_type, payload)
        )
    except InvalidSignature:
        raise Refused(f"{item}: its signature is not of the key {fingerprint(key)}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(f"{item}: its envelope cannot be read ({error})") from None
    return payload


def sealed(payload: bytes, *, payload_type: str, signature: bytes, key: str) -> dict[str, Any]:
    """Return a DSSE envelope around a payload and its signature."""
    return {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": payload_type,
        "signatures": [{"keyid": fingerprint(key), "sig": base64.b64encode(signature).decode()}],
    }


def fingerprint(key: str) -> str:
    """Return the name of a public key (hex): the sha256 of its bytes."""
    return hashlib.sha256(bytes.fromhex(key)).hexdigest()


def verify(raw: bytes, *, previous: bytes | None = None, key: str = "") -> dict[str, Any]:
    """Return the manifest of a package after computing everything in it again. Errors: Refused."""
    try:
        return _verified(raw, previous=previous, key=key)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(f"package: it does not have the form of one ({error!r})") from None


def _verified(raw: bytes, *, previous: bytes | None, key: str) -> dict[str, Any]:
    members = unpack(raw)
    manifest = _signed_manifest(members, key=key)
    _check_files(manifest, members)
    _check_policy(manifest, members)
    kinds = _check_attestations(manifest, members)
    if kinds != manifest["attestations"]["by_type"]:
        raise Refused(f"{ATTESTATIONS}: it has other attestations than the manifest counts")
    found = recount(members)
    stated = {one["control_id"]: one for one in manifest["controls"]}
    for name in sorted(found.keys() | stated.keys()):
        if name not in found or stated.get(name, {}) | found[name] != stated.get(name):
            raise Refused(f"{RESULTS}: control {name} counts otherwise than the manifest says")
    _check_totals(manifest, found, kinds)
    _check_findings(manifest, members)
    _check_previous(manifest, previous, key=key or manifest["public_key"])
    return manifest


def _signed_manifest(members: dict[str, bytes], *, key: str) -> dict[str, Any]:
    for name in (MANIFEST, ENVELOPE):
        if name not in members:
            raise Refused(f"{name}: it is missing")
    manifest, envelope = _json(members, MANIFEST), _json(members, ENVELOPE)
    stated = manifest.get("public_key")
    if not isinstance(stated, str) or not re.fullmatch("[0-9a-f]{64}", stated):
        raise Refused(f"{MANIFEST}: it names no key")
    if key and stated != key:
        raise Refused(f"{MANIFEST}: it is signed by the key {fingerprint(stated)}, not by yours")
    payload = opened(envelope, payload_type=MANIFEST_TYPE, key=stated, item=ENVELOPE)
    if payload != members[MANIFEST]:
        raise Refused(f"{MANIFEST}: it is not the manifest that was signed")
    if manifest.get("schema") != "leadline-evidence/1":
        raise Refused(f"{MANIFEST}: its schema is not known here; take a newer verifier")
    return manifest


def _json(members: dict[str, bytes], name: str) -> dict[str, Any]:
    """Return a member that is an object in canonical JSON."""
    try:
        value = json.loads(members[name])
        is_canonical = canonical(value) == members[name]
    except (ValueError, RecursionError, Refused):
        raise Refused(f"{name}: it is no JSON that was written here") from None
    if isinstance(value, dict) and is_canonical:
        return value
    raise Refused(f"{name}: it is not in canonical form")


def _check_files(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    listed = {one["path"]: one for one in manifest["files"]}
    for name in sorted(listed):
        if name not in members:
            raise Refused(f"{name}: it is missing")
        if hashlib.sha256(members[name]).hexdigest() != listed[name]["sha256"]:
            raise Refused(f"{name}: its bytes are not those that were signed")
        if len(members[name]) != listed[name]["size"]:
            raise Refused(f"{name}: it has another size")
    for name in sorted(set(members) - set(listed) - {MANIFEST, ENVELOPE}):
        raise Refused(f"{name}: nobody signed it")


def _check_policy(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    digest = hashlib.sha256(members.get(POLICY, b"")).hexdigest()
    if digest != manifest["policy"]["sha256"]:
        raise Refused(f"{POLICY}: it is not the policy that was judged by")
    for one in manifest["files"]:
        if one["policy_sha256"] != digest:
            raise Refused(f"{one['path']}: it was made under another policy")


def _check_attestations(manifest: dict[str, Any], members: dict[str, bytes]) -> dict[str, int]:
    kinds: Counter[str] = Counter()
    for number, line in enumerate(members.get(ATTESTATIONS, b"").splitlines(), start=1):
        item = f"{ATTESTATIONS} line {number}"
        payload = opened(
            json.loads(line), payload_type=STATEMENT_TYPE, key=manifest["public_key"], item=item
        )
        statement = json.loads(payload)
        kinds[statement["predicateType"]] += 1
        if not all(one.get("digest") for one in statement["subject"]):
            raise Refused(f"{item}: it is bound to nothing")
        predicate = statement["predicate"]
        if statement["predicateType"] == SUMMARY:
            digest = predicate["policy"]["digest"]["sha256"]
            if digest != manifest["policy"]["sha256"]:
                raise Refused(f"{item}: it was judged by another policy")
    return dict(kinds)


def recount(members: dict[str, bytes]) -> dict[str, dict[str, Any]]:
    """Return verdicts and slots of every control that results.csv has, from the files alone.

    Every subject that is judged needs a verdict that was reached, at least one piece of evidence,
    and the row behind every piece. What does not bind needs nothing.
    """
    known = {
        name.removeprefix(EXTRACTS).removesuffix(".csv"): {row[0] for row in _rows(content)[1:]}
        for name, content in members.items()
        if name.startswith(EXTRACTS) and name.endswith(".csv")
    }
    found: dict[str, dict[str, Any]] = {}
    head, *lines = _rows(members[RESULTS])
    for line in lines:
        row = dict(zip(head, line, strict=True))
        nothing = {"verdicts": {}, "required": 0, "filled": 0}
        control = found.setdefault(row["control_id"], nothing)
        verdict = row["verdict"]
        control["verdicts"][verdict] = control["verdicts"].get(verdict, 0) + 1
        slots = slots_of(verdict, json.loads(row["evidence"] or "[]"), known)
        control["required"] += len(slots)
        control["filled"] += sum(slots.values())
    return found


def slots_of(verdict: str, evidence: list[str], known: dict[str, set[str]]) -> dict[str, bool]:
    """Return which places for evidence one result has, and whether each is filled."""
    if verdict == "not_applicable":
        return {}
    slots = {"verdict": verdict not in UNPROVEN, "evidence": bool(evidence)}
    for one in evidence:
        table, _, row = one.partition(":")
        slots[one] = row in known.get(table, set())
    return slots


def state_of(verdicts: dict[str, int]) -> tuple[str, str]:
    """Return state and reason of a finding; no data satisfies nothing, nothing judged has none."""
    if not verdicts.keys() - {"not_applicable"}:
        return "", ""
    if verdicts.get("fail"):
        return "not-satisfied", "fail"
    if any(verdicts.get(one) for one in (*UNPROVEN, "exempt")):
        return "not-satisfied", "other"
    return "satisfied", "other" if verdicts.get("warn") else "pass"


def _check_totals(
    manifest: dict[str, Any], found: dict[str, dict[str, Any]], kinds: dict[str, int]
) -> None:
    filled = sum(one["filled"] for one in found.values())
    required = sum(one["required"] for one in found.values())
    told = {"filled": filled, "required": required, "is_complete": filled == required > 0}
    if manifest["completeness"] != told:
        raise Refused(f"{MANIFEST}: it calls the evidence otherwise complete than its controls do")
    if manifest["attestations"]["count"] != sum(kinds.values()):
        raise Refused(f"{ATTESTATIONS}: there are not as many as the manifest counts")


def _check_findings(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    counted = {one["control_id"]: one["verdicts"] for one in manifest["controls"]}
    for result in json.loads(members[OSCAL])["assessment-results"]["results"]:
        for finding in result.get("findings", []):
            (control,) = (one["value"] for one in finding["props"] if one["name"] == "control")
            status = finding["target"]["status"]
            if (status["state"], status["reason"]) != state_of(counted[control]):
                raise Refused(f"{OSCAL}: the finding on {control} says otherwise than its results")


def _check_previous(manifest: dict[str, Any], previous: bytes | None, *, key: str) -> None:
    stated = manifest["previous"]
    if previous is None:
        return
    if stated is None or hashlib.sha256(previous).hexdigest() != stated["sha256"]:
        raise Refused("previous: it is not the package that this one follows")
    _signed_manifest(unpack(previous), key=key)


def _rows(content: bytes) -> list[list[str]]:
    """Return the cells of a CSV without the apostrophe that keeps spreadsheets from running one."""
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader(io.StringIO(content.decode(), newline=""))
    return [[cell.removeprefix("'") for cell in row] for row in rows]


def read_package(file: Path) -> bytes:
    """Return the bytes of a package. Errors: Refused for one that is too large; OSError."""
    if file.stat().st_size > MOST_BYTES:
        raise Refused(f"{file.name}: it is larger than {MOST_BYTES} bytes")
    return file.read_bytes()


def read_key(text: str) -> str:
    """Return a public key given as hex, or as a file that holds it. Errors: ValueError, OSError."""
    found = text if re.fullmatch("[0-9a-f]{64}", text) else Path(text).read_text("ascii").strip()
    if not re.fullmatch("[0-9a-f]{64}", found):
        raise ValueError("a public key is 64 hexadecimal digits, or a file that holds them")
    return found


def summary(raw: bytes, manifest: dict[str, Any], *, has_previous: bool) -> list[str]:
    """Return what was checked, in sentences."""
    filled, required = manifest["completeness"]["filled"], manifest["completeness"]["required"]
    link = "It is the first of its chain."
    if manifest["previous"]:
        link = f"It follows the package {manifest['previous']['sha256']}" + (
            ", which was given." if has_previous else "; give that one with --previous."
        )
    return [
        f"The package is what was signed: {hashlib.sha256(raw).hexdigest()}.",
        f"{len(manifest['files'])} files, {len(manifest['controls'])} controls,"
        f" {manifest['attestations']['count']} attestations; evidence {filled} of {required}.",
        f"Signed by the key {fingerprint(manifest['public_key'])}; compare it with the published.",
        link,
    ]


def main(arguments: list[str] | None = None) -> int:
    """Check the package that the command line names and return the exit code."""
    parser = argparse.ArgumentParser(description="Check a Leadline evidence package.")
    parser.add_argument("package", type=Path)
    parser.add_argument("--previous", type=Path)
    parser.add_argument("--key", default="")
    given = parser.parse_args(arguments)
    try:
        key = read_key(given.key) if given.key else ""
        raw = read_package(given.package)
        previous = None if given.previous is None else read_package(given.previous)
        manifest = verify(raw, previous=previous, key=key)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except Refused as error:
        sys.stdout.write(f"NOT what was signed: {error}\n")
        return 1
    lines = summary(raw, manifest, has_previous=previous is not None)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
