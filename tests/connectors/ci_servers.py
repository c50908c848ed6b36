"""Servers of pipelines that are functions: they page, filter and refuse as the real ones do."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx

from tests.connectors.fakes import json_reply

Row = dict[str, Any]


def query_of(request: httpx.Request) -> dict[str, str]:
    """Return the request's parameters, the last of those that come twice."""
    return {name: values[-1] for name, values in parse_qs(request.url.query.decode()).items()}


class FakeJenkins:
    """Jobs in folders, their builds by number, and the stages of each build."""

    def __init__(
        self, builds: Mapping[str, list[Row]], stages: Mapping[str, list[Row]] | None = None
    ) -> None:
        self.builds = dict(builds)
        self.stages = dict(stages or {})
        self.asked: list[str] = []
        self.refused: set[str] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        # The path is decoded once by the server; a name keeps what it escapes itself.
        path = unquote(request.url.raw_path.decode().split("?")[0])
        tree = query_of(request).get("tree", "")
        self.asked.append(f"{path} {tree.split('[')[0]}{(re.findall(r'{.*}', tree) or [''])[0]}")
        found = re.fullmatch(r"((?:/job/[^/]+)*)(?:/(\d+))?/(api/json|wfapi/describe)", path)
        assert found is not None, path
        name = "/".join(re.findall(r"/job/([^/]+)", found.group(1)))
        if name in self.refused:
            return httpx.Response(403)
        if found.group(3) == "wfapi/describe":
            stages = self.stages.get(f"{name}#{found.group(2)}")
            return httpx.Response(404) if stages is None else json_reply({"stages": stages})
        if found.group(2):
            wanted = [one for one in self.builds[name] if one["number"] == int(found.group(2))]
            return json_reply(wanted[0]) if wanted else httpx.Response(404)
        if tree.startswith("jobs"):
            return json_reply(self._listing(name))
        first, last = (int(text) for text in re.findall(r"\{(\d+),(\d+)\}", tree)[0])
        listed = sorted(self.builds[name], key=lambda one: -int(one["number"]))
        return json_reply({"_class": "Job", "allBuilds": listed[first:last]})

    def _listing(self, name: str) -> Row:
        if name in self.builds:
            return {"_class": "hudson.model.FreeStyleProject"}
        below = f"{name}/" if name else ""
        listed = {
            (below + job.removeprefix(below).split("/")[0])
            for job in self.builds
            if job.startswith(below)
        }
        return {
            "_class": "com.cloudbees.hudson.plugins.folder.Folder",
            "jobs": [
                {
                    "_class": "hudson.model.FreeStyleProject"
                    if one in self.builds
                    else "com.cloudbees.hudson.plugins.folder.Folder",
                    "fullName": one,
                }
                for one in sorted(listed)
            ],
        }


class FakeCircle:
    """Pipelines newest first by page token; their workflows; the jobs of these."""

    page_size = 20

    def __init__(
        self,
        pipelines: Mapping[str, list[Row]],
        workflows: Mapping[str, list[Row]] | None = None,
        jobs: Mapping[str, list[Row]] | None = None,
    ) -> None:
        self.pipelines = {slug: list(rows) for slug, rows in pipelines.items()}
        self.workflows = dict(workflows or {})
        self.jobs = dict(jobs or {})
        self.asked: list[str] = []
        self.forgotten: set[str] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = unquote(request.url.raw_path.decode().split("?")[0]).removeprefix("/api/v2")
        token = query_of(request).get("page-token", "")
        self.asked.append(f"{path} {token}".strip())
        if token in self.forgotten:
            return json_reply({"message": "Not Found"}, 404)
        kind, name, leaf = re.fullmatch(r"/(project|pipeline|workflow)/(.+)/(\w+)", path).groups()  # type: ignore[union-attr]
        if kind == "project" and name not in self.pipelines:
            return json_reply({"message": "Project not found"}, 404)
        if kind == "project":
            rows = sorted(self.pipelines[name], key=lambda one: one["created_at"], reverse=True)
        else:
            rows = {"workflow": self.workflows, "job": self.jobs}[leaf].get(name, [])
        first = int(token.removeprefix("token-") or 0)
        last = first + self.page_size
        further = f"token-{last}" if last < len(rows) else None
        return json_reply({"items": rows[first:last], "next_page_token": further})


