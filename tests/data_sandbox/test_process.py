"""The sample company's systems in a process of their own."""

from datetime import timedelta

import httpx

from data.sandbox.process import ServerProcess
from data.sandbox.world import open_world


def test_another_process_answers_as_of_the_instant_it_is_told() -> None:
    world = open_world()
    first, last = world.start + timedelta(days=30), world.end
    with ServerProcess(seed=world.seed, end=world.end) as server:
        counts = []
        for instant in (first, last):
            server.set_time(instant)
            reply = httpx.get(
                f"{server.base_url}/servicenow/api/now/table/incident",
                headers={"Authorization": f"Bearer {world.tokens.servicenow_password}"},
                params={"sysparm_limit": "1000"},
            )
            counts.append(len(reply.raise_for_status().json()["result"]))
        address = server.base_url
    assert 0 < counts[0] < counts[1]
    try:
        httpx.get(address, timeout=1)
    except httpx.ConnectError:
        return
    message = "the process went on after its input had ended"
    raise AssertionError(message)
