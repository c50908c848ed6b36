"""Models: the dbt project as assets, its tests as blocking checks, run in this process.

The events come from dagster-dbt's own conversion; only its second interpreter is avoided.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtProject,
    dbt_assets,
)
from dagster_dbt.asset_utils import get_updated_cli_invocation_params_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage
from dagster_dbt.dbt_manifest import validate_manifest
from google.protobuf.json_format import MessageToDict

from orchestration.assets import OWNERS
from orchestration.assets.ingest import lake_key
from orchestration.assets.workplace import Workplace
from orchestration.dbt import DbtEvent, run_dbt
from orchestration.errors import NotPublished
from orchestration.keys import pseudonym_key
from orchestration.run import build_candidate
from orchestration.settings import process_environment, read_environment
from orchestration.versions import TRANSFORMS, project_files
from orchestration.warehouse import row_counts, warehouse
from transforms.home import Home

RESULTS = frozenset({"LogSeedResult", "LogModelResult", "LogSnapshotResult", "LogTestResult"})


class Translator(DagsterDbtTranslator):
    """Says under which key, in which group and after which raw pages a dbt node appears."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Return `schema/name`; the bookkeeping tables are `raw/name`."""
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey(["raw", dbt_resource_props["name"]])
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Return the layer: staging, intermediate, canonical, facts, metrics, quality."""
        path = dbt_resource_props["fqn"]
        return str(path[1]) if len(path) > 2 else "models"

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """Return the node's asset; a staging model comes after the raw pages of its source."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = {**manifest["nodes"], **manifest["sources"]}.get(unique_id, {})
        path = node.get("fqn", [])
        deps = [*spec.deps]
        if len(path) > 3 and path[1] == "staging":
            deps.append(dg.AssetDep(lake_key(str(path[2]))))
        return spec.replace_attributes(owners=OWNERS, deps=deps)


def open_project(home: Home) -> DbtProject:
    """Return the dbt project with a manifest that is as new as its files.

    Errors: BuildFailed when the project cannot be parsed.
    """
    target = home.work / "dbt"
    ensure_manifest(home, target=target)
    return DbtProject(project_dir=TRANSFORMS, profiles_dir=TRANSFORMS, target_path=target)


def ensure_manifest(home: Home, *, target: Path) -> None:
    """Parse the project again when any of its files is newer than the manifest."""
    manifest = target / "manifest.json"
    files = project_files()
    folders = {file.parent for file in files}
    newest = max(path.stat().st_mtime for path in [*files, *folders])
    if manifest.exists() and manifest.stat().st_mtime > newest:
        return
    with process_environment(
        home, lake=home.lake, key=pseudonym_key(home, environment=read_environment())
    ):
        run_dbt("parse", target=target)


def make_models(project: DbtProject) -> dg.AssetsDefinition:
    """Return the dbt project as assets."""
    translator = Translator(
        settings=DagsterDbtTranslatorSettings(
            enable_asset_checks=True, enable_source_tests_as_checks=True
        )
    )

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        dagster_dbt_translator=translator,
        name="dbt_models",
    )
    def dbt_models(context: dg.AssetExecutionContext, workplace: Workplace) -> Iterator[Any]:
        manifest = validate_manifest(project.manifest_path)
        seen: list[dict[str, Any]] = []

        def keep(event: DbtEvent) -> None:
            if event.info.name in RESULTS:
                seen.append(MessageToDict(event, preserving_proto_field_name=True))  # type: ignore[arg-type]

        problem: NotPublished | None = None
        try:
            build_candidate(
                workplace.context,
                arguments=_selection(context, manifest, translator),
                callback=keep,
            )
        except NotPublished as exc:
            problem = exc
        rows = _row_counts(workplace)
        for raw in seen:
            for event in DbtCoreCliEventMessage(
                raw_event=raw, event_history_metadata={}
            ).to_default_asset_events(
                manifest=manifest,
                dagster_dbt_translator=translator,
                context=context,
                target_path=project.project_dir / project.target_path,
                project=project,
            ):
                yield _with_rows(event, rows)
        if problem is not None:
            raise dg.Failure(description=str(problem), allow_retries=False) from problem
        if not seen:
            raise dg.Failure(description="dbt gave no result events", allow_retries=False)

    return dbt_models


def _selection(
    context: dg.AssetExecutionContext, manifest: Mapping[str, Any], translator: Translator
) -> Sequence[str]:
    """Return dbt's arguments for a run of some of the assets; none for a run of all."""
    if not context.is_subset:
        return ()
    found = get_updated_cli_invocation_params_for_context(context, manifest, translator)
    how = found.indirect_selection
    return [*found.selection_args, *(["--indirect-selection", how] if how else [])]


def _row_counts(workplace: Workplace) -> dict[str, int]:
    file = workplace.context.home.warehouse_file
    if not file.exists():
        return {}
    with warehouse(file) as connection:
        return row_counts(connection)


def _with_rows(event: object, rows: Mapping[str, int]) -> object:
    """Return dbt's event with the number of rows of its table, if it is a published one."""
    if not isinstance(event, dg.Output):
        return event
    name = event.output_name.rsplit("__", maxsplit=1)[-1]
    if name not in rows:
        return event
    return event.with_metadata({**event.metadata, "rows": dg.MetadataValue.int(rows[name])})
