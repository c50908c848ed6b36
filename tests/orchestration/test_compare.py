"""The command compare: our numbers beside another tool's, from a small published build."""

import json
from dataclasses import replace
from datetime import date

import pytest

from orchestration.commands import compare as command
from orchestration.commands.comparison import (
    Comparison,
    Ours,
    Theirs,
    difference_words,
    our_words,
    report_markdown,
    their_words,
)
from orchestration.errors import ConfigurationError, NothingToRead
from tests.orchestration.conftest import Publisher
from tests.orchestration.test_cli import leadline
from tests.transforms.conftest import publish_estate
from tests.transforms.estate import Estate, at
from transforms.home import Home
from transforms.published import open_published


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home with lead times of two and ten hours and one incident that is open."""
    home = Home(root=tmp_path_factory.mktemp("compared") / "data")
    estate = Estate()
    estate.service("pair")
    head = estate.commit("pair", at("2026-02-02 08:00"))
    estate.deploy("pair", head, at("2026-02-02 09:00"))
    for authored, finished in (
        ("2026-02-03 10:00", "2026-02-03 12:00"),
        ("2026-02-04 02:00", "2026-02-04 12:00"),
    ):
        head = estate.squash("pair", [at(authored)], at(finished), parents=(head,))
        estate.deploy("pair", head, at(finished))
    estate.incident("pair", at("2026-02-05 12:00"), None)
    publish_estate(home.root, estate)
    return home


def test_one_tool_is_shown_with_both_numbers_and_the_reason(shown: Home) -> None:
    ended = leadline("compare", "--with", "devlake", home=shown)
    assert (ended.returncode, ended.stderr.count("Traceback")) == (0, 0)
    row = next(line for line in ended.stdout.splitlines() if "│ Lead time for changes" in line)
    assert [cell.strip() for cell in row.split("│")[1:4]] == [
        "Lead time for changes",
        "6 h (n 2)",
        "2 h (n 2)",
    ]
    assert "-4 h (-67 %)" in row
    assert "lower of the two middle values" in ended.stdout
    assert "open incidents ranked as the shortest: 1" in ended.stdout
    assert "no data" in ended.stdout


def test_json_has_every_tool_and_the_days(shown: Home) -> None:
    ended = leadline("compare", "--with", "all", "--month", "2026-02", "-f", "json", home=shown)
    report = json.loads(ended.stdout)
    assert (report["since"], report["until"]) == ("2026-02-01", "2026-03-01")
    found = {one["peer"] for one in report["comparisons"]}
    assert found == {"datadog", "devlake", "four_keys", "gitlab", "middleware"}
    pair = next(
        one
        for one in report["comparisons"]
        if (one["peer"], one["metric"]) == ("devlake", "lead_time_for_changes")
    )
    assert (pair["ours"]["value"], pair["theirs"]["value"]) == (21600, 7200)
    assert pair["difference"] == -14400
    assert pair["theirs"]["bands"] == {
        "2021": "Less than one week(high)",
        "2023": "Less than one day(elite)",
    }


def test_markdown_carries_the_address_of_each_definition(shown: Home) -> None:
    ended = leadline(
        "compare", "--with", "gitlab", "--service", "PAIR", "-f", "markdown", home=shown
    )
    lines = [line for line in ended.stdout.splitlines() if line.startswith("| ")]
    assert ended.stdout.startswith("## Leadline and GitLab, 2026-02-02 to 2026-05-01, pair\n")
    assert len(lines) == 1 + 4
    assert all("https://docs.gitlab.com/" in line for line in lines[1:])


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--with", "nosuch"], 2, "devlake, four_keys, gitlab, middleware or all"),
        (["--with", "devlake", "--service", "nosuch"], 2, "there are pair"),
        (["--with", "devlake", "--build", "nosuch"], 2, "There is no build"),
        (["--with", "devlake", "--since", "yesterday"], 2, "--since needs a day"),
        (["--with", "devlake", "--month", "2026-13"], 2, "--month needs a day"),
        (["--with", "devlake", "--month", "2026-02", "--since", "2026-02-01"], 2, "stands alone"),
        (["--with", "devlake", "--since", "2026-03-01", "--until", "2026-03-01"], 2, "not before"),
        (["--with", "all", "--month", "2025-01"], 3, "nothing to compare"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence_with_its_exit_code(
    shown: Home, arguments: list[str], code: int, told: str
) -> None:
    ended = leadline("compare", *arguments, home=shown)
    assert ended.returncode == code
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_anything_published_it_ends_with_3(home: Home) -> None:
    home.root.mkdir()
    ended = leadline("compare", "--with", "devlake", home=home)
    assert (ended.returncode, ended.stderr.count("\n")) == (3, 1)


def test_a_build_from_before_the_comparison_says_so(
    publisher: Publisher, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher(1)
    monkeypatch.setenv("LEADLINE_HOME", str(home.root))
    with pytest.raises(NothingToRead, match="older than the comparison"):
        command.compare(
            "devlake",
            days=command.Days(month="2026-02"),
            service=None,
            output="table",
            build_id=None,
        )


def test_days_are_asked_for_one_way(publisher: Publisher, home: Home) -> None:
    publisher(1)
    with pytest.raises(ConfigurationError, match="stands alone"):
        command._range(open_published(home), command.Days(month="2026-02", until="2026-03-01"))


def one(ours: float | None, theirs: float | None, *, unit: str = "ratio") -> Comparison:
    """Return a comparison of two numbers."""
    return Comparison(
        peer="devlake",
        peer_title="DevLake",
        metric="change_failure_rate",
        title="Change failure rate",
        peer_metric="CFR",
        unit=unit,
        ours=Ours(value=ours, n=120, ci_low=None, ci_high=None, state="ok"),
        theirs=Theirs(value=theirs, n=100, bands={}),
        difference=None if ours is None or theirs is None else theirs - ours,
        sentence="It counts | differently.",
        causes=("rollbacks counted: 3",),
        source_url="https://example.org",
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "unit", "words"),
    [
        (0.10, 0.154, "ratio", "+5.4 points"),
        (0.10, 0.10, "ratio", "none"),
        (None, 0.10, "ratio", "–"),
        (7200.0, 3600.0, "seconds", "-1 h (-50 %)"),
        (3600.0, 36000.0, "seconds", "+9 h (10 times)"),
        (0.0, 2.0, "days per week", "+2.00 days per week"),
        (4.0, 5.0, "deployments per week", "+1.00 per week (+25 %)"),
    ],
)
def test_a_difference_has_its_sign_and_its_share(
    ours: float | None, theirs: float | None, unit: str, words: str
) -> None:
    assert difference_words(one(ours, theirs, unit=unit)) == words


def test_a_median_that_is_not_reached_is_no_missing_data() -> None:
    assert our_words(one(None, 60.0, unit="seconds")) == "not reached (n 120)"
    assert their_words(one(60.0, None, unit="seconds")) == "no data"


def test_an_interval_names_its_unit_once() -> None:
    rate = replace(one(0.104, None), ours=Ours(0.104, 606, 0.0822, 0.131, "ok"))
    assert our_words(rate) == "10.4 % (n 606, 8.2 to 13.1 %)"


def test_a_bar_in_a_text_does_not_end_a_cell() -> None:
    assert "counts \\| differently. Here: rollbacks counted: 3. ([source]" in report_markdown(
        [one(0.1, 0.2)], f"{date(2026, 2, 1)}"
    )
