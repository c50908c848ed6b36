"""What the numbers of causes, goals, risks and readings mean, and which rows they leave out."""

from collections.abc import Mapping

from dashboards.basis_class import Words

CAUSES: Mapping[str, Words] = {
    "incident_causes": Words(
        "Incidents by cause",
        "How many incidents a deployment probably caused, and how many not.",
        "One row an incident and service. `basis` says on what the cause rests: a person, a "
        "record, or the model's probabilities; what none of them can tell stays unsure.",
        "incident_explanations",
        ("number", "title", "attribution", "basis", "top_probability", "none_probability"),
    ),
    "service_causation": Words(
        "Incidents after deployments",
        "How much more often incidents begin within two hours after a deployment than otherwise.",
        "Incidents an hour within two hours after a deployment, divided by incidents an hour at "
        "all other times that were watched. Exact 95 % intervals; many services are compared, so "
        "chances are adjusted (Benjamini and Hochberg).",
        "service_causation",
        (
            "scope",
            "scope_id",
            "statement",
            "exposed_incident_count",
            "other_incident_count",
            "rate_ratio",
            "rate_ratio_low",
            "rate_ratio_high",
        ),
        {"too little to say": {"statement": ("too_little_data",)}},
    ),
    "failure_correlations": Words(
        "What failed deployments go along with",
        "Whether deployments of one kind fail more often than those they are compared with.",
        "Failure rate of a level against that of its reference, within the strata that are held "
        "equal, with 95 % intervals and adjusted chances. Association, not cause.",
        "failure_correlations",
        ("factor", "level", "statement", "failed_count", "n", "rate", "risk_difference"),
        {
            "others are compared with it": {"statement": ("reference",)},
            "too few deployments": {"statement": ("too_little_data",)},
        },
    ),
    "codeployment_pairs": Words(
        "Services deployed together",
        "Whether incidents are more often when two services are deployed within the same hour.",
        "Share of deployments followed by an incident together, against alone, for each pair with "
        "at least five times together.",
        "codeployment_pairs",
        ("service_id", "other_service_id", "statement", "together_count", "together_failed_count"),
        {"together less than 20 times": {"statement": ("too_little_data",)}},
    ),
    "goal_states": Words(
        "Where a goal stands",
        "Whether the number of a goal lies on its right side beyond doubt.",
        "The metric over the last 90 days and by month, with its 95 % interval. On target or off "
        "target is said only when the whole interval lies on that side.",
        "goal_states",
        ("goal_id", "grain", "period_start_date", "verdict", "value", "n", "ci_low", "ci_high"),
        {"no data in the period": {"state": ("no_data", "uncovered")}},
    ),
    "risk_evaluations": Words(
        "How good the model of risk was",
        "What the model had said of months that it had not seen, and what then failed.",
        "Each month is judged by a model fitted on the months before it only. Captured is the "
        "share of failures among the riskiest part of deployments; the Brier score is the mean "
        "squared error of the probabilities.",
        "risk_evaluations",
        ("month_start_date", "n", "failed_count", "capture_10", "brier", "base_brier"),
    ),
    "risk_coefficients": Words(
        "What the model of risk looks at",
        "How much each feature changes the odds of a failure.",
        "Odds ratio for one standard deviation more, from a regression that shrinks towards no "
        "difference; the interval is of 95 %.",
        "risk_coefficients",
        (),
        {"left out of the model": {"is_kept": (False,)}},
    ),
    "risk_scores": Words(
        "What waits, by risk",
        "How likely what waits is to fail, and how much would suffer.",
        "Likelihood and impact are those of the highest rule that applies; the model's "
        "probability is one of the rules where there is a model.",
        "risk_scores",
        ("subject_kind", "number", "title", "risk", "likelihood", "impact", "probability"),
    ),
    "coverage_figures": Words(
        "Coverage",
        "How much of what was read can be used.",
        "Rows that can be used, of all rows that were read; each figure names what it divides.",
        "coverage_figures",
        ("figure", "source", "numerator", "denominator", "ratio", "reason"),
        {"nothing to divide": {"denominator": (0, None)}},
    ),
    "source_health": Words(
        "Rows read",
        "Whether all that was read is accounted for.",
        "Rows read are loaded, duplicates or quarantined; the three add up to what was read.",
        "source_health",
        ("source", "stream", "read_count", "loaded_count", "duplicate_count", "quarantined_count"),
    ),
}
