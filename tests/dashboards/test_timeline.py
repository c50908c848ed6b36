"""The picture of the Incident explorer: what stands on a lane, and where."""

from datetime import datetime, timedelta
from pathlib import Path

from dashboards.theme import LIGHT
from dashboards.timeline import Axis, Firing, timeline
from tests.dashboards.conftest import OpenPage
from tests.dashboards.test_pages import assert_sound, said

NOON = datetime.fromisoformat("2026-04-01 12:00")
AXIS = Axis(first=NOON - timedelta(days=1), last=NOON + timedelta(days=1), now=NOON)
LANES = ("pay", "shop")


def _alert(service: str, minutes: float, *, is_active: bool = False) -> Firing:
    return Firing(
        service_id=service,
        name="<b>Service</b>Down",
        severity="critical",
        began=NOON - timedelta(hours=2),
        ended=NOON - timedelta(hours=2) + timedelta(minutes=minutes),
        is_active=is_active,
    )


def test_an_alert_is_a_line_under_its_lane_that_is_long_enough_to_be_seen() -> None:
    alerts = [_alert("pay", 60), _alert("shop", 0), _alert("elsewhere", 60)]
    figure = timeline(
        [], [], lanes=LANES, axis=AXIS, chosen=None, suspects=[], colours=LIGHT, alerts=alerts
    )
    (drawn,) = [trace for trace in figure.data if trace.name == "alerts"]
    began = NOON - timedelta(hours=2)
    shown = began + timedelta(days=2) * 0.004
    assert list(drawn.x) == [began, began + timedelta(hours=1), None, began, shown, None]
    assert list(drawn.y) == [0.62, 0.62, None, -0.38, -0.38, None]
    low, _ = figure.layout.yaxis.range
    assert low < -0.38


def test_an_alert_says_since_when_and_that_it_is_active_and_its_name_is_no_markup() -> None:
    figure = timeline(
        [], [], lanes=LANES, axis=AXIS, chosen=None, suspects=[], colours=LIGHT,
        alerts=[_alert("pay", 60, is_active=True)],
    )  # fmt: skip
    (drawn,) = [trace for trace in figure.data if trace.name == "alerts"]
    assert "still active" in drawn.text[0]
    assert "critical" in drawn.text[0]
    assert "<b>Service</b>" not in drawn.text[0]


def test_the_axis_is_one_of_dates_where_nothing_stands_on_it() -> None:
    figure = timeline([], [], lanes=LANES, axis=AXIS, chosen=None, suspects=[], colours=LIGHT)
    assert figure.layout.xaxis.type == "date"


def test_days_stay_level_and_as_many_as_the_width_has_room_for() -> None:
    figure = timeline([], [], lanes=LANES, axis=AXIS, chosen=None, suspects=[], colours=LIGHT)
    assert list(figure.layout.xaxis.autotickangles) == [0]
    assert figure.layout.xaxis.nticks is None


def test_without_alerts_nothing_is_drawn() -> None:
    figure = timeline([], [], lanes=LANES, axis=AXIS, chosen=None, suspects=[], colours=LIGHT)
    assert "alerts" not in {trace.name for trace in figure.data}


def test_the_explorer_shows_the_alerts_of_its_lanes(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "incidents", period="365 days")
    assert_sound(app)
    assert "Thin lines: alerts." in said(app)
