"""What other systems push to us, on the command line."""

from pathlib import Path
from typing import Annotated

import typer


def receive(
    config: Annotated[
        Path | None, typer.Option("--config", help="Settings file (default: leadline.yml).")
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; other than loopback needs secrets.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)
    ] = 8502,
) -> None:
    """Receive what sources of kind `push` send, at /hooks/NAME; runs beside everything else."""
    from orchestration.commands import receive as command

    command.receive(config=config, host=host, port=port)
