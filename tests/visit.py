"""Publish a repository, serve the dashboard, look once: `python -m tests.visit REPOSITORY`."""

import asyncio
import subprocess
import sys
import time
import urllib.request

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.typing import Subprotocol

PORT = "8599"
LEADLINE = [sys.executable, "-m", "orchestration.cli"]


def main(repository: str) -> None:
    """Run, serve, visit, stop.

    Errors: CalledProcessError, TimeoutError, AssertionError when a page ends in an exception.
    """
    subprocess.run([*LEADLINE, "run", "--git", repository], check=True)
    server = subprocess.Popen([*LEADLINE, "dashboard", "--no-browser", "--port", PORT])
    try:
        _wait()
        finished = asyncio.run(asyncio.wait_for(_visit(), timeout=60))
    finally:
        server.terminate()
        server.wait(timeout=20)
    sys.stdout.write(f"visited: {finished}\n")


def _wait() -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/_stcore/health", timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the dashboard did not answer")


async def _visit() -> str:
    """Do what a browser does first: open the stream and ask for the page."""
    address = f"ws://127.0.0.1:{PORT}/_stcore/stream"
    async with websockets.connect(
        address, subprotocols=[Subprotocol("streamlit")], max_size=None
    ) as stream:
        request = BackMsg()
        request.rerun_script.query_string = ""
        await stream.send(request.SerializeToString())
        elements = 0
        while True:
            message = ForwardMsg.FromString(await stream.recv(decode=False))
            kind = message.WhichOneof("type")
            elements += kind == "delta"
            if kind == "script_finished":
                assert elements > 3
                return f"{elements} elements"


if __name__ == "__main__":
    main(sys.argv[1])
