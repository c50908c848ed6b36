"""What is asked of Azure DevOps and Jenkins, and read of their replies, is what they describe."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import yaml
from openapi_schema_validator import OAS30Validator
from pydantic import SecretStr

from connectors import azure_devops, jenkins
from tests.conformance.recorded import replies
from tests.connectors.ci_servers import FakeAzure
from tests.connectors.fakes import next_cursor, read

Spec = Mapping[str, Any]
STAGING = Path(__file__).parents[2] / "transforms" / "models" / "staging"
# The description asks for the id of a timeline that the interface does without.
TIMELINE = "/build/builds/{buildId}/timeline/{timelineId}"


@pytest.fixture(scope="module")
def builds(conformance: Path) -> Spec:
    return _spec(conformance / "contracts" / "azure_devops_build.json")


@pytest.fixture(scope="module")
def releases(conformance: Path) -> Spec:
    return _spec(conformance / "contracts" / "azure_devops_release.json")


def _spec(path: Path) -> Spec:
    found: Spec = json.loads(path.read_text(encoding="utf-8-sig"))
    return found


def _problems(spec: Spec, request: httpx.Request) -> Iterator[str]:
    """Yield what a description (Swagger 2.0) has against a request."""
    path = request.url.path.replace("/timeline", f"/timeline/{'0' * 32}")
    templates = {
        template: re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template)) + "$")
        for template in spec["paths"]
    }
    template = next((one for one, pattern in templates.items() if pattern.match(path)), None)
    if template is None:
        yield f"{path} is not documented"
        return
    stated = spec["paths"][template]["get"]["parameters"]
    named = [
        spec["parameters"][one["$ref"].split("/")[-1]] if "$ref" in one else one for one in stated
    ]
    known = {one["name"]: one for one in named if one["in"] == "query"}
    for name, (value,) in parse_qs(request.url.query.decode()).items():
        if name not in known:
            yield f"{template} has no parameter {name}"
        elif value not in known[name].get("enum", [value]):
            yield f"{name} of {template} may not be {value}"
        elif known[name]["type"] == "integer" and not value.isdecimal():
            yield f"{name} of {template} is no number: {value}"


@pytest.mark.parametrize("area", ["services", "releases"])
def test_every_request_for_builds_and_releases_is_a_documented_one(
    area: Any, builds: Spec, releases: Spec
) -> None:
    moment = "2026-11-20T09:00:00.1234567Z"
    rows = [
        {"id": number, "status": "completed", "queueTime": moment, "startTime": moment}
        | {"finishTime": moment, "lastModifiedOn": moment}
        for number in range(1, 4)
    ]
    fake = FakeAzure(builds=rows, release_deployments=rows, page_size=2)
    fake.timelines = {str(number): [] for number in range(1, 4)}
    config = azure_devops.Config(
        organisation="acme", token=SecretStr("t"), projects=("shop",), area=area
    )
    connector = azure_devops.connect(config, name="azure")
    stream = "builds" if area == "services" else "release_deployments"
    cursor = next_cursor(connector, stream, read(connector, stream, fake))
    read(connector, stream, fake, cursor=cursor)
    spec = builds if area == "services" else releases
    assert len(fake.requests) > 3
    # The token of a release is a number in reality, a word of the fake's own here.
    asked = [one.url.copy_remove_param("continuationToken") for one in fake.requests]
    assert [
        problem for url in asked for problem in _problems(spec, httpx.Request("GET", url))
    ] == []


@pytest.mark.parametrize(
    ("definition", "table"), [("Build", "builds"), ("TimelineRecord", "timeline_records")]
)
def test_recorded_replies_break_the_description_by_nothing_but_null(
    definition: str, table: str, builds: Spec, conformance: Path
) -> None:
    folder = conformance / "data" / "payloads" / "azuredevops_go" / "e2e"
    schema = {"$ref": f"#/definitions/{definition}", "definitions": builds["definitions"]}
    recorded = replies(folder, f"_raw_azuredevops_go_api_{table}")
    validator = OAS30Validator(schema)
    broken = [error for row in recorded for error in validator.iter_errors(row.data)]
    assert recorded
    assert [error.message for error in broken if error.instance is not None] == []


@pytest.mark.parametrize(
    ("definition", "model"),
    [
        ("Build", "builds"),
        ("TimelineRecord", "timeline_records"),
        ("Deployment", "release_deployments"),
    ],
)
def test_every_field_that_is_read_is_described(
    definition: str, model: str, builds: Spec, releases: Spec
) -> None:
    spec = releases if definition == "Deployment" else builds
    sql = (STAGING / "azure_devops" / f"stg_azure_devops__{model}.sql").read_text(encoding="utf-8")
    fields = set(re.findall(r'": "\$\.([\w.]+)"', sql)) - {"build_id", "project"}
    assert len(fields) > 8
    unknown = {
        field
        for field in fields
        if not _is_described(spec, spec["definitions"][definition], field.split("."))
    }
    # The list of builds names the repository too, where it knows it.
    assert unknown <= {"repository.name"}


def _is_described(spec: Spec, schema: Spec, path: list[str]) -> bool:
    if "$ref" in schema:
        schema = spec["definitions"][schema["$ref"].split("/")[-1]]
    described = {**schema.get("properties", {})}
    for part in schema.get("allOf", ()):
        described |= spec["definitions"][part["$ref"].split("/")[-1]].get("properties", {})
    if not path or path[0] == "_links":
        return True
    return path[0] in described and _is_described(spec, described[path[0]], path[1:])


def test_every_field_asked_of_a_build_of_jenkins_is_described(conformance: Path) -> None:
    spec = yaml.safe_load(
        (conformance / "contracts" / "jenkins_community.yaml").read_text(encoding="utf-8")
    )
    assert "/job/{name}/api/json" in spec["paths"]
    asked = jenkins.BUILD
    while "[" in asked:
        asked = re.sub(r"\[[^\[\]]*\]", "", asked)
    described = set(spec["components"]["schemas"]["FreeStyleBuild"]["properties"])
    # Pipelines have several lists of changes; the description knows freestyle jobs only.
    assert set(asked.split(",")) - described == {"changeSets"}
