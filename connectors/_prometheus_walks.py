"""Walk Prometheus: samples of the series ALERTS in slices of time, and its rules.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/ and
https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ (the series ALERTS).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any
from urllib.parse import urlencode

from connectors._contract import Page, State, Stream
from connectors._errors import UnexpectedShape
from connectors._http import HttpClient
from connectors._monitoring import fingerprint, json_lines
from connectors._paging import make_page, understanding
from connectors._reply import Reply

FORM = "%Y-%m-%dT%H:%M:%SZ"
FIRING = 'ALERTS{alertstate="firing"}'
# A day of minutes: far below what one reply may hold, and small where much is firing.
POINTS = 1440
NOT_OF_THE_ALERT = ("__name__", "alertstate")

Row = dict[str, Any]


@dataclass(frozen=True)
class PrometheusWalk:
    """Carry what reading one stream needs; `step` is in seconds."""

    client: HttpClient
    source: str
    stream: Stream
    base_url: str
    step: int
    known: State
    reached: State
    begin: datetime
    now: datetime

    def first(self) -> int:
        """Return the first point to ask for, in seconds since 1970.

        Points are multiples of the step, so that what is read again falls on the same points.
        """
        if through := self.reached.get("through"):
            return self._ceil(_seconds(through) + 1)
        if through := self.known.get("through"):
            return self._ceil(_seconds(through) - self.stream.overlap_seconds)
        return self._ceil(self.begin.timestamp())

    def _ceil(self, seconds: float) -> int:
        return ceil(seconds / self.step) * self.step

    def last(self) -> int:
        """Return the last point that is not in the future, in seconds since 1970."""
        return int(self.now.timestamp()) // self.step * self.step

    def data(self, reply: Reply, *, names: str) -> list[Any]:
        """Return the list that a reply holds under data.

        Errors: UnexpectedShape when there is none, or the reply may be partial.
        """
        answer = reply.data if isinstance(reply.data, dict) else {}
        data = answer.get("data")
        found = data.get(names) if isinstance(data, dict) else None
        if answer.get("status") == "success" and answer.get("warnings"):
            why = "the reply has warnings and may be partial; it is asked for again in the next run"
        elif answer.get("status") != "success" or not isinstance(found, list):
            why = f"the reply has no list data.{names}; the address may be of another system"
        else:
            return found
        raise UnexpectedShape(
            why, source=self.source, stream=self.stream.name, body=reply.body, url=reply.url
        )


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime(FORM)


def rule_pages(walk: PrometheusWalk) -> Iterator[Page]:
    """Yield the one page of all rules that make alerts."""
    reply = walk.client.fetch("/api/v1/rules", stream=walk.stream.name, params={"type": "alert"})
    groups = walk.data(reply, names="groups")
    with understanding(reply, source=walk.source, stream=walk.stream.name):
        rows = [
            {
                "file": str(group.get("file", "")),
                "group": str(group["name"]),
                "name": str(rule["name"]),
                "query": str(rule["query"]),
                "severity": str((rule.get("labels") or {}).get("severity", "")),
                "for_seconds": rule.get("duration"),
                "labels": rule.get("labels") or {},
                "annotations": rule.get("annotations") or {},
            }
            for group in groups
            for rule in group["rules"]
            if rule.get("type") == "alerting"
        ]
    yield make_page(reply, stream=walk.stream, row_count=len(rows), decoded=json_lines(rows))


def alert_pages(walk: PrometheusWalk) -> Iterator[Page]:
    """Yield one page a slice of time, from the cursor minus the overlap up to now."""
    first, last = walk.first(), walk.last()
    while first <= last:
        end = min(first + (POINTS - 1) * walk.step, last)
        asked: dict[str, str | int | list[str]] = {
            "query": FIRING,
            "start": first,
            "end": end,
            "step": walk.step,
        }
        reply = walk.client.fetch("/api/v1/query_range", stream=walk.stream.name, params=asked)
        series = walk.data(reply, names="result")
        with understanding(reply, source=walk.source, stream=walk.stream.name):
            rows = [row for one in series for row in _stretches(one, walk)]
        through = _text(end)
        yield make_page(
            reply,
            stream=walk.stream,
            row_count=len(rows),
            decoded=json_lines(rows),
            context={"through": through},
            checkpoint={"through": through, "cursor": {"through": through}},
        )
        first = end + walk.step


def _stretches(series: Mapping[str, Any], walk: PrometheusWalk) -> Iterator[Row]:
    """Yield the stretches of time without a missing point in which one alert was firing."""
    labels = {
        str(name): str(value)
        for name, value in series["metric"].items()
        if name not in NOT_OF_THE_ALERT
    }
    points = [float(at) for at, _ in series["values"]]
    begins = [at for at, before in zip(points, [None, *points], strict=False)
              if before is None or at - before > 1.5 * walk.step]  # fmt: skip
    ends = [at for at, after in zip(points, [*points[1:], None], strict=True)
            if after is None or after - at > 1.5 * walk.step]  # fmt: skip
    for begin, end in zip(begins, ends, strict=True):
        yield {
            "fingerprint": fingerprint(labels),
            "labels": labels,
            "first_at": _text(begin),
            "last_at": _text(end),
            "step_seconds": walk.step,
            "url": _graph_url(walk.base_url, labels),
        }


def _graph_url(base_url: str, labels: Mapping[str, str]) -> str:
    """Return the address at which a person sees one alert's history."""
    wanted = ", ".join(f"{name}={json.dumps(labels[name])}" for name in sorted(labels))
    return f"{base_url.rstrip('/')}/graph?{urlencode({'g0.expr': f'ALERTS{{{wanted}}}'})}"
