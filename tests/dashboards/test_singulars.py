"""Sentences of pages that hold one of something say it in the singular."""

from dashboards.app_pages.trends import moved_sentence
from dashboards.definitions import _rate_words
from dashboards.limits import Course
from dashboards.reasons import background_words


def _moving(count: int) -> str:
    names = [f"m{number}" for number in range(count)]
    courses = {name: Course(name, (), (), "rising", None) for name in names}
    return moved_sentence(courses, {name: {"title": name} for name in names})


def test_the_others_that_move_are_counted_in_their_number() -> None:
    assert _moving(3) == "M0 is rising, m1 is rising, m2 is rising."
    assert _moving(4).endswith("m2 is rising and 1 other moves.")
    assert _moving(5).endswith("m2 is rising and 2 others move.")


def test_one_incident_a_week_is_one_incident() -> None:
    assert background_words(1.0) == "this service has 1 incident a week anyway"
    assert background_words(1.5) == "this service has 1.5 incidents a week anyway"


def test_a_rate_of_nearly_one_a_day_is_one_in_one_day() -> None:
    assert _rate_words(0.9) == "1 in 1 day"
    assert _rate_words(0.1) == "1 in 10 days"
