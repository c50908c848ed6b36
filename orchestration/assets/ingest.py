"""Ingest: one asset per kind of source, all read in one step."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import dagster as dg

from connectors import discover
from orchestration.assets import OWNERS
from orchestration.assets.workplace import Workplace
from orchestration.lake import CATALOGUE_SOURCE
from orchestration.run import sync_sources
from orchestration.sample import read_sample
from orchestration.sync import StreamReport

KINDS = (*sorted(discover()), CATALOGUE_SOURCE)
OVER_HTTP = {
    kind for kind, module in discover().items() if "base_url" in module.Config.model_fields
}
COMPLETE = "read_to_its_end"


def lake_key(kind: str) -> dg.AssetKey:
    """Return the key of the raw pages of one kind of source."""
    return dg.AssetKey(["lake", kind])


@dg.multi_asset(
    name="sync_sources",
    specs=[
        dg.AssetSpec(
            lake_key(kind),
            description=f"Raw pages of {kind}, as received; append-only.",
            group_name="ingest",
            owners=OWNERS,
            kinds={"http" if kind in OVER_HTTP else "file"},
        )
        for kind in KINDS
    ],
    check_specs=[
        dg.AssetCheckSpec(
            COMPLETE, asset=lake_key(kind), description="Every stream was read to its end."
        )
        for kind in KINDS
    ],
)
def ingest(workplace: Workplace) -> Iterator[dg.MaterializeResult[None]]:
    """Read every configured source into the lake."""
    context = workplace.context
    streams: Sequence[StreamReport] = ()
    if read_sample(context.home) is None:
        streams = sync_sources(context, settings=workplace.read_settings()).streams
    watermark = context.clock()
    for kind in KINDS:
        yield _result(kind, [one for one in streams if one.kind == kind], watermark=watermark)


def _result(
    kind: str, streams: Sequence[StreamReport], *, watermark: datetime
) -> dg.MaterializeResult[None]:
    failed = [one for one in streams if one.status != "complete"]
    told = "; ".join(f"{one.source} {one.stream}: {one.error or one.status}" for one in failed)
    return dg.MaterializeResult(
        asset_key=lake_key(kind),
        metadata={
            "rows": sum(one.rows for one in streams),
            "pages": sum(one.pages for one in streams),
            "quarantined": sum(one.quarantined for one in streams),
            "calls": sum(one.calls for one in streams),
            "bytes": sum(one.bytes for one in streams),
            "watermark": dg.MetadataValue.timestamp(watermark),
            "sources": ", ".join(sorted({one.source for one in streams})) or "none configured",
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=COMPLETE,
                asset_key=lake_key(kind),
                passed=not failed,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"incomplete": told or "none"},
            )
        ],
    )
