"""Publish: the audited build becomes what everybody sees."""

from collections.abc import Iterable
from datetime import timedelta

import dagster as dg

from orchestration.assets import OWNERS
from orchestration.assets.workplace import Workplace
from orchestration.run import publish_candidate


def make_publish(models: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """Return the asset that comes after every published model and its checks."""

    @dg.asset(
        key=["published", "current"],
        deps=_published(models.keys),
        group_name="publish",
        owners=OWNERS,
        kinds={"duckdb"},
        description="The newest audited build, to which `current` points; readers see only this.",
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36)),
    )
    def published(workplace: Workplace) -> dg.MaterializeResult[None]:
        publication = publish_candidate(workplace.context)
        manifest = publication.manifest
        return dg.MaterializeResult(
            metadata={
                "build": manifest.build_id,
                "as_of": manifest.as_of,
                "rows": sum(manifest.tables.values()),
                "tables": len(manifest.tables),
                "fingerprint": manifest.fingerprint,
                "is_new": publication.is_new,
                "warnings": manifest.audit.get("warned", 0),
            }
        )

    return published


def _published(keys: Iterable[dg.AssetKey]) -> list[dg.AssetKey]:
    return sorted(key for key in keys if key.path[0] == "v1")