class FakeBitbucket:
    """One workspace: lists by page number, with a next link except for those of pipelines."""

    def __init__(
        self, repository: str = "acme/pay", *, page_size: int = 100, **lists: list[Row]
    ) -> None:
        self.repository = repository
        self.page_size = page_size
        self.lists = dict(lists)
        self.steps: dict[str, list[Row]] = {}
        self.commits: dict[str, list[Row]] = {}
        self.asked: list[str] = []
        self.queries: list[dict[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = unquote(request.url.raw_path.decode().split("?")[0]).removeprefix("/2.0")
        query = query_of(request)
        self.queries.append(query)
        workspace = self.repository.split("/")[0]
        if path == f"/repositories/{workspace}":
            return self._page(request, [{"full_name": self.repository}])
        rest = path.removeprefix(f"/repositories/{self.repository}/")
        self.asked.append(f"{rest} {query.get('page', '1')}")
        if found := re.fullmatch(r"pullrequests/(\d+)/commits", rest):
            return self._page(request, self.commits.get(found.group(1), []))
        if found := re.fullmatch(r"pipelines/({.*})/steps/", rest):
            return self._page(request, self.steps.get(found.group(1), []), is_linked=False)
        if found := re.fullmatch(r"pipelines/({.*})", rest):
            wanted = [one for one in self.lists["pipelines"] if one["uuid"] == found.group(1)]
            return json_reply(wanted[0]) if wanted else httpx.Response(404)
        if rest == "pullrequests":
            return self._page(request, self._pulls(query))
        name = rest.strip("/")
        if name not in ("pipelines", "deployments", "environments"):
            return json_reply({"type": "error", "error": {"message": "Not found"}}, 404)
        rows = self.lists.get(name, [])
        if name == "pipelines":
            assert query["sort"] == "-created_on"
            rows = sorted(rows, key=lambda one: one["created_on"], reverse=True)
        return self._page(request, rows, is_linked=name != "pipelines")

    def _pulls(self, query: dict[str, str]) -> list[Row]:
        assert query["sort"] == "-updated_on"
        rows = self.lists.get("pull_requests", [])
        if found := re.search(r"updated_on >= (\S+)\+00:00", query["q"]):
            rows = [one for one in rows if one["updated_on"] >= found.group(1)]
        rows = [one for one in rows if f'state="{one["state"]}"' in query["q"]]
        return sorted(rows, key=lambda one: one["updated_on"], reverse=True)

    def _page(
        self, request: httpx.Request, rows: list[Row], *, is_linked: bool = True
    ) -> httpx.Response:
        page = int(query_of(request).get("page", 1))
        length = min(int(query_of(request).get("pagelen", 10)), self.page_size)
        first = (page - 1) * length
        data: Row = {"page": page, "pagelen": length, "size": len(rows)}
        if is_linked and first + length < len(rows):
            data["next"] = str(request.url.copy_set_param("page", page + 1))
        return json_reply(data | {"values": rows[first : first + length]})


class FakeAzure:
    """One project: continuation tokens in a header that hold for the order they were given in."""

    def __init__(self, project: str = "shop", *, page_size: int = 100, **lists: list[Row]) -> None:
        self.project = project
        self.page_size = page_size
        self.lists = dict(lists)
        self.timelines: dict[str, list[Row]] = {}
        self.commits: dict[str, list[Row]] = {}
        self.deployed: dict[str, list[Row]] = {}
        self.asked: list[str] = []
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert query_of(request)["api-version"] == "7.1"
        self.requests.append(request)
        path = unquote(request.url.raw_path.decode().split("?")[0]).removeprefix("/acme")
        if path == "/_apis/projects":
            return self._page(request, [{"name": self.project}])
        if not path.startswith(f"/{self.project}/_apis/"):
            return json_reply({"message": "TF200016: The project does not exist."}, 404)
        rest = path.removeprefix(f"/{self.project}/_apis/")
        self.asked.append(rest)
        if found := re.fullmatch(r"build/builds/(\d+)/timeline", rest):
            records = self.timelines.get(found.group(1))
            return httpx.Response(204) if records is None else json_reply({"records": records})
        if found := re.fullmatch(r"git/repositories/[^/]+/pullRequests/(\d+)/commits", rest):
            return self._page(request, self.commits.get(found.group(1), []))
        if found := re.search(r"environments/(\d+)/environmentdeploymentrecords", rest):
            return self._page(request, self.deployed.get(found.group(1), []))
        serve = {
            "build/builds": self._builds,
            "git/pullrequests": self._pulls,
            "release/deployments": self._releases,
            "distributedtask/environments": self._environments,
        }[rest]
        return serve(request)

    def _builds(self, request: httpx.Request) -> httpx.Response:
        query = query_of(request)
        rows = [
            row for row in self.lists.get("builds", []) if row["status"] == query["statusFilter"]
        ]
        by = {"finishTimeAscending": "finishTime", "queueTimeAscending": "queueTime"}
        field = by[query["queryOrder"]]
        rows = [row for row in rows if row[field] >= query.get("minTime", "").rstrip("Z")]
        return self._page(request, sorted(rows, key=lambda row: str(row[field])), by=field)

    def _pulls(self, request: httpx.Request) -> httpx.Response:
        query = query_of(request)
        rows = [
            row
            for row in self.lists.get("pull_requests", [])
            if row["status"] == query["searchCriteria.status"]
        ]
        if least := query.get("searchCriteria.minTime"):
            assert query["searchCriteria.queryTimeRangeType"] == "closed"
            rows = [row for row in rows if row["closedDate"] >= least.rstrip("Z")]
        first, length = int(query["$skip"]), min(int(query["$top"]), self.page_size)
        return json_reply({"count": length, "value": rows[first : first + length]})

    def _releases(self, request: httpx.Request) -> httpx.Response:
        assert query_of(request)["queryOrder"] == "ascending"
        least = query_of(request).get("minModifiedTime", "").rstrip("Z")
        rows = self.lists.get("release_deployments", [])
        return self._page(request, [row for row in rows if row["lastModifiedOn"] >= least])

    def _environments(self, request: httpx.Request) -> httpx.Response:
        return self._page(request, self.lists.get("environments", []))

    def _page(self, request: httpx.Request, rows: list[Row], *, by: str = "") -> httpx.Response:
        query = query_of(request)
        length = min(int(query.get("$top") or query.get("top") or 50), self.page_size)
        # A token that was given in another order is worth nothing: the first page comes again.
        order, _, first_text = query.get("continuationToken", "").rpartition("@")
        first = int(first_text or 0) if order == by else 0
        headers = {}
        if first + length < len(rows):
            headers["x-ms-continuationtoken"] = f"{by}@{first + length}"
        shown = rows[first : first + length]
        return json_reply({"count": len(shown), "value": shown}, headers=headers)
