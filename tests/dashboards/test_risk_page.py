"""Risk model card: what it says of what waits, of itself, and when it has nothing to say."""

import math
import shutil
from pathlib import Path
from typing import Any

import duckdb
import plotly.graph_objects as go
import pytest
import yaml
from streamlit.testing.v1 import AppTest

from dashboards import risk_charts
from dashboards import risk_words as words
from dashboards.risk_record import dropped_sentences, lookup_frame
from dashboards.theme import LIGHT
from tests.dashboards.conftest import OpenPage
from tests.dashboards.estate import HOSTILE
from tests.dashboards.test_pages import assert_sound, said
from transforms.home import Home
from transforms.published import open_published

INSIGHTS = Path(__file__).resolve().parents[2] / "transforms" / "models" / "insights"
HELD_BACK = (
    "Of 23 failed deployments in months it had not seen, gating the riskiest tenth would have "
    "held back 9 (39 %, likely 22 % to 59 %)."
)
CARD: dict[str, Any] = {
    "state": "fitted", "is_used": True, "reason": None, "evaluated_month_count": 3,
    "trained_count": 1000, "base_rate": 0.1,
}  # fmt: skip


@pytest.fixture
def change_home(published_home: Path, tmp_path: Path) -> Any:
    """Return a function that gives a copy of the home after one statement on its build."""

    def change(sql: str) -> Path:
        shutil.copytree(published_home, tmp_path / "home", symlinks=True)
        file = next((tmp_path / "home" / "published" / "builds").glob("*/warehouse.duckdb"))
        with duckdb.connect(str(file)) as connection:
            connection.execute(sql)
        return tmp_path / "home"

    return change


def waiting(app: AppTest) -> Any:
    return next(frame.value for frame in app.dataframe if "Risk" in frame.value)


@pytest.mark.parametrize(
    "table",
    ["risk_scores", "risk_reasons", "risk_model_card", "risk_coefficients", "risk_evaluations",
     "risk_calibration"],
)  # fmt: skip
def test_the_made_up_tables_have_the_columns_of_the_contract(
    table: str, published_home: Path
) -> None:
    model = yaml.safe_load((INSIGHTS / f"{table}.yml").read_text())["models"][0]
    contract = {column["name"] for column in model["columns"]}
    found = open_published(Home(root=published_home)).rows(table, limit=1)
    assert set(found.columns) == contract


def test_the_page_says_how_good_the_model_was(look_at: OpenPage, published_home: Path) -> None:
    text = said(look_at(published_home, "risk"))
    assert HELD_BACK in text
    assert "Gating a tenth at random holds back 10 %." in text
    assert "18.7 %, 27.9 % and 84.6 %" in text
    assert "closer to the outcomes than the failure rate of the months before" in text
    assert "Judging people: no person is a feature" in text
    assert "Association, not cause" in text


def test_what_waits_is_listed_by_risk_with_words_and_links(
    look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "risk")
    rows = waiting(app)
    assert list(rows["Risk"]) == ["▲ High"] * 2 + ["◆ Moderate"] * 3 + ["▽ Low"]
    first = rows.iloc[0]
    assert first["What"].startswith("acme/shop#7 ")
    assert first["Source"] == "https://github.example/acme/shop#7"
    assert first["Probability to fail"] == "24 %"
    assert first["Of 180 days' deployments"] == "likelier than 93 %"
    assert first["Why"].split("; ") == [
        "outside working hours",
        "the service is of tier 1",
        "Failure history of the service: 31 % (odds 5.4 times the average)",
    ]
    assert "3 open changes and 3 planned change requests: 2 high, 3 moderate, 1 low" in said(app)


def test_each_month_is_listed_newest_first(look_at: OpenPage, published_home: Path) -> None:
    app = look_at(published_home, "risk")
    months = next(frame.value for frame in app.dataframe if "Month" in frame.value)
    assert list(months["Month"]) == ["Nov 2026", "Oct 2026", "Sep 2026"]
    assert list(months["In the riskiest tenth"]) == ["50 %", "36 %", "38 %"]
    assert list(months["Drift of scores"]) == [
        "too few to say (0.30)", "strong (0.31)", "none (0.08)",
    ]  # fmt: skip


