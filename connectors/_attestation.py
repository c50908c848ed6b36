"""Turn in-toto statements, their DSSE envelopes and Sigstore bundles into attestations.

Formats: github.com/in-toto/attestation (Statement 0.1 and 1), github.com/secure-systems-lab/dsse
(protocol.md), slsa.dev/spec (provenance 0.2 and 1), github.com/sigstore/protobuf-specs (bundle),
read November 2026. A signature counts as verified when one of the configured public keys made it;
a certificate within a bundle vouches for nothing by itself, so that without keys nothing is
checked.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from connectors._document import (
    Document,
    Row,
    key_of,
    number_repeats,
    repository_of,
    stated_instant,
)
from connectors._reply import parse_json

Json = dict[str, Any]
PublicKey = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey
STATEMENT = "https://in-toto.io/Statement/"
BUNDLE = "application/vnd.dev.sigstore.bundle"
CURVE_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "secp256r1": hashes.SHA256,
    "secp384r1": hashes.SHA384,
    "secp521r1": hashes.SHA512,
}


def load_key(pem: bytes) -> PublicKey:
    """Return a public key.

    Errors: ValueError when it is no PEM of an Ed25519, ECDSA or RSA public key.
    """
    key = load_pem_public_key(pem)
    if isinstance(key, ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        return key
    raise ValueError("only Ed25519, ECDSA and RSA keys are known")


def decode_attestations(items: list[Json], *, keys: Sequence[PublicKey]) -> Document:
    """Return the subjects of the statements in a file, with the state of their signatures.

    Errors: ValueError where one of them holds no in-toto statement.
    """
    rows: list[Row] = []
    for item in items:
        rows += _rows(item, keys=keys)
    created = [row["created_at"] for row in rows if row["created_at"]]
    return Document(
        format="in-toto",
        created_at=max(created, default=None),
        rows={"attestations": number_repeats(rows, key="attestation_key")},
    )


def _rows(item: Json, *, keys: Sequence[PublicKey]) -> list[Row]:
    key_ids: list[str] = []
    state = "not_checked"
    if "payload" in item or str(item.get("mediaType", "")).startswith(BUNDLE):
        envelope = item.get("dsseEnvelope", item)
        if "payload" not in envelope:
            raise ValueError("the bundle signs bytes and no statement")
        payload, kind = _decoded(envelope["payload"]), str(envelope.get("payloadType", ""))
        if "in-toto" not in kind:
            raise ValueError(f"its payload is {kind[:60]!r} and no in-toto statement")
        signatures: list[Json] = envelope.get("signatures") or []
        hint = ((item.get("verificationMaterial") or {}).get("publicKey") or {}).get("hint")
        named = [one.get("keyid") for one in signatures] + [hint]
        key_ids = [str(name) for name in named if name]
        if keys:
            signed = pae(kind, payload)
            is_good = any(_is_signed(signed, one.get("sig"), keys) for one in signatures)
            state = "verified" if is_good else "invalid"
        statement = parse_json(payload)
    else:
        statement = item
        payload = repr(sorted(item.items())).encode()
    if not isinstance(statement, dict) or not str(statement.get("_type")).startswith(STATEMENT):
        raise ValueError("it holds no in-toto statement")
    return _subjects(statement, key=key_of(payload.hex()), key_ids=key_ids, state=state)


def pae(kind: str, payload: bytes) -> bytes:
    """Return the bytes that a DSSE signature is made over."""
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)


def _decoded(text: object) -> bytes:
    """Return the bytes of base64 in the plain or in the URL's alphabet."""
    plain = str(text).replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error as exc:
        raise ValueError("it is no base64") from exc


def _is_signed(signed: bytes, signature: object, keys: Sequence[PublicKey]) -> bool:
    try:
        made = _decoded(signature)
    except ValueError:
        return False
    return any(_is_signed_by(key, signed, made) for key in keys)


def _is_signed_by(key: PublicKey, signed: bytes, signature: bytes) -> bool:
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, signed)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            algorithm = CURVE_HASHES.get(key.curve.name, hashes.SHA256)()
            key.verify(signature, signed, ec.ECDSA(algorithm))
        else:
            return _is_signed_by_rsa(key, signed, signature)
    except InvalidSignature:
        return False
    return True


def _is_signed_by_rsa(key: rsa.RSAPublicKey, signed: bytes, signature: bytes) -> bool:
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.AUTO)
    for scheme in (padding.PKCS1v15(), pss):
        try:
            key.verify(signature, signed, scheme, hashes.SHA256())
        except InvalidSignature:
            continue
        return True
    return False


def _subjects(statement: Json, *, key: str, key_ids: list[str], state: str) -> list[Row]:
    predicate = statement.get("predicate") or {}
    if not isinstance(predicate, dict):
        predicate = {}
    run = predicate.get("runDetails") or {}
    builder = run.get("builder") or predicate.get("builder") or {}
    times = run.get("metadata") or predicate.get("metadata") or {}
    created = (
        times.get("finishedOn")
        or times.get("startedOn")
        or times.get("buildFinishedOn")
        or times.get("scanFinishedOn")
    )
    database = (predicate.get("scanner") or {}).get("db") or {}
    source = _source(predicate)
    digest = source.get("digest") or {}
    shared = {
        "predicate_type": statement.get("predicateType"),
        "builder_id": builder.get("id"),
        "key_ids": key_ids,
        "signature_state": state,
        "repository": repository_of(source.get("uri")),
        "commit_sha": digest.get("gitCommit") or digest.get("sha1"),
        **_recipe(predicate),
        "created_at": stated_instant(created or predicate.get("timeCreated")),
        "database_updated_at": stated_instant(database.get("lastUpdate")),
    }
    return [
        {
            "attestation_key": key_of(key, _digest(subject), subject.get("name")),
            "subject_name": subject.get("name"),
            "subject_digest": _digest(subject),
            "artifact_digest": _digest(subject),
            **shared,
        }
        for subject in statement.get("subject") or [{}]
    ]


def _recipe(predicate: Json) -> Row:
    """Return how it was built: the type of the build and what could be set from outside.

    Nested parameters are named with points between: `workflow.ref`.
    """
    definition = predicate.get("buildDefinition") or {}
    invocation = predicate.get("invocation") or {}
    stated = definition.get("externalParameters", invocation.get("parameters"))
    return {
        "build_type": definition.get("buildType") or predicate.get("buildType"),
        "external_parameters": dict(_flat(stated)) if isinstance(stated, dict) else None,
    }


def _flat(stated: Json, *, above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in stated.items():
        if isinstance(value, dict):
            yield from _flat(value, above=f"{above}{name}.")
        else:
            yield above + name, value if isinstance(value, str) else json.dumps(value)


def _source(predicate: Json) -> Json:
    """Return the source that a build was made from: its address and commit."""
    definition = predicate.get("buildDefinition") or {}
    listed = [
        (predicate.get("invocation") or {}).get("configSource") or {},
        *(definition.get("resolvedDependencies") or ()),
        *(predicate.get("materials") or ()),
    ]
    for one in listed:
        digest = one.get("digest") or {}
        if one.get("uri") and ("gitCommit" in digest or "sha1" in digest):
            found: Json = one
            return found
    return {}


def _digest(subject: Json) -> str | None:
    digests: dict[str, str] = subject.get("digest") or {}
    for algorithm in ("sha256", *sorted(digests)):
        if algorithm in digests:
            return f"{algorithm}:{digests[algorithm]}"
    return None
