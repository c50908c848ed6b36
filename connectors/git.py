"""Read a local git repository: clone, bare, partial or shallow.

Streams: repository, commits (everything the refs reach, later only what is new), tags; beside them
git's commit-graph file, patch ids, and where it is asked for the paths that commits changed.
API: git log, for-each-ref, rev-parse, patch-id (https://git-scm.com/docs, read November 2026).
Auth: none. Limits: none; no network is used, missing objects are never fetched.
Traps: a lightweight tag has no date of its own; author and committer date differ after a rebase;
messages are not always UTF-8; a shallow clone ends without a root.
Tested: git itself, and the whole history of a public project.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from connectors._contract import Access, Page, Refusal, Resume, State, Stream
from connectors._errors import ODD_RECORD, ConnectorError, odd_record
from connectors._git_decode import (
    LOG_FORMAT,
    REF_FORMAT,
    decode_commits,
    decode_tags,
    nested_tags,
    split_commits,
)
from connectors._git_process import run_git, stream_git
from connectors._git_trees import (
    PatchIds,
    find_heads,
    graph_pages,
    is_partial,
    mark_last,
    patch_pages,
    path_pages,
    probe_trees,
)
from connectors._paging import refuse

KIND = "git"
NDJSON = "application/x-ndjson"
COMMITS_PER_PAGE = 50_000


def _of_commits(name: str, description: str) -> Stream:
    return Stream(name, description, format="ndjson", key=("sha",), cursor="window", deletes="kept")


STREAMS = (
    Stream(
        "repository",
        "One row per repository: what kind of clone it is.",
        format="ndjson",
        key=("name",),
        deletes="kept",
    ),
    _of_commits("commits", "One row per commit that a branch, a tag or HEAD reaches."),
    Stream(
        "commit_graph",
        "git's own table of parents, read again when it has grown by a quarter.",
        format="npz",
        key=("page",),
        deletes="kept",
    ),
    _of_commits(
        "patches", "One row per commit that may be a copy of another: the id of what it changes."
    ),
    _of_commits("paths", "One row per commit: the paths it changed."),
    Stream(
        name="tags",
        description="One row per tag; all tags again whenever one of them changes.",
        format="ndjson",
        key=("name",),
    ),
)


class Config(BaseModel):
    """Say which repositories to read: one `path`, or `repositories` by name.

    `patch_ids` finds commits that are copies of others: of those that share author and moment of
    writing with another ("copies", as fast as reading the log), of "all" (about a thousand commits
    a second at the first reading), or of "none". `changed_paths` are needed where services share
    repositories and are told apart by paths.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path | None = None
    repository: str = ""
    repositories: Mapping[str, Path] = {}
    patch_ids: PatchIds = "copies"
    changed_paths: bool = False

    @model_validator(mode="after")
    def _has_a_repository(self) -> Self:
        if self.path is None and not self.repositories:
            raise ValueError("set path, or repositories with a path for each name")
        return self

    def paths(self) -> dict[str, Path]:
        """Return the path of each repository by its name, which defaults to the folder's."""
        named = dict(self.repositories)
        if self.path is not None:
            folder = self.path.resolve()
            name = folder.parent.name if folder.name == ".git" else folder.name.removesuffix(".git")
            named[self.repository or name] = self.path
        return named


@dataclass(frozen=True)
class GitConnector:
    """Read one or more local repositories as one source."""

    config: Config
    name: str
    kind: str = KIND
    streams: tuple[Stream, ...] = STREAMS
    access: Access | None = None

    def pages(
        self, stream: Stream, *, cursor: State | None, resume: Resume, client: object, now: datetime
    ) -> Iterator[Page | Refusal]:
        """Yield the stream's pages of every repository that changed since `cursor`.

        A repository that cannot be read is set aside and the next one read.
        Errors: SourceUnreachable, AuthRejected, SourceBroken when none of them can be read.
        """
        read: Mapping[str, Callable[..., Iterator[Page | Refusal]]] = {
            "repository": partial(_repository_pages, config=self.config),
            "commits": _commit_pages,
            "commit_graph": graph_pages,
            "patches": partial(patch_pages, scope=self.config.patch_ids),
            "paths": path_pages if self.config.changed_paths else _no_pages,
            "tags": _tag_pages,
        }
        known: Mapping[str, State] = (cursor or {}).get("repositories", {})
        paths = self.config.paths()
        failed: dict[str, ConnectorError] = {}
        for repository, path in paths.items():
            try:
                yield from read[stream.name](
                    path,
                    repository=repository,
                    known=known.get(repository, {}),
                    reached=resume.checkpoints.get(repository, {}),
                    now=now,
                )
            except ConnectorError as exc:
                failed[repository] = exc
            except ODD_RECORD as exc:
                failed[repository] = odd_record(exc, source=self.name, stream=stream.name)
        if len(failed) == len(paths):
            raise next(iter(failed.values()))
        for repository, error in failed.items():
            yield refuse(
                error,
                stream=stream.name,
                read_at=now,
                context={"repository": repository},
                partition=repository,
            )

    def next_cursor(
        self, stream: Stream, *, cursor: State | None, checkpoints: Mapping[str, State]
    ) -> State | None:
        """Return what is known of each repository after a complete run.

        Where an interrupted run had read half of what is no longer asked for, nothing is learned.
        """
        known = dict((cursor or {}).get("repositories", {}))
        for repository, checkpoint in checkpoints.items():
            if checkpoint.get("is_done", True):
                known[repository] = {"state": checkpoint["state"]}
        return {"repositories": known}


