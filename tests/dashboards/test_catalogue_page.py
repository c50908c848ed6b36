import shutil
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboards import definitions as words
from tests.dashboards.conftest import OpenPage
from tests.dashboards.test_pages import assert_sound, said

ROW: dict[str, Any] = {
    "grain": "month", "period_start_date": date(2026, 10, 1), "verdict": "no_clear_change",
    "reason": None, "value": 0.12, "n": 50, "ci_low": 0.06, "ci_high": 0.24,
    "baseline_low": 0.05, "baseline_high": 0.2, "baseline_period_count": 12,
    "baseline_observation_count": 600,
}  # fmt: skip


def test_a_metric_is_shown_with_its_definition_and_where_it_stands(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "catalogue", metric="Change failure rate")
    assert_sound(app)
    text = said(app)
    for part in (
        "#### What share of deployments cause a failure", "**How it is made.**", "**Interval.**",
        "**Used by.**", "**Comes from.**", "**Rules.**", "In odd cases", "What it does not tell",
        "Against its own past", "Changes of the definition",
        "[dora\\.dev\\/guides\\/dora\\-metrics]",
    ):  # fmt: skip
        assert part in text, part
    assert "the 12 months before" in text
    assert "\\*stars\\*" in text


def test_the_page_opens_with_the_first_headline_and_lists_every_metric(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "catalogue")
    choice = app.selectbox(key="metric")
    assert choice.value == "Lead time for changes"
    assert len(choice.options) == 14
    assert "Coding time" in choice.options


def test_bands_are_shown_only_when_asked_for(look_at: OpenPage, published_home: Path) -> None:
    asked = {"metric": "Change failure rate"}
    off = look_at(published_home, "catalogue", **asked)
    assert not off.toggle(key="bands").value
    assert "2024" not in [str(value) for value in _first_columns(off)]
    on = look_at(published_home, "catalogue", **asked, bands="true")
    assert_sound(on)
    assert on.toggle(key="bands").value
    assert {"2021", "2022", "2023", "2024", "2025"} <= set(_first_columns(on))
    assert "6.0 of 10" in said(on)
    assert "derived" in said(on)


def test_a_metric_without_bands_has_no_choice_of_bands(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "catalogue", metric="Batch size")
    assert not app.toggle
    assert "Against DORA's reports" not in said(app)


def test_an_unknown_metric_in_the_address_is_said(look_at: OpenPage, published_home: Path) -> None:
    app = look_at(published_home, "catalogue", metric="Happiness")
    assert_sound(app)
    assert "the defaults are shown instead" in said(app)
    known = look_at(published_home, "catalogue", metric="Batch size")
    assert "the defaults are shown instead" not in said(known)


def test_the_number_of_the_page_is_explained(open_page: OpenPage, published_home: Path) -> None:
    app = open_page(published_home, "catalogue", metric="Deployment rework rate")
    app.button(key="explain_rework_rate").click().run()
    assert_sound(app)
    assert any("v1.rework_rate_observations" in code.value for code in app.code)
    assert "(catalogue?metric=Deployment%20rework%20rate)" in said(app)


def test_a_build_that_is_older_than_the_page_is_still_shown(
    look_at: OpenPage, published_home: Path, tmp_path: Path
) -> None:
    shutil.copytree(published_home, tmp_path / "home", symlinks=True)
    file = next((tmp_path / "home" / "published" / "builds").glob("*/warehouse.duckdb"))
    with duckdb.connect(str(file)) as connection:
        for name in ("metric_bands", "metric_baselines", "metric_definition_changes", "dora_bands"):
            connection.execute(f"drop table v1.{name}")
        for name in ("edge_cases", "known_limits", "origin", "used_by", "interval_method"):
            connection.execute(f"alter table v1.metric_definitions drop column {name}")
    app = look_at(tmp_path / "home", "catalogue")
    assert_sound(app)
    assert "nothing to compare with" in said(app)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, "Oct 2026: 12 %; the 12 months before: 5 % to 20 %, so no clear change."),
        (
            {"verdict": "worse", "grain": "quarter"},
            "4th quarter 2026: 12 %; the 12 quarters before: 5 % to 20 %, "
            "so worse than all of them.",
        ),
        (
            {"verdict": "too_little_data", "reason": "few_observations", "n": 8},
            "Oct 2026: 12 %, too few to say (n 8).",
        ),
        ({"verdict": "too_little_data", "reason": "no_data", "n": 0}, "Oct 2026: no data."),
    ],
)
def test_a_comparison_with_the_own_past_is_a_sentence(
    change: dict[str, Any], sentence: str
) -> None:
    assert words.baseline_sentence(ROW | change, unit="ratio") == sentence


@pytest.mark.parametrize(
    ("lower", "upper", "unit", "said_as"),
    [
        (0, 3600, "seconds", "under 1 h"),
        (86400, 604800, "seconds", "1.0 d to 7.0 d"),
        (15776640, None, "seconds", "over 183 d"),
        (0.16, 0.3, "ratio", "16 % to 30 %"),
        (0.075, 0.125, "ratio", "7.5 % to 12.5 %"),
        (1, None, "deployments per day", "at least 1 a day"),
        (1 / 30.44, 1 / 7, "deployments per day", "1 in 30 days to 1 in 7 days"),
        (0, 1 / 182.6, "deployments per day", "under 1 in 183 days"),
    ],
)
def test_a_range_is_spoken_in_its_unit(
    lower: float, upper: float | None, unit: str, said_as: str
) -> None:
    assert words.range_words({"lower": lower, "upper": upper, "unit": unit}) == said_as


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see (https://dora.dev/x/).", "see \\([dora\\.dev\\/x](https://dora.dev/x/)\\)\\."),
        ("no [link](javascript:1)", "no \\[link\\]\\(javascript\\:1\\)"),
        ("a http://x.example", "a http\u2060\\:\\/\\/x\\.example"),
    ],
)
def test_only_plain_https_addresses_become_links(text: str, shown: str) -> None:
    assert words.linked_text(text) == shown


def _first_columns(app: Any) -> list[str]:
    return [str(value) for frame in app.dataframe for value in frame.value.to_numpy()[:, 0]]