def test_one_that_the_address_names_shows_every_reason(
    look_at: OpenPage, published_home: Path
) -> None:
    key = "change_request:servicenow:c1|payments-core"
    app = look_at(published_home, "risk", subject=key)
    assert_sound(app)
    text = said(app)
    assert "Planned change request of payments\\-core, planned for 24 Nov 2026 09:00" in text
    assert "Probability that its deployment fails\\: 12 \\%" in text
    assert "of the deployments of the last 180 days" in text
    reasons = next(frame.value for frame in app.dataframe if "What it does" in frame.value)
    assert set(zip(reasons["Feature"], reasons["Value"], strict=True)) == {
        ("Batch size", "8 changes"),
        ("Failure history of the service", "12 %"),
        ("Pause", "2 h"),
        ("Outside working hours", "no"),
    }


def test_an_address_that_names_nothing_says_so(look_at: OpenPage, published_home: Path) -> None:
    app = look_at(published_home, "risk", subject="change:<script>|x")
    assert_sound(app)
    assert "The address names nothing that waits" in said(app)


@pytest.mark.parametrize(
    ("query", "services"),
    [({"team": "Payments"}, {"payments-core", "ledger"}), ({"service": "login"}, {"login"})],
)
def test_the_list_follows_team_and_service(
    query: dict[str, str], services: set[str], look_at: OpenPage, published_home: Path
) -> None:
    app = look_at(published_home, "risk", **query)
    assert_sound(app)
    assert set(waiting(app)["Service"]) == services
    assert HELD_BACK in said(app)


def test_nothing_waiting_in_the_selection_is_said(look_at: OpenPage, published_home: Path) -> None:
    app = look_at(published_home, "risk", service="suggest")
    assert_sound(app)
    assert "No open change and no planned change request is known" in said(app)


def test_few_failures_leave_the_rules_alone(look_at: OpenPage, lone_home: Path) -> None:
    app = look_at(lone_home, "risk")
    text = said(app)
    assert "The model is not used: 0 failures are known, 30 are needed" in text or (
        "The model is not used: 1 failures are known, 30 are needed" in text
    )
    assert "The rules below decide." in text
    assert "How good it was" not in text


def test_a_model_that_does_no_better_gives_no_probability(
    change_home: Any, look_at: OpenPage
) -> None:
    reason = "it does no better than the rate of all deployments; rules alone decide"
    home = change_home(f"update v1.risk_model_card set is_used = false, reason = '{reason}'")
    app = look_at(home, "risk")
    assert_sound(app)
    text = said(app)
    assert (
        "The model is not used: it does no better than the rate of all deployments. "
        "The rules below decide."
    ) in text
    assert "No probability is given" in text
    assert f"{HELD_BACK} Gating a tenth at random holds back 10 %." in text
    rows = waiting(app)
    assert "Probability to fail" not in rows
    # by risk, then by number: the unused model does not even order them
    numbers = [what.split()[0] for what in rows["What"]]
    assert numbers[:3] == ["CHG0001234", "acme/shop#7", "CHG0002000"]
    assert rows["Why"].iloc[0] == "outside working hours; the service is of tier 1"
    assert "How good it was in months it had not seen" in text


def test_a_build_from_before_says_what_to_run(change_home: Any, look_at: OpenPage) -> None:
    app = look_at(change_home("drop table v1.risk_model_card"), "risk")
    assert_sound(app)
    assert "run `leadline build`" in said(app)


def test_titles_of_strangers_are_never_markdown(look_at: OpenPage, published_home: Path) -> None:
    app = look_at(published_home, "risk")
    markdown = "\n".join(str(element.value) for element in app.markdown)
    assert HOSTILE[0] in said(app)
    assert HOSTILE[0] not in markdown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (math.log(13), "log of 1 + changes", "12 changes"),
        (math.log(2), "log of 1 + changes", "1 change"),
        (0.0, "log of 1 + services", "0 services"),
        (math.log(1 + 58), "log of 1 + hours", "2.4 d"),
        (math.log(3), "log of people", "3 people"),
        (0.0, "log of people", "1 person"),
        (0.184, "share", "18 %"),
        (1.0, "yes or no", "yes"),
        (0.0, "yes or no", "no"),
        (2.0, "tier", "tier 2"),
        (None, "tier", "unknown, counted as average"),
    ],
)
def test_a_feature_is_said_as_people_say_it(value: float | None, unit: str, shown: str) -> None:
    assert words.feature_words(value, unit) == shown


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        (1.0, "odds as on average"),
        (1.04, "odds as on average"),
        (1.8, "odds 1.8 times the average"),
        (0.53, "odds 0.53 times the average"),
        (40.0, "odds over 10 times the average"),
        (None, "–"),
    ],
)
def test_odds_are_said_against_the_average(ratio: float | None, shown: str) -> None:
    assert words.odds_words(ratio) == shown


