"""The example queries: one file a question, with a header that says who asks it."""

import re
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

FOLDER = Path(__file__).with_name("queries")
TOPICS = (
    "Delivery", "Failures", "Incidents", "Risk and control", "Tests and pipelines",
    "Trust in the numbers",
)  # fmt: skip
_FIELD = re.compile(r"-- (title|question|asked by|topic): (.+)")


@dataclass(frozen=True)
class Example:
    """One question and the query that answers it; `sql` is without the header."""

    name: str
    title: str
    question: str
    asked_by: str
    topic: str
    sql: str


@cache
def examples() -> tuple[Example, ...]:
    """Return the example queries by topic and title. Errors: ValueError for a wrong header."""
    found = [read_example(file.stem, file.read_text("utf-8")) for file in FOLDER.glob("*.sql")]
    return tuple(sorted(found, key=lambda one: (TOPICS.index(one.topic), one.title)))


def read_example(name: str, text: str) -> Example:
    """Return the example that a file holds; a line of the header may go on in the next.

    Errors: ValueError when the header is not whole.
    """
    lines = text.splitlines()
    header = list(takewhile(lambda line: line.startswith("--"), lines))
    said: dict[str, str] = {}
    key = ""
    for line in header:
        if found := _FIELD.fullmatch(line):
            key, said[found[1]] = found[1], found[2]
        elif key:
            said[key] += " " + line.removeprefix("--").strip()
    if set(said) != {"title", "question", "asked by", "topic"} or said["topic"] not in TOPICS:
        message = f"{name}.sql begins with title, question, asked by and a topic of {TOPICS}"
        raise ValueError(message)
    return Example(
        name=name, title=said["title"], question=said["question"], asked_by=said["asked by"],
        topic=said["topic"], sql="\n".join(lines[len(header) :]).strip(),
    )  # fmt: skip
