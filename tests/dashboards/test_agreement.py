from datetime import timedelta
from pathlib import Path

import pytest

from dashboards.catalogue import HEADLINES, STAGES
from dashboards.reading import reading
from tests.dashboards.estate import AS_OF
from transforms.home import Home
from transforms.published import Published, open_published


@pytest.fixture(scope="module")
def published(published_home: Path) -> Published:
    return open_published(Home(root=published_home))


@pytest.mark.parametrize("metric", [spoken.metric for spoken in HEADLINES])
@pytest.mark.parametrize("teams", [None, ["Payments"]], ids=["everyone", "one team"])
def test_a_card_counts_the_rows_that_its_explanation_lists(
    metric: str, teams: list[str] | None, published: Published
) -> None:
    until = AS_OF.date() + timedelta(days=1)
    since = until - timedelta(days=90)
    row = published.window(metric, since=since, until=until, team_ids=teams).row(0, named=True)
    found = published.explain(metric, since=since, until=until, team_ids=teams)
    shown = reading(row)
    assert shown.n == found.included_count
    assert shown.excluded_count == sum(found.excluded_by_reason.values())


def test_the_time_of_the_stages_adds_up_to_the_lead_time(published: Published) -> None:
    until = AS_OF.date()
    since = until - timedelta(days=90)
    names = ["lead_time_for_changes", *(name for name, _, _ in STAGES)]
    whole, *parts = (
        reading(published.window(name, since=since, until=until).row(0, named=True)).numerator
        for name in names
    )
    assert sum(part or 0.0 for part in parts) == pytest.approx(whole)
