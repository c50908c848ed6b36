"""The sample company's people, teams, services and dependencies, as plain data.

Everything here is fixed; what varies with the seed is drawn in `history.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

NAME = "Fairwater Group"
ORGANISATION = "fairwater"
EMAIL_DOMAIN = "fairwater.example"


@dataclass(frozen=True)
class Habits:
    """How a team works: working hours of each stage, shares, and recovery in hours."""

    cycles: float = 14.0
    batch: float = 0.6
    coding_hours: float = 6.0
    pickup_hours: float = 2.0
    review_hours: float = 2.0
    wait_hours: float = 4.0
    failure_ratio: float = 0.09
    recovery_hours: float = 1.5
    squash_ratio: float = 0.6


@dataclass(frozen=True)
class ChangePoint:
    """From this many days before the end, the named habits have new values."""

    days_before_end: int
    habits: Mapping[str, float]
    reason: str


@dataclass(frozen=True)
class Team:
    """One team, its zone and its habits over time."""

    team_id: str
    name: str
    timezone: str
    habits: Habits
    change_points: tuple[ChangePoint, ...] = ()


@dataclass(frozen=True)
class Service:
    """One deployable service with its repository and the systems' names for it."""

    service_id: str
    name: str
    team_id: str
    tier: int
    index: int
    depends_on: tuple[str, ...] = field(default=())

    @property
    def repository(self) -> str:
        """Return the repository's full name on the code host."""
        return f"{ORGANISATION}/{self.service_id}"


def _point(days: int, reason: str, **habits: float) -> ChangePoint:
    return ChangePoint(days, MappingProxyType(habits), reason)


BERLIN, LONDON = "Europe/Berlin", "Europe/London"
BANGALORE, NEW_YORK = "Asia/Kolkata", "America/New_York"

TEAMS: tuple[Team, ...] = (
    Team("payments", "Payments", BERLIN, Habits(14, 0.6, 6, 2, 2, 4, 0.10, 1.2, 1.0)),
    Team("checkout", "Checkout", BERLIN, Habits(20, 0.5, 5, 1.5, 1.5, 2, 0.14, 1.0, 1.0)),
    Team("identity", "Identity", LONDON, Habits(12, 0.8, 8, 3, 3, 6, 0.09, 1.5, 0.0)),
    Team(
        "catalogue",
        "Catalogue",
        LONDON,
        Habits(14, 0.8, 6, 3, 2, 5, 0.22, 2.0, 0.5),
        (_point(190, "contract tests before every release", failure_ratio=0.06),),
    ),
    Team(
        "search",
        "Search",
        BANGALORE,
        Habits(16, 0.7, 7, 5, 3, 22, 0.11, 1.5, 1.0),
        (
            _point(
                150,
                "weekly release train replaced by release on merge",
                wait_hours=1.5,
                pickup_hours=1.5,
                coding_hours=4.5,
            ),
        ),
    ),
    Team(
        "fulfilment",
        "Fulfilment",
        BANGALORE,
        Habits(15, 0.7, 6, 2, 2, 5, 0.15, 1.1, 0.0),
        (_point(130, "on-call rota shared with a second region", recovery_hours=6.5),),
    ),
    Team("storefront", "Storefront", NEW_YORK, Habits(22, 0.6, 4, 1.5, 1.5, 2, 0.15, 0.9, 1.0)),
    Team("data-platform", "Data Platform", NEW_YORK, Habits(11, 1.0, 10, 5, 4, 10, 0.08, 3.5, 0.5)),
    Team("platform", "Platform", BERLIN, Habits(17, 0.4, 3, 1, 1, 1, 0.09, 0.7, 1.0)),
    Team("risk", "Risk", LONDON, Habits(10, 0.9, 9, 4, 5, 12, 0.07, 1.8, 0.0)),
    Team("messaging", "Messaging", BANGALORE, Habits(13, 0.6, 5, 2, 2, 3, 0.13, 1.6, 0.5)),
    Team("back-office", "Back Office", NEW_YORK, Habits(6, 2.5, 14, 8, 6, 30, 0.16, 4.0, 0.0)),
)

