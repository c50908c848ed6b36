"""Turn git's text into records; pure functions on bytes.

Source: https://git-scm.com/docs/pretty-formats and git-for-each-ref, read November 2026.
"""

import json
import re
from collections.abc import Iterator, Mapping

LOG_FORMAT = "%x00".join(("%H", "%P", "%at", "%ct", "%an", "%ae", "%ce", "%s", "%b"))
LOG_FIELDS = 9
REF_FORMAT = "%00".join(
    (
        "%(refname)",
        "%(objecttype)",
        "%(objectname)",
        "%(*objecttype)",
        "%(*objectname)",
        "%(creatordate:unix)",
        "%(contents:subject)",
    )
)
# No path begins with a slash, so these lines are told from those that name files.
PATH_FORMAT = "/%H"
# git revert writes this sentence into the body: https://git-scm.com/docs/git-revert
REVERTS = re.compile(r"This reverts commit ([0-9a-f]{64}|[0-9a-f]{40})\b")
# How git writes a path with odd signs: https://git-scm.com/docs/git-config, core.quotePath
ESCAPES = re.compile(rb'\\([0-7]{3}|["\\abfnrtv])')
ESCAPED = dict(zip(b'abfnrtv"\\', b'\a\b\f\n\r\t\v"\\', strict=True))

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def split_commits(blocks: Iterator[bytes], *, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield the bytes of `size` commits at a time, with their number, from a stream of blocks."""
    fields: list[bytes] = []
    rest = b""
    wanted = size * LOG_FIELDS
    for block in blocks:
        parts = (rest + block).split(b"\0")
        rest = parts.pop()
        fields.extend(parts)
        while len(fields) >= wanted:
            yield b"\0".join(fields[:wanted]) + b"\0", size
            del fields[:wanted]
    if fields:
        yield b"\0".join(fields) + b"\0", len(fields) // LOG_FIELDS


def decode_commits(body: bytes) -> bytes:
    """Return one JSON line per commit of a page of `git log -z` text.

    Shape: sha, parents, authored_at, committed_at, author_name, author_email, committer_email,
    subject, reverts (full ids from the body), patch_id (always null: it needs trees).
    Units: instants in seconds since 1970. Errors: ValueError when fields are missing.
    """
    fields = body.decode("utf-8", "replace").split("\0")
    if fields.pop() or len(fields) % LOG_FIELDS:
        raise ValueError("the log text ends inside a commit")
    columns = [fields[start::LOG_FIELDS] for start in range(LOG_FIELDS)]
    lines = [
        _encode(
            {
                "sha": sha,
                "parents": parents.split(),
                "authored_at": int(authored),
                "committed_at": int(committed),
                "author_name": author,
                "author_email": author_email,
                "committer_email": committer_email,
                "subject": subject,
                "reverts": REVERTS.findall(text) if "This reverts" in text else [],
                "patch_id": None,
            }
        )
        for (
            sha,
            parents,
            authored,
            committed,
            author,
            author_email,
            committer_email,
            subject,
            text,
        ) in zip(*columns, strict=True)
    ]
    return ("\n".join(lines) + "\n").encode() if lines else b""


def nested_tags(body: bytes) -> list[str]:
    """Return the tags that name other tags, which older gits do not follow to their end."""
    fields = (line.split("\0") for line in body.decode("utf-8", "replace").split("\n")[:-1])
    return [name for name, _, _, peeled_kind, *_ in fields if peeled_kind == "tag"]


def decode_tags(body: bytes, *, nested: Mapping[str, str]) -> bytes:
    """Return one JSON line per tag of a page of `git for-each-ref refs/tags` text.

    `nested` gives the commit of each tag that names another tag.

    Shape: name, commit_sha (null if the tag names no commit), created_at, is_annotated, subject.
    Units: created_at is the creator date in seconds since 1970. A lightweight tag has no date of
    its own, so it is the commit's.
    """
    lines = []
    for line in body.decode("utf-8", "replace").split("\n")[:-1]:
        name, kind, sha, peeled_kind, peeled_sha, created, subject = line.split("\0")
        peeled = peeled_sha if peeled_kind == "commit" else nested.get(name)
        commit = {"commit": sha, "tag": peeled}.get(kind)
        lines.append(
            _encode(
                {
                    "name": name.removeprefix("refs/tags/"),
                    "commit_sha": commit,
                    "created_at": int(created) if created else None,
                    "is_annotated": kind == "tag",
                    "subject": subject,
                }
            )
        )
    return ("\n".join(lines) + "\n").encode() if lines else b""


def commit_heads(refs: bytes) -> tuple[str, ...]:
    """Return the commits that any ref names, sorted; tags of tags are left to `git` itself."""
    heads = set()
    for line in refs.decode("utf-8", "replace").split("\n")[:-1]:
        _, kind, sha, peeled_kind, peeled_sha, *_ = line.split("\0")
        if kind == "commit":
            heads.add(sha)
        elif kind == "tag" and peeled_kind in ("commit", "tag"):
            heads.add(peeled_sha)
    return tuple(sorted(heads))


def split_paths(blocks: Iterator[bytes], *, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield the lines of `size` commits at a time, with their number, from a stream of blocks."""
    rest = b"\n"
    held: list[bytes] = []
    for block in blocks:
        *commits, rest = (rest + block).split(b"\n/")
        held.extend(b"\n/" + commit for commit in commits if commit)
        while len(held) >= size:
            yield b"".join(held[:size]).removeprefix(b"\n") + b"\n", size
            del held[:size]
    if rest.strip():
        held.append(b"\n/" + rest.removesuffix(b"\n"))
    if held:
        yield b"".join(held).removeprefix(b"\n") + b"\n", len(held)


def decode_paths(body: bytes) -> bytes:
    """Return one JSON line per commit of a page of `git log --name-only` text.

    Shape: sha, paths (in git's order; empty where nothing changed).
    """
    lines = []
    for commit in (b"\n" + body).split(b"\n/")[1:]:
        sha, *paths = commit.split(b"\n")
        named = [_plain_path(path) for path in paths if path]
        lines.append(_encode({"sha": sha.decode(), "paths": named}))
    return ("\n".join(lines) + "\n").encode() if lines else b""


def _plain_path(path: bytes) -> str:
    if path.startswith(b'"'):
        path = ESCAPES.sub(_unescape, path[1:-1])
    return path.decode("utf-8", "replace")


def _unescape(found: re.Match[bytes]) -> bytes:
    code = found.group(1)
    return bytes((int(code, 8) if len(code) == 3 else ESCAPED[code[0]],))


def decode_patch_ids(body: bytes) -> bytes:
    """Return one JSON line per commit of a page of `git patch-id` text: sha, patch_id."""
    pairs = (line.split() for line in body.decode("ascii").splitlines())
    lines = [_encode({"sha": sha, "patch_id": patch_id}) for patch_id, sha in pairs]
    return ("\n".join(lines) + "\n").encode() if lines else b""