@pytest.mark.parametrize(
    ("percentile", "shown"),
    [
        (0.0, "likelier to fail than none of the deployments of the last 180 days"),
        (0.934, "likelier to fail than 93 % of the deployments of the last 180 days"),
        (0.999, "likelier to fail than over 99 % of the deployments of the last 180 days"),
        (None, "–"),
    ],
)
def test_a_percentile_says_of_what_it_is_a_share(percentile: float | None, shown: str) -> None:
    assert words.percentile_words(percentile) == shown


def test_a_capture_that_chance_could_give_is_said_so() -> None:
    whole = {"failed_count": 51, "capture_10": 0.131, "capture_10_low": 0.06,
             "capture_10_high": 0.25}  # fmt: skip
    assert words.headline(CARD, whole).endswith("held back 7 (13 %, likely 6 % to 25 %).")
    assert "not clearly better than gating a tenth at random" in words.chance_sentence(whole)
    unused = words.beside_words(CARD | {"is_used": False}, whole)
    assert unused.startswith("Of 51 failed deployments")
    assert "not clearly better" in unused
    assert words.beside_words({"state": "refused"}, None) == ""


def test_a_model_that_nothing_judged_is_not_used_for_that_reason() -> None:
    card = CARD | {"is_used": False, "evaluated_month_count": 0, "reason": "no better"}
    assert words.refusal_words(card) == words.NOT_JUDGED
    assert words.headline(card, None).startswith(f"The model is not used: {words.NOT_JUDGED}.")


@pytest.mark.parametrize(
    ("psi", "n", "shown"),
    [
        (0.05, 200, "none (0.05)"),
        (0.15, 200, "some (0.15)"),
        (0.4, 200, "strong (0.40)"),
        (0.4, 57, "too few to say (0.40)"),
        (None, 200, "not known"),
    ],
)
def test_drift_of_few_scores_is_not_called_drift(psi: float | None, n: int, shown: str) -> None:
    assert words.drift_words(psi, n=n) == shown


def test_a_feature_without_effect_is_no_reason() -> None:
    still = {"title": "Pause", "value": 1.0, "unit": "tier", "odds_ratio": 1.02,
             "contribution": math.log(1.02), "reason_rank": 1}  # fmt: skip
    moving = still | {"contribution": -0.7, "odds_ratio": 0.5, "reason_rank": 2}
    assert words.notable([still, moving]) == [moving]


def test_the_lookup_is_nine_cells() -> None:
    cells = [
        {"likelihood": one, "impact": other, "level": other if one == "low" else "high"}
        for one in words.LEVELS
        for other in words.LEVELS
    ]
    frame = lookup_frame(cells)
    assert frame.row(2) == ("low", "▽ Low", "◆ Moderate", "▲ High")
    assert frame.row(0) == ("high", "▲ High", "▲ High", "▲ High")


def test_what_is_left_out_is_said_once_a_reason() -> None:
    rows = [
        {"title": title, "is_kept": title == "A", "dropped_reason": "few failures"}
        for title in "ABC"
    ]
    assert dropped_sentences(rows) == ["Left out because few failures: B and C."]


def test_the_charts_hold_the_published_numbers() -> None:
    whole = {"failed_count": 23, "capture_5": 0.2, "capture_10": 0.39, "capture_50": 0.87,
             "capture_10_low": 0.22, "capture_10_high": 0.59}  # fmt: skip
    curve = risk_charts.capture_curve(whole, colours=LIGHT)
    drawn = _points(curve)
    assert {(0.05, 0.2), (0.1, 0.39), (0.5, 0.87)} <= drawn
    assert {(0.05, 0.187), (0.1, 0.279), (0.5, 0.846)} <= drawn
    one = {"title": "<b>Pause", "effect_words": "longer", "odds_ratio": 1.4, "odds_ratio_low": 1.1,
           "odds_ratio_high": 1.9}  # fmt: skip
    odds = risk_charts.odds_ratios([one], colours=LIGHT)
    assert odds.layout.xaxis.type == "log"
    assert {(1.1, "&lt;b&gt;Pause"), (1.9, "&lt;b&gt;Pause"), (1.4, "&lt;b&gt;Pause")} <= _points(
        odds
    )


def test_a_month_without_failures_leaves_the_curve_out() -> None:
    names = ("capture_5", "capture_10", "capture_50", "capture_10_low", "capture_10_high")
    whole = dict.fromkeys(names) | {"failed_count": 0}
    assert words.captures_words(whole) == "No failure fell into a month that could be judged."
    assert words.capture_words(whole) == ""


def _points(figure: go.Figure) -> set[tuple[Any, Any]]:
    return {pair for trace in figure.data for pair in zip(trace.x, trace.y, strict=True)}