# service id, name, team, tier, dependencies (the services it calls)
_SERVICES: tuple[tuple[str, str, str, int, str], ...] = (
    ("payments-api", "Payments API", "payments", 1, "payment-ledger fraud-scoring feature-flags"),
    ("payment-ledger", "Payment Ledger", "payments", 1, "event-stream"),
    ("payouts", "Payouts", "payments", 2, "payment-ledger sanctions-screening"),
    ("gift-cards", "Gift Cards", "payments", 3, "payment-ledger accounts"),
    ("checkout-web", "Checkout Web", "checkout", 1, "cart-service payments-api identity-provider"),
    ("cart-service", "Cart Service", "checkout", 1, "pricing catalogue-api feature-flags"),
    ("pricing", "Pricing", "checkout", 2, "catalogue-api tax-engine"),
    ("promotions", "Promotions", "checkout", 3, "pricing feature-flags"),
    ("identity-provider", "Identity Provider", "identity", 1, "accounts"),
    ("accounts", "Accounts", "identity", 2, "event-stream"),
    ("consent", "Consent", "identity", 3, "accounts"),
    ("catalogue-api", "Catalogue API", "catalogue", 2, "media-library feature-flags"),
    ("media-library", "Media Library", "catalogue", 3, "edge-proxy"),
    ("product-import", "Product Import", "catalogue", 3, "catalogue-api event-stream"),
    ("search-api", "Search API", "search", 1, "search-indexer feature-store"),
    ("search-indexer", "Search Indexer", "search", 2, "catalogue-api event-stream"),
    ("recommendations", "Recommendations", "search", 3, "feature-store search-api"),
    ("orders", "Orders", "fulfilment", 1, "payments-api warehouse-router event-stream"),
    ("warehouse-router", "Warehouse Router", "fulfilment", 2, "event-stream"),
    ("shipping-labels", "Shipping Labels", "fulfilment", 2, "warehouse-router"),
    ("returns", "Returns", "fulfilment", 3, "orders payments-api"),
    ("storefront-web", "Storefront Web", "storefront", 1, "search-api cart-service edge-proxy"),
    ("mobile-gateway", "Mobile Gateway", "storefront", 1, "identity-provider search-api orders"),
    ("content-pages", "Content Pages", "storefront", 3, "media-library edge-proxy"),
    ("event-stream", "Event Stream", "data-platform", 2, ""),
    ("warehouse-loader", "Warehouse Loader", "data-platform", 3, "event-stream"),
    ("reporting-api", "Reporting API", "data-platform", 3, "warehouse-loader"),
    ("feature-store", "Feature Store", "data-platform", 4, "event-stream"),
    ("edge-proxy", "Edge Proxy", "platform", 1, ""),
    ("feature-flags", "Feature Flags", "platform", 2, ""),
    ("build-cache", "Build Cache", "platform", 4, ""),
    ("fraud-scoring", "Fraud Scoring", "risk", 1, "feature-store event-stream"),
    ("sanctions-screening", "Sanctions Screening", "risk", 2, ""),
    ("case-desk", "Case Desk", "risk", 3, "fraud-scoring accounts"),
    ("notifications", "Notifications", "messaging", 2, "event-stream consent"),
    ("email-sender", "Email Sender", "messaging", 3, "notifications"),
    ("sms-bridge", "SMS Bridge", "messaging", 3, "notifications"),
    ("invoicing", "Invoicing", "back-office", 2, "orders tax-engine"),
    ("tax-engine", "Tax Engine", "back-office", 2, ""),
    ("supplier-portal", "Supplier Portal", "back-office", 4, "product-import invoicing"),
)

SERVICES: tuple[Service, ...] = tuple(
    Service(service_id, name, team, tier, index, tuple(needs.split()))
    for index, (service_id, name, team, tier, needs) in enumerate(_SERVICES)
)
# A service that another team owned before; it moved this many days before the end.
MOVED_SERVICE, MOVED_FROM, MOVED_DAYS_BEFORE_END = "gift-cards", "checkout", 140

TEAM_BY_ID: Mapping[str, Team] = MappingProxyType({team.team_id: team for team in TEAMS})
SERVICE_BY_ID: Mapping[str, Service] = MappingProxyType({s.service_id: s for s in SERVICES})

# Split at spaces, so that the lists stay readable.
FIRST_NAMES = tuple(
    name
    for line in (
        "Ada Amara Anika Arjun Astrid Ben Bianca Callum Chiara Dana Dev Elif Emeka Esther Farah",
        "Felix Gita Hannah Hugo Imran Ines Jakob Jasmin Kavya Keiko Lars Leila Lucia Marcus Meera",
        "Milan Nadia Nikhil Noor Oliver Priya Rafael Ravi Rosa Samir Sofia Tara Theo Uma Vikram",
        "Wanda Yusuf Zoe",
    )
    for name in line.split()
)
LAST_NAMES = tuple(
    name
    for line in (
        "Adler Bauer Becker Bose Brandt Carter Chandra Clarke Costa Desai Dixon Engel Fischer",
        "Foster Ghosh Gray Haas Hughes Iyer Jansen Kapoor Keller Khan Kumar Lang Lopez Mehta Meyer",
        "Morgan Nair Novak Okafor Patel Pereira Quinn Rao Reid Rossi Schmidt Sharma Silva Stone",
        "Suzuki Vogel Wagner Walsh Weber Young",
    )
    for name in line.split()
)
