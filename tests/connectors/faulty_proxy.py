"""Spoil what a real server answers: an add-on of mitmproxy, told by the test what to do.

It runs in mitmproxy's own environment and knows nothing of Leadline. The test posts a plan to
/__plan__: which fault, at which request from now on, and how many times.
"""

import asyncio
import email.utils
import importlib
import json
import re
import time
from typing import Any

# It is installed beside Leadline, not with it.
http: Any = importlib.import_module("mitmproxy.http")

HTML = b"<!DOCTYPE html><html><body><form>Please log in</form></body></html>"
OWN = {"server": "a proxy"}


class Spoiler:
    """Spoil some of the replies."""

    def __init__(self) -> None:
        self.plan: dict[str, Any] = {}
        self.seen = 0
        self.last = b""

    async def request(self, flow: Any) -> None:
        """Take a plan, or answer in place of the server."""
        if flow.request.path == "/__plan__":
            self.plan = json.loads(flow.request.get_text() or "{}")
            self.seen = 0
            flow.response = http.Response.make(204)
            return
        if flow.request.path.startswith("/moved"):
            flow.request.path = flow.request.path.removeprefix("/moved")
        self.seen += 1
        if not self._is_due():
            return
        fault = self.plan["fault"]
        if fault.isdigit():
            headers = {name: _header(value) for name, value in self.plan["headers"].items()}
            flow.response = http.Response.make(int(fault), HTML, {**OWN, **headers})
        elif fault == "login page":
            flow.response = http.Response.make(200, HTML, {**OWN, "content-type": "text/html"})
        elif fault == "moved":
            place = f"{self.plan['to']}/moved{flow.request.path}"
            flow.response = http.Response.make(302, b"", {"location": place})
        elif fault == "silence":
            await asyncio.sleep(self.plan["seconds"])
        elif fault == "killed":
            flow.kill()

    def response(self, flow: Any) -> None:
        """Change what the server answered."""
        if flow.response is None or flow.request.path == "/__plan__" or not self._is_due():
            if flow.response is not None:
                self.last = flow.response.content or b""
            return
        content = flow.response.content or b""
        fault = self.plan["fault"]
        if fault == "truncated":
            flow.response.content = content[: len(content) // 2]
        elif fault == "no utf-8":
            flow.response.content = content.replace(b'"items"', b'"items\xff"', 1)
        elif fault == "empty with next":
            page = {**json.loads(content), "items": [], "next_page": "?page=2"}
            flow.response.content = json.dumps(page).encode()
        elif fault == "same again":
            flow.response.content = self.last
        elif fault == "endless":
            moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1.6e9 + self.seen))
            row = {"id": str(self.seen), "Status": "new", "LastUpdated": moment}
            flow.response.content = json.dumps({"items": [row], "next_page": "?page=2"}).encode()

    def _is_due(self) -> bool:
        first = self.plan.get("at", 0)
        return bool(self.plan) and first <= self.seen < first + self.plan.get("times", 1)


def _header(value: str) -> str:
    """Return a header's value; `+7` is the date seven seconds from now."""
    if found := re.fullmatch(r"\+(\d+)", value):
        return email.utils.formatdate(time.time() + int(found[1]), usegmt=True)
    return value


addons = [Spoiler()]
