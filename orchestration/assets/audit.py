"""Audit: every suite as an asset check that keeps a failing build from being published."""

from collections.abc import Iterator, Sequence

import dagster as dg

from orchestration.assets.workplace import Workplace
from orchestration.audit import AuditResult, Suite, read_suites
from orchestration.run import evaluate_candidate


def make_audit(models: dg.AssetsDefinition) -> dg.AssetChecksDefinition:
    """Return one blocking check per suite, on the model that it is about."""
    known = {key.path[-1]: key for key in models.keys}
    suites = {suite.name: suite for suite in read_suites()}
    keys = {name: known[_table(suite)] for name, suite in suites.items() if _table(suite) in known}

    @dg.multi_asset_check(
        name="audit",
        specs=[
            dg.AssetCheckSpec(
                f"audit_{name}",
                asset=key,
                blocking=True,
                description=f"{len(suites[name].expectations)} expectations in SQL.",
            )
            for name, key in keys.items()
        ],
        can_subset=True,
    )
    def audit(
        context: dg.AssetCheckExecutionContext, workplace: Workplace
    ) -> Iterator[dg.AssetCheckResult]:
        results = evaluate_candidate(workplace.context)
        for key in sorted(context.selected_asset_check_keys):
            name = key.name.removeprefix("audit_")
            yield _result(key, [one for one in results if one.suite == name])

    return audit


def _table(suite: Suite) -> str:
    return suite.table or "metric_definitions"


def _result(key: dg.AssetCheckKey, results: Sequence[AuditResult]) -> dg.AssetCheckResult:
    if not results:
        raise dg.Failure(description=f"{key.name} gave no result", allow_retries=False)
    failed = [one for one in results if not one.is_success]
    blocked = any(one.is_blocking for one in failed)
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if blocked else dg.AssetCheckSeverity.WARN,
        metadata={
            "expectations": len(results),
            "failed": "; ".join(f"{one.expected} ({one.observed})" for one in failed) or "none",
        },
    )
