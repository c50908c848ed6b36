"""Turn Trivy's and k6's JSON into findings and measures; pure functions on parsed JSON.

Formats: https://trivy.dev/latest/docs/configuration/reporting (JSON, SchemaVersion 2) and
https://grafana.com/docs/k6/latest/results-output/end-of-test/custom-summary, read November 2026.
What a secret scanner matched is never passed on. k6's older --summary-export says of a threshold
whether it was crossed, handleSummary whether it was kept.
"""

from typing import Any

from connectors._document import (
    Document,
    Row,
    finding,
    measure,
    number_repeats,
    repository_of,
    stated_instant,
)

Json = dict[str, Any]
UNITS = {"time": "ms", "data": "bytes"}
BASE_NAME = "org.opencontainers.image.base.name"
LISTS = ("Vulnerabilities", "Misconfigurations", "Secrets", "Licenses")


def decode_trivy(data: Json) -> Document:
    """Return the findings of a Trivy report; what an ignore file or VEX took out is dismissed."""
    rows: list[Row] = []
    about = data.get("Metadata") or {}
    base = _base_of(about.get("ImageConfig") or {})
    for result in data.get("Results") or ():
        for listed in LISTS:
            rows += [
                _trivy_finding(one, listed, result, base=base)
                for one in result.get(listed) or ()
                if one.get("Status") != "PASS"
            ]
        for change in result.get("ExperimentalModifiedFindings") or ():
            listed = LISTS[_kind_of(change.get("Type"))]
            rows.append(
                _trivy_finding(
                    change.get("Finding") or {}, listed, result, base=base, state="dismissed",
                    justification=change.get("Statement") or change.get("Status"),
                )
            )  # fmt: skip
    digests = [str(one).rpartition("@")[2] for one in about.get("RepoDigests") or ()]
    is_repository = data.get("ArtifactType") == "repository"
    address = about.get("RepoURL") or (data.get("ArtifactName") if is_repository else None)
    return Document(
        format="trivy",
        tool="trivy",
        created_at=stated_instant(data.get("CreatedAt")),
        links={
            "artifact_digest": digests[0] if digests else about.get("ImageID"),
            "repository": repository_of(address),
            "commit_sha": about.get("Commit"),
            "branch": about.get("Branch"),
        },
        rows={"findings": number_repeats(rows, key="finding_key")},
    )


def _kind_of(name: object) -> int:
    kinds = ("vulnerability", "misconfiguration", "secret", "license")
    return kinds.index(str(name)) if name in kinds else 0


def _base_of(image: Json) -> tuple[str | None, str | None]:
    """Return the name of the image that one was built on, and the layer that is surely its own.

    Where the labels name a base image at all, the lowest layer is of it; of the layers above, an
    image does not say which are.
    """
    labels = (image.get("config") or {}).get("Labels") or {}
    layers = (image.get("rootfs") or {}).get("diff_ids") or []
    return labels.get(BASE_NAME), layers[0] if layers else None


def _trivy_finding(
    one: Json,
    listed: str,
    result: Json,
    *,
    base: tuple[str | None, str | None],
    state: str = "open",
    justification: str | None = None,
) -> Row:
    target = result.get("Target")
    layer = one.get("Layer") or {}
    base_image, lowest = base
    shared: Row = {
        "tool": "trivy",
        "title": one.get("Title"),
        "severity": str(one["Severity"]).lower() if one.get("Severity") else None,
        "source_url": one.get("PrimaryURL") or one.get("Link"),
        "state": state,
        "justification": justification,
        "layer_digests": [layer[key] for key in ("DiffID", "Digest") if layer.get(key)] or None,
        "base_image": base_image if lowest and layer.get("DiffID") == lowest else None,
    }
    if listed == "Vulnerabilities":
        number = one["VulnerabilityID"]
        path = one.get("PkgPath") or target
        return finding(
            number,
            one.get("PkgName"),
            path if result.get("Class") != "os-pkgs" else None,
            one.get("InstalledVersion"),
            category="dependency",
            rule_id=number,
            cvss_score=_cvss(one.get("CVSS") or {}),
            cve_id=number if number.startswith("CVE-") else None,
            package_name=one.get("PkgName"),
            package_version=one.get("InstalledVersion"),
            fixed_version=one.get("FixedVersion") or None,
            file_path=path,
            **shared,
        )
    if listed == "Licenses":
        shared["title"] = f"{one.get('Name')} ({one.get('Category')})"
        return finding(
            one.get("Name"),
            one.get("PkgName"),
            one.get("FilePath") or target,
            category="licence",
            rule_id=one.get("Name"),
            package_name=one.get("PkgName") or None,
            file_path=one.get("FilePath") or target,
            **shared,
        )
    is_secret = listed == "Secrets"
    rule = one["RuleID"] if is_secret else one.get("AVDID") or one["ID"]
    cause = one if is_secret else one.get("CauseMetadata") or {}
    return finding(
        rule,
        target,
        None if is_secret else cause.get("Resource"),
        category="secret" if is_secret else "misconfiguration",
        rule_id=rule,
        file_path=target,
        line_number=cause.get("StartLine") or None,
        **shared,
    )


def _cvss(stated: Json) -> float | None:
    """Return the highest score that any vendor gives: of the newest version that it gives."""
    newest = [
        next((one[name] for name in ("V40Score", "V3Score", "V2Score") if one.get(name)), None)
        for one in stated.values()
    ]
    return max((float(score) for score in newest if score is not None), default=None)


def decode_k6(data: Json) -> Document:
    """Return one measure per value of each metric, with the verdict of the thresholds on it."""
    rows = [
        row for name in sorted(data["metrics"]) for row in _k6_rows(name, data["metrics"][name])
    ]
    return Document(format="k6", tool="k6", rows={"quality_measures": rows})


def _k6_rows(name: str, metric: Json) -> list[Row]:
    is_export = "values" not in metric
    values: Json = {
        key: value
        for key, value in (metric if is_export else metric["values"]).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    verdicts: dict[str, list[tuple[str, bool]]] = {}
    for threshold, said in (metric.get("thresholds") or {}).items():
        was_kept = said["ok"] if isinstance(said, dict) else not said
        verdicts.setdefault(_stat_of(threshold), []).append((threshold, bool(was_kept)))
    unit = UNITS.get(str(metric.get("contains")), "")
    return [
        measure(
            f"{name}.{stat}",
            values.get(stat),
            unit="ratio" if stat == "rate" and metric.get("type") == "rate" else unit,
            verdict=_verdict(verdicts.get(stat)),
            threshold=" and ".join(text for text, _ in verdicts.get(stat) or ()) or None,
        )
        for stat in [*values, *(stat for stat in verdicts if stat not in values)]
    ]


def _stat_of(threshold: str) -> str:
    """Return what a threshold is about: "p(95)" of "p(95) < 500"."""
    for place, letter in enumerate(threshold):
        if letter in "<>=!":
            return threshold[:place].strip()
    return threshold.strip()


def _verdict(said: list[tuple[str, bool]] | None) -> str | None:
    if not said:
        return None
    return "pass" if all(was_kept for _, was_kept in said) else "fail"
