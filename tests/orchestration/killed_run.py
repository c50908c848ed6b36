"""The whole chain, or its last steps, at a fixed time: for tests that kill it."""

import sys
from datetime import datetime
from pathlib import Path

from orchestration.locks import run_lock
from orchestration.run import Context, audit_candidate, publish_candidate, refresh
from orchestration.settings import git_settings, read_environment
from transforms.home import resolve_home


def main() -> None:
    """Run as of the instant given; without a repository audit and publish the finished build."""
    instant = datetime.fromisoformat(sys.argv[1])
    context = Context(home=resolve_home(), environment=read_environment(), clock=lambda: instant)
    if len(sys.argv) > 2:
        publication = refresh(context, settings=git_settings(Path(sys.argv[2]))).publication
    else:
        with run_lock(context.home.work, now=instant):
            audit_candidate(context)
            publication = publish_candidate(context)
    sys.stdout.write(publication.manifest.fingerprint)


if __name__ == "__main__":
    main()