def _no_pages(path: Path, **_: object) -> Iterator[Page]:
    yield from ()


def _commit_pages(
    path: Path, *, repository: str, known: State, reached: State, now: datetime
) -> Iterator[Page]:
    heads = find_heads(path)
    if not heads or list(heads) == known.get("state"):
        return
    skip = int(reached.get("skip", 0)) if reached.get("state") == list(heads) else 0
    asked = "\n".join((*heads, *(f"^{sha}" for sha in known.get("state", ())))) + "\n"
    arguments = ["log", "-z", f"--format={LOG_FORMAT}", f"--skip={skip}", "--ignore-missing"]
    blocks = stream_git(path, [*arguments, "--stdin"], stdin=asked.encode())
    for body, count, is_last in mark_last(split_commits(blocks, size=COMMITS_PER_PAGE)):
        skip += count
        yield Page(
            stream="commits",
            body=body,
            url=f"git:{repository}",
            method="git log",
            media_type="text/plain",
            read_at=now,
            row_count=count,
            context={"repository": repository},
            format="ndjson",
            decoded=decode_commits(body),
            checkpoint={
                "partition": repository,
                "state": list(heads),
                "skip": skip,
                "is_done": is_last,
            },
        )


def _tag_pages(
    path: Path, *, repository: str, known: State, reached: State, now: datetime
) -> Iterator[Page]:
    body = run_git(path, ["for-each-ref", f"--format={REF_FORMAT}", "refs/tags"])
    state = hashlib.sha256(body).hexdigest()
    if state in (known.get("state"), reached.get("state")):
        return
    found = {
        name: run_git(path, ["rev-parse", "-q", "--verify", f"{name}^{{commit}}"], may_fail=True)
        for name in nested_tags(body)
    }
    nested = {name: sha.decode().strip() for name, sha in found.items() if sha}
    decoded = decode_tags(body, nested=nested)
    yield Page(
        stream="tags",
        body=body,
        url=f"git:{repository}",
        method="git for-each-ref",
        media_type="text/plain",
        read_at=now,
        row_count=decoded.count(b"\n"),
        context={"repository": repository},
        format="ndjson",
        decoded=decoded,
        checkpoint={"partition": repository, "state": state},
    )


def _repository_pages(
    path: Path, *, repository: str, known: State, reached: State, now: datetime, config: Config
) -> Iterator[Page]:
    record = _describe_repository(path, repository=repository, config=config)
    body = json.dumps(record, ensure_ascii=False).encode() + b"\n"
    state = hashlib.sha256(body).hexdigest()
    if state in (known.get("state"), reached.get("state")):
        return
    yield Page(
        stream="repository",
        body=body,
        url=f"git:{repository}",
        method="git rev-parse",
        media_type=NDJSON,
        read_at=now,
        row_count=1,
        context={"repository": repository},
        format="ndjson",
        checkpoint={"partition": repository, "state": state},
    )


def _describe_repository(path: Path, *, repository: str, config: Config) -> dict[str, Any]:
    asked = ["rev-parse", "--is-shallow-repository", "--git-path", "objects/info"]
    is_shallow, info = run_git(path, asked).decode().splitlines()
    paths, patch_ids = probe_trees(path)
    roots = run_git(path, ["rev-list", "--all", "--max-parents=0", "--count"], may_fail=True)
    head = run_git(path, ["symbolic-ref", "-q", "--short", "HEAD"], may_fail=True) or run_git(
        path, ["rev-parse", "-q", "--verify", "HEAD"], may_fail=True
    )
    return {
        "name": repository,
        "path": str(path.resolve()),
        "head": head.decode().strip() or None,
        "is_shallow": is_shallow == "true",
        "has_commit_graph": any(Path(path, info).glob("commit-graph*")),
        "root_count": int(roots or 0),
        "is_partial": is_partial(path),
        "changed_paths": paths if config.changed_paths else "switched_off",
        "patch_ids": patch_ids if config.patch_ids != "none" else "switched_off",
    }


def connect(config: Config, *, name: str) -> GitConnector:
    """Return the connector for one configured source."""
    return GitConnector(config=config, name=name)
