"""What the numbers of pipelines and flaky tests mean, and which rows they leave out."""

from collections.abc import Mapping

from dashboards.basis_class import Reasons, Words

_MONTHS = (
    "Counts of the months that the period touches are added up, and only then divided. Intervals "
    "are Wilson's, 95 %."
)
_PIPELINES = ("repository", "workflow", "month_start_date")


def _pipeline(title: str, meaning: str, formula: str, *columns: str, without: str = "") -> Words:
    left_out: Reasons = {without: {columns[-1]: (0, None)}} if without else {}
    return Words(
        title, meaning, f"{formula} {_MONTHS}", "pipeline_resilience", (*_PIPELINES, *columns),
        left_out,
    )  # fmt: skip


PIPELINES: Mapping[str, Words] = {
    "stage_failures": _pipeline(
        "Stages that failed",
        "How often a job of a pipeline ends badly, whatever the reason.",
        "Runs of stages that failed or ran out of time, of those that passed or failed; cancelled "
        "and skipped ones are none.",
        "failed_stage_count", "stage_run_count", without="no stage ran in the month",
    ),
    "salvage_rate": _pipeline(
        "Failures that a rerun mended",
        "How many failures were none of the code: the same stage passed later at the same commit.",
        "Failed stages whose stage passed later at the same commit, of all failed stages. A rerun "
        "on a new commit mends nothing here.",
        "salvaged_stage_count", "failed_stage_count", without="no stage failed in the month",
    ),
    "selective_reruns": _pipeline(
        "Reruns of failed stages only",
        "How many reruns spared what had already passed.",
        "Attempts after the first that ran no stage again that had passed, of all attempts after "
        "the first.",
        "selective_rerun_count", "rerun_count", without="nothing was run again in the month",
    ),
    "flake_run_rate": _pipeline(
        "Test results that were flakes",
        "How often a test fails although nothing is wrong with the code.",
        "Failures of a test that also passed at the same commit, of all results of tests; skipped "
        "ones are none.",
        "flaky_failure_count", "test_result_count", without="no test result in the month",
    ),
    "wasted_time": _pipeline(
        "Time that went to waste",
        "Time of machines that taught nobody anything.",
        "Minutes of failed stages that the same code passed later, and of stages run again that "
        "had passed. A total, so it has no interval.",
        "wasted_minutes", "stage_run_count", without="no stage ran in the month",
    ),
    "flaky_tests": Words(
        "Flaky tests",
        "Tests that both passed and failed at one commit. What counts is how many commits saw it "
        "lately; an old flake that was mended is only history.",
        "One row a test. `quarantine` where enough commits of the last days saw it, `watch` on "
        "fewer, `settled` on none. The rate is its flaky failures of all its results, with "
        "Wilson's interval, 95 %.",
        "flaky_tests",
        ("test_name", "service_id", "advice", "recent_flaky_commit_count", "flaky_commit_count"),
        {"settled: on no commit lately": {"advice": ("settled",)}},
    ),
}  # fmt: skip
