"""What the numbers of controls, reviews, calendars and evidence mean, and what they leave out."""

from collections.abc import Mapping

from dashboards.basis_class import Reasons, Words

NOT_BOUND: Reasons = {"not applicable: the control does not bind it": {
    "verdict": ("not_applicable",)}}  # fmt: skip
_NEVER_PASS = (
    "What has no data or is inconclusive stays in the whole and never counts as a pass; what an "
    "exemption lifts is counted as exempt, and its own verdict stays beside it. Intervals are "
    "Wilson's, 95 %."
)

CONTROLS: Mapping[str, Words] = {
    "control_results": Words(
        "Results of a control",
        "Everything the control looked at in this time, with its verdict and the reason.",
        f"One row a subject. The share divides the subjects with a verdict by all that the control "
        f"binds. {_NEVER_PASS}",
        "control_results",
        ("control_id", "subject_id", "verdict", "reason", "underlying_verdict", "exemption_id"),
        NOT_BOUND,
    ),
    "control_matrix": Words(
        "Cells of the matrix",
        "How each control came out in each period.",
        f"One row a control and period: how many subjects have which verdict. The word of a cell "
        f"is its worst verdict, and its share the passes of all that the control binds. "
        f"{_NEVER_PASS}",
        "control_matrix",
        ("control_id", "period_start_date", "verdict", "n", "pass_count", "fail_count"),
        {"the control bound nothing in the period": {"n": (0, None)}},
    ),
    "gate_rules": Words(
        "Verdict of the gate",
        "Whether the artifact may be deployed now, by every control that a gate asks.",
        "The worst verdict of the required controls; advisory ones can only warn. A required one "
        "without data, or a source that was read too late, keeps the gate shut. Each rule's "
        "measured value and limit stand in its row; its evidence leads to the rows behind it.",
        "control_definitions",
        ("control_id", "title", "gate", "severity"),
        {"no gate asks it": {"gate": ("none",)}},
    ),
    "population": Words(
        "Both ends of the population",
        "Whether everything that happened has a record, and every record something that happened.",
        "One row a month, direction and outcome. The outcomes of a direction add up to "
        "`listed_count`; `total_count` is the population, counted on its own.",
        "change_reconciliation",
        ("direction", "period_start_date", "outcome", "item_count", "total_count"),
    ),
    "ingest_runs": Words(
        "What was read",
        "Every reading of a source, whole or not.",
        "Rows and pages as they came; `reported_total` is how many the source said it has.",
        "ingest_runs",
        ("source", "stream", "status", "row_count", "reported_total"),
        {"the reading did not end well": {"status": ("failed", "incomplete")}},
    ),
    "configuration_items": Words(
        "The CMDB against discovery",
        "How far what is declared is what runs.",
        "Items that were declared and discovered with the same attributes, of all that were "
        "declared or discovered.",
        "cmdb_reconciliation",
        ("outcome", "item_name", "class_name", "service_id", "is_stale"),
    ),
    "toxic_holders": Words(
        "Pairs of rights that two should hold",
        "Who holds both rights of a pair that the policy keeps apart.",
        "One row a person and pair, from when to when both were held.",
        "toxic_holders",
        ("person_id", "pair_words", "held_from_at", "held_to_at"),
        {"no longer held": {"is_current": (False,)}},
    ),
    "reviews": Words(
        "Reviews that came in time",
        "Whether what failed or was urgent was looked at afterwards, soon enough.",
        "Reviews that were held and published in time, of those that were due. Overdue ones are "
        "failures; what is not due yet counts in neither.",
        "post_implementation_reviews",
        ("subject_id", "state", "due_at", "held_at", "published_at"),
        {"not due yet": {"state": ("open",)}},
    ),
    "review_actions": Words(
        "Actions of reviews",
        "How fast what reviews decided gets done.",
        "The median is by Kaplan and Meier: an action that is still open counts as lasting at "
        "least until now. In time is closed within the days that the policy allows; of that share "
        "the interval is Wilson's, 95 %.",
        "review_actions",
        ("title", "service_id", "is_open", "is_overdue", "is_closed_in_time", "due_at"),
        {"not judged yet: it still has time": {"is_closed_in_time": (None,)}},
    ),
    "repeat_causes": Words(
        "Causes that came back",
        "Incidents with a cause against which a review had decided actions that were still open.",
        "One row an incident and review with the same code of cause.",
        "repeat_causes",
        ("number", "title", "cause_code", "open_action_count"),
    ),
    "planned_conflicts": Words(
        "Planned into a window",
        "Change requests whose planned time meets a freeze, a maintenance or a vendor's window.",
        "One row a change request and window that its planned time overlaps.",
        "planned_conflicts",
        ("number", "title", "conflict", "window_title", "planned_start_at", "planned_end_at"),
    ),
    "vendor_acknowledgements": Words(
        "What vendors have to know of",
        "Whether the vendors that a planned change needs said in time that they know of it.",
        "One row a planned change request and vendor with a known contact. Missing is what is "
        "overdue, or was acknowledged for another start only; what still has time is not missing.",
        "vendor_acknowledgements",
        ("number", "title", "vendor_name", "status", "due_date", "acknowledged_at"),
    ),
    "freeze_costs": Words(
        "What freezes cost",
        "How much merged work waited inside freezes.",
        "Days that each merged change waited inside a freeze before it was deployed, added up; a "
        "total, so it has no interval.",
        "freeze_costs",
        ("title", "service_id", "change_count", "item_days", "frozen_days"),
        {"no change waited": {"change_count": (0, None)}},
    ),
    "evidence_packages": Words(
        "How complete a package is",
        "For how many of the places that the controls of a package name there is evidence.",
        "Places with evidence, of all places; what is missing is named in the package.",
        "evidence_packages",
        ("release_version", "service_id", "filled_count", "required_count", "missing_count"),
    ),
    "evidence_package_controls": Words(
        "How complete each control is",
        "For how many of the places of each control the package holds evidence.",
        "Places with evidence, of all places of the control; verdicts are those of the build.",
        "evidence_package_controls",
        ("title", "filled_count", "required_count", "fail_count", "unproven_count"),
        {"the control needs no evidence here": {"required_count": (0, None)}},
    ),
}
