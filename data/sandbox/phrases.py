"""Titles and texts that people of the sample company would write."""

from data.sandbox.draw import Draw

_VERBS = [
    "Add",
    "Fix",
    "Tighten",
    "Simplify",
    "Support",
    "Remove",
    "Extract",
    "Cache",
    "Validate",
    "Document",
    "Log",
]
_VERBS += ["Speed up", "Stop leaking"]
_OBJECTS = (
    "retry budget for slow upstreams",
    "currency rounding in totals",
    "connection pool limits",
    "pagination of the list view",
    "schema of the outbound event",
    "timeouts on the batch endpoint",
    "idempotency keys",
    "feature flag for the new flow",
    "index on the lookup table",
    "handling of empty baskets",
    "health check thresholds",
    "audit trail of manual edits",
    "locale fallback",
    "tracing headers",
    "rate limits per tenant",
    "stale cache entries after an update",
    "export of monthly figures",
    "error texts for expired sessions",
    "backfill of missing rows",
    "configuration of worker threads",
)
_ODD_TITLES = (
    "Escape <script> in free-text notes",
    "Fix `NaN` price when qty=0 | total",
    "Größe & Gewicht: round **up** to whole grams",
    "Stop trusting ?next=//evil.example in redirects",
)
_LIBRARIES = [
    "requests",
    "urllib3",
    "jackson-databind",
    "lodash",
    "protobuf",
    "spring-boot",
    "pydantic",
    "netty",
]
_SYMPTOMS = (
    "error rate above 5 %",
    "p99 latency above 2 s",
    "requests time out",
    "queue is not draining",
    "wrong totals reported by customers",
    "HTTP 503 from all instances",
    "memory climbs until restart",
    "sign-ins fail for some users",
    "stale data shown",
    "failed health checks in two zones",
)
_BACKGROUND = (
    ("infrastructure", "cloud zone lost power"),
    ("infrastructure", "disk of the primary database full"),
    ("infrastructure", "network loss between zones"),
    ("third_party", "payment network degraded"),
    ("third_party", "mail provider rejects messages"),
    ("third_party", "map provider out of service"),
    ("capacity", "traffic peak after television advert"),
    ("capacity", "batch import starves the database"),
    ("data", "malformed supplier file"),
    ("data", "replication lag after bulk update"),
    ("certificate", "certificate expired"),
    ("operator", "manual change on a load balancer"),
)
_REVIEW_FIXES = ("Address review", "Rename as suggested", "Cover the edge case", "Fix lint")
_WORK = ("wip", "Add tests", "Handle the error path", "Refactor", "Tidy up", "Update docs")


def change_title(draw: Draw) -> str:
    """Return a pull request's title; a few hold characters that a page must not interpret."""
    if draw.chance(0.012):
        return draw.pick(_ODD_TITLES)
    return f"{draw.pick(_VERBS)} {draw.pick(_OBJECTS)}"


def dependency_title(draw: Draw) -> str:
    """Return the title of a dependency update."""
    major, minor, patch = draw.whole(1, 6), draw.whole(0, 20), draw.whole(0, 8)
    version = f"{major}.{minor}.{patch}"
    return f"Bump {draw.pick(_LIBRARIES)} from {version} to {major}.{minor}.{patch + 1}"


def work_subject(draw: Draw) -> str:
    """Return the subject of a commit in the middle of a branch."""
    return draw.pick(_WORK)


def fix_subject(draw: Draw) -> str:
    """Return the subject of a commit that answers a review."""
    return draw.pick(_REVIEW_FIXES)


def branch_name(draw: Draw, title: str, prefix: str = "feature") -> str:
    """Return a branch name made from a title."""
    words = "".join(c if c.isascii() and c.isalnum() else "-" for c in title.lower())
    slug = "-".join(part for part in words.split("-") if part)[:40].strip("-")
    return f"{prefix}/{slug}-{draw.whole(100, 999)}"


def symptom(draw: Draw, service_name: str) -> str:
    """Return the title of an incident."""
    return f"{service_name}: {draw.pick(_SYMPTOMS)}"


def background_cause(draw: Draw) -> tuple[str, str]:
    """Return the class and the words of a cause that is no deployment."""
    return draw.pick(_BACKGROUND)
