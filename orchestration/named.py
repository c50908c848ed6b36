"""Refuse names in goals, alerts and reports that nothing else in leadline.yml has."""

from collections.abc import Iterable, Sequence

from orchestration.catalogue import Company
from orchestration.goals import metric_units
from orchestration.yaml_lines import Document, Place


def secret_addresses(document: Document) -> frozenset[Place]:
    """Return where addresses of webhooks stand: such an address is a secret itself."""
    channels = document.values.get("channels")
    names = channels if isinstance(channels, dict) else {}
    return frozenset(("channels", str(name), "url") for name in names)


def refuse_unknown_names(document: Document, company: Company) -> None:
    """Refuse a goal, alert or report that names what is not there, or one that is there twice.

    Errors: ConfigurationError with the line.
    """
    teams = [team.id for team in company.teams]
    services = [service.id for service in company.services]
    seen: list[str] = []
    for at, goal in enumerate(company.goals):
        place: Place = ("goals", at)
        _refuse(document, (*place, "team"), [goal.team] if goal.team else [], teams, "team")
        given = [goal.service] if goal.service else []
        _refuse(document, (*place, "service"), given, services, "service")
        if goal.goal_id in seen:
            raise document.error(place, "is there twice; let each begin on a day of its own")
        seen.append(goal.goal_id)
    for at, alert in enumerate(company.alerts):
        place = ("alerts", at)
        _refuse(document, (*place, "channels"), alert.channels, company.channels, "channel")
        _refuse(document, (*place, "teams"), alert.teams, teams, "team")
        _refuse(document, (*place, "services"), alert.services, services, "service")
        _refuse(document, (*place, "metrics"), alert.metrics, metric_units(), "metric")
    names = [report.name for report in company.reports]
    for at, report in enumerate(company.reports):
        place = ("reports", at)
        _refuse(document, (*place, "channels"), report.channels, company.channels, "channel")
        _refuse(document, (*place, "team"), [report.team] if report.team else [], teams, "team")
        if report.name in names[:at]:
            raise document.error(place, "has the name of an earlier report")
        if isinstance(report.day, int) != (report.every == "month"):
            kind = "a day of the month, 1 to 28" if report.every == "month" else "a weekday"
            raise document.error((*place, "day"), f"must be {kind}")


def _refuse(
    document: Document, place: Place, given: Sequence[str], known: Iterable[str], noun: str
) -> None:
    """Refuse what is not among the known names; these are listed, what is given is not echoed."""
    names = sorted(known)
    if any(one not in names for one in given):
        are = f"known are: {', '.join(names)}" if names else f"there is no {noun}"
        raise document.error(place, f"names an unknown {noun}; {are}")
