"""Edge cases of changes by their numbers, from raw pages to published rows: the work of bots."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.transforms.conftest import build_estate
from tests.transforms.estate import Estate, at
from transforms.published import Published

HOUR = 3600.0
WHOLE = (date(2026, 1, 1), date(2026, 5, 2))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Return a build with one service to which people and a bot contribute."""
    estate = Estate()
    service = estate.service("case-33", team="case-33")
    parent = estate.commit(service, at("2026-01-02 08:00"))
    estate.deploy(service, parent, at("2026-01-02 09:00"))
    for day, hours, is_bot in ((3, 10, False), (4, 2, True), (5, 20, False), (6, 4, True)):
        moment = at(f"2026-02-{day:02d} 12:00")
        parent = estate.commit(
            service, moment - timedelta(hours=hours), parents=(parent,), is_bot=is_bot
        )
        bots = estate.deploy(service, parent, moment)
    estate.incident(service, at("2026-02-06 12:30"), at("2026-02-06 13:00"), caused_by=bots)
    return build_estate(
        tmp_path_factory.mktemp("bots"),
        estate,
        "change_failure_rate",
        "deployment_frequency",
        "lead_time_for_changes",
    )


def test_case_33_the_work_of_bots_counts_and_its_share_is_shown(published: Published) -> None:
    found = published.window("lead_time_for_changes", since=WHOLE[0], until=WHOLE[1])
    lead = found.row(0, named=True)
    assert (lead["n"], lead["bot_count"], lead["value"]) == (4, 2, 7 * HOUR)


def test_case_33_lead_time_can_be_read_without_bots_which_are_left_out_with_their_reason(
    published: Published,
) -> None:
    found = published.window(
        "lead_time_for_changes", since=WHOLE[0], until=WHOLE[1], includes_bots=False
    )
    lead = found.row(0, named=True)
    assert (lead["n"], lead["bot_count"], lead["value"]) == (2, 0, 15 * HOUR)
    # The baseline is left out in either reading.
    assert lead["excluded_count"] == 3


@pytest.mark.parametrize("includes_bots", [True, False])
def test_case_33_a_bots_deployment_counts_in_frequency_and_failures_in_either_reading(
    published: Published, includes_bots: bool
) -> None:
    days: dict[str, Any] = {"since": WHOLE[0], "until": WHOLE[1], "includes_bots": includes_bots}
    frequency = published.window("deployment_frequency", **days).row(0, named=True)
    failures = published.window("change_failure_rate", **days).row(0, named=True)
    assert frequency["n"] == 5
    assert (failures["numerator"], failures["denominator"]) == (1, 5)


def test_the_published_periods_count_everybody(published: Published) -> None:
    rows = published.metric("lead_time_for_changes", grain="month", scope_id="all")
    february = rows.filter(rows["period_start_date"] == date(2026, 2, 1)).row(0, named=True)
    assert (february["n"], february["bot_count"]) == (4, 2)
