"""What every metric's page in the catalogue says, and which bands and scores are shipped."""

import csv
import itertools
import re
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

TRANSFORMS = Path(__file__).resolve().parents[2] / "transforms"
FILES = sorted((TRANSFORMS / "models" / "metrics").glob("*.sql"))
TEXTS = (
    "title", "question", "plain_words", "unit", "formula", "anchor", "source_of_definition",
    "origin", "used_by",
)  # fmt: skip
SENTENCE = re.compile(r"[A-Z0-9].{20,}[.%]$")
VERSION = re.compile(r"\d+\.\d+\.\d+")
MONTH, HALF_YEAR = 30.44 * 86400, 182.6 * 86400
by_metric = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def meta(file: Path) -> dict[str, Any]:
    """Return what a metric's YAML says of it."""
    (model,) = yaml.safe_load(file.with_suffix(".yml").read_text(encoding="utf-8"))["models"]
    assert model["name"] == file.stem
    found = model["config"]["meta"]
    assert isinstance(found, dict)
    return found


def seed(name: str) -> list[dict[str, str]]:
    """Return the rows of a seed."""
    with (TRANSFORMS / "seeds" / "reference" / f"{name}.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def number(text: str) -> float:
    return float(text) if text else float("inf")


@by_metric
def test_a_metric_says_everything_that_its_page_shows(file: Path) -> None:
    said = meta(file)
    for field in TEXTS:
        assert isinstance(said[field], str), field
        assert said[field].strip(), field
    assert said["direction"] in ("lower", "higher", "neutral")
    assert said["question"].endswith("?")
    assert "https://" in said["origin"]


@by_metric
def test_a_metric_says_its_edge_cases_and_limits_in_sentences(file: Path) -> None:
    said = meta(file)
    assert len(said["edge_cases"]) >= 4
    assert len(said["known_limits"]) >= 2
    for sentence in (*said["edge_cases"], *said["known_limits"], said["origin"], said["used_by"]):
        assert SENTENCE.match(sentence), sentence
    for listed in (said["edge_cases"], said["known_limits"]):
        assert len(set(listed)) == len(listed)


@by_metric
def test_the_changes_of_a_metric_are_dated_in_order_and_each_has_a_version(file: Path) -> None:
    changes = meta(file)["changes"]
    days = [date.fromisoformat(change["date"]) for change in changes]
    versions = [tuple(int(part) for part in change["version"].split(".")) for change in changes]
    assert changes[0]["version"] == "1.0.0"
    assert days == sorted(days)
    assert all(earlier < later for earlier, later in itertools.pairwise(versions))
    for change in changes:
        assert VERSION.fullmatch(change["version"])
        assert SENTENCE.match(change["what"])
        assert isinstance(change["was_history_rebuilt"], bool)


def test_no_text_reads_like_a_missing_value() -> None:
    """The pages are searched for such words, and people would read them as a mistake."""
    models = TRANSFORMS / "models"
    files = [
        *(file.with_suffix(".yml") for file in FILES),
        models / "quality" / "metric_definitions.sql",
    ]
    texts = [re.sub(r"^\s+data_type.*$", "", file.read_text("utf-8"), flags=re.M) for file in files]
    assert not [text for text in texts if re.search(r"\b(None|NaN|nan|null|undefined)\b", text)]


def test_published_ranges_chain_without_hole_or_overlap() -> None:
    ranges = defaultdict(set)
    for row in seed("dora_bands"):
        ends = (number(row["lower"]), number(row["upper"]))
        inclusive = (row["is_lower_inclusive"] == "true", row["is_upper_inclusive"] == "true")
        ranges[row["edition"], row["metric"]].add((*ends, *inclusive))
    assert len(ranges) == 16
    for key, found in ranges.items():
        chain = sorted(found)
        assert (chain[0][0], chain[0][2]) == (0, True), key
        assert chain[-1][1] == (1 if key[1] == "change_failure_rate" else float("inf")), key
        for earlier, later in itertools.pairwise(chain):
            assert earlier[1] == later[0], key
            assert earlier[3] != later[2], key


def test_better_levels_have_better_ranges_except_where_the_edition_itself_does_not() -> None:
    inverted = set()
    groups = defaultdict(list)
    for row in seed("dora_bands"):
        groups[row["edition"], row["metric"]].append(row)
    for key, rows in groups.items():
        sign = -1 if key[1] == "deployment_frequency" else 1
        ordered = sorted(rows, key=lambda row: (sign * float(row["lower"]), row["level_rank"]))
        ranks = [row["level_rank"] for row in ordered]
        if ranks != sorted(ranks):
            inverted.add(key)
    ties = {("2021", "change_failure_rate")}
    assert inverted - ties == {("2024", "change_failure_rate")}


@pytest.mark.parametrize(
    ("edition", "metric", "level", "lower", "upper", "said"),
    [
        (2021, "lead_time_for_changes", "elite", 0, 3600, "under 1 hour"),
        (2021, "lead_time_for_changes", "medium", MONTH, HALF_YEAR, "1 to 6 months"),
        (2021, "deployment_frequency", "high", 1 / 30.44, 1 / 7, "1/week to 1/month"),
        (2021, "change_failure_rate", "low", 0.16, 0.30, "16-30 %"),
        (2022, "change_failure_rate", "low", 0.46, 0.60, "46-60 %"),
        (2022, "failed_deployment_recovery_time", "high", 0, 86400, "under 1 day"),
        (2023, "deployment_frequency", "low", 1 / 30.44, 1 / 7, "1/week to 1/month"),
        (2023, "failed_deployment_recovery_time", "low", MONTH, HALF_YEAR, "1 to 6 months"),
        (2023, "change_failure_rate", "low", 0.395, 1, "64 % (centre)"),
        (2024, "change_failure_rate", "high", 0.15, 0.30, "20 % (centre)"),
        (2024, "change_failure_rate", "medium", 0.075, 0.15, "10 % (centre)"),
        (2024, "failed_deployment_recovery_time", "medium", 3600, 86400, "under 1 day"),
    ],
)
def test_a_published_band_is_shipped_as_published(
    edition: int, metric: str, level: str, lower: float, upper: float, said: str
) -> None:
    (row,) = [
        row
        for row in seed("dora_bands")
        if (row["edition"], row["metric"], row["level"]) == (str(edition), metric, level)
        and row["published_as"]
    ]
    assert (number(row["lower"]), number(row["upper"])) == pytest.approx((lower, upper))
    assert row["published_as"] == said


def test_what_the_reports_do_not_say_is_marked_as_derived() -> None:
    for row in seed("dora_bands"):
        is_derived = row["is_derived"] == "true"
        assert is_derived == (row["published_as"] == "" or "centre" in row["published_as"])
        assert (row["source_tag"] == "P") == is_derived
        assert row["note"] or not is_derived
        assert row["source_ref"].count(f"dora.dev/research/{row['edition']}/") == 1
    assert not any(
        row["level"] == "elite" for row in seed("dora_bands") if row["edition"] == "2022"
    )


def test_shares_that_were_not_compared_with_a_report_are_not_confirmed() -> None:
    confirmed = defaultdict(set)
    shares: dict[str, dict[str, float]] = defaultdict(dict)
    for row in seed("dora_bands"):
        confirmed[row["edition"]].add(row["is_share_confirmed"])
        shares[row["edition"]][row["level"]] = float(row["share_of_respondents_ratio"])
    assert confirmed == {"2021": {"true"}, "2022": {"false"}, "2023": {"false"}, "2024": {"true"}}
    for edition, found in shares.items():
        assert sum(found.values()) == pytest.approx(1, abs=0.011), edition


def test_scores_of_the_rates_are_ten_minus_the_published_share() -> None:
    rows = [row for row in seed("dora_scores_2025") if row["record_type"] == "industry"]
    assert len(rows) == 8 * 5
    for row in rows:
        if row["raw_mean"]:
            assert float(row["score_mean"]) == pytest.approx(10 - float(row["raw_mean"]))
    everybody = {row["metric"]: row for row in rows if row["industry"] == "All"}
    assert {name: float(row["score_mean"]) for name, row in everybody.items()} == {
        "lead_time_for_changes": 5.5, "deployment_frequency": 4.8, "change_failure_rate": 8.1,
        "failed_deployment_recovery_time": 7.4, "rework_rate": 7.8,
    }  # fmt: skip
    assert "2.6" in everybody["failed_deployment_recovery_time"]["note"]


def test_every_reference_row_has_source_owner_and_date() -> None:
    for name in ("dora_bands", "dora_scores_2025"):
        for row in seed(name):
            assert row["source_tag"] in ("S", "V", "D", "P")
            assert row["source_ref"]
            assert row["unit"]
            assert row["owner"] == "team:release"
            assert date.fromisoformat(row["effective_from"])
