"""Read what GitHub lets happen to the default branch of a repository: protection, rules, owners.

Source: https://docs.github.com/en/rest/branches/branch-protection (needs read access to
administration), https://docs.github.com/en/rest/repos/rules (at most 100 rules are read) and
https://docs.github.com/en/rest/repos/repos#list-codeowners-errors, read November 2026. A branch
without protection and a repository without a file of code owners answer 404: that is what is known
of them and is kept like any other reply, while a refusal (403) says that it is not known.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from connectors._contract import Page, Refusal
from connectors._github_refusals import Told, go_on_if_refused
from connectors._paging import make_page

if TYPE_CHECKING:
    from connectors._github_walks import Walk

NOT_FOUND = frozenset({404})


@dataclass(frozen=True)
class Question:
    """Say what is asked, how the reply becomes one record, and which refusals are answers."""

    address: str
    form: bytes = b"[%b]"
    answers: frozenset[int] = NOT_FOUND
    params: Mapping[str, int] = field(default_factory=dict)


QUESTIONS = {
    "protection": Question("/branches/{branch}/protection"),
    "rules": Question(
        "/rules/branches/{branch}",
        form=b'[{"rules":%b}]',
        answers=frozenset(),
        params={"per_page": 100},
    ),
    "code_owners": Question("/codeowners/errors"),
}


def branch_pages(walk: "Walk") -> Iterator[Page | Refusal]:
    """Yield one page for each question about the default branch whose answer has changed."""
    if not walk.branch:
        return
    etags = dict(walk.known.get("etags", {}))
    for aspect in QUESTIONS:
        context = {**walk.context, "branch": walk.branch, "aspect": aspect}
        told: Told = {
            "stream": walk.stream.name,
            "read_at": walk.now,
            "context": context,
            "partition": walk.repository,
        }
        yield from go_on_if_refused(
            partial(_aspect, walk, aspect, context=context, etags=etags), **told, is_final=True
        )


def _aspect(
    walk: "Walk", aspect: str, *, context: dict[str, str], etags: dict[str, str | None]
) -> Iterator[Page]:
    question = QUESTIONS[aspect]
    # a branch may be called feature/x, which is one part of the path
    address = question.address.format(branch=quote(walk.branch, safe=""))
    reply = walk.client.fetch(
        f"/repos/{walk.repository}{address}",
        stream=walk.stream.name,
        params=question.params,
        etag=etags.get(aspect),
        answers=question.answers,
    )
    if reply.is_unchanged:
        return
    etags[aspect] = reply.etag
    yield make_page(
        reply,
        stream=walk.stream,
        row_count=1,
        context=context,
        decoded=question.form % reply.body,
        checkpoint={
            "partition": walk.repository,
            "next": None,
            "is_done": aspect == list(QUESTIONS)[-1],
            "cursor": {"etags": dict(etags)},
        },
    )
