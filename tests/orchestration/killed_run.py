"""One run of the whole chain at a fixed time, for tests that kill it."""

import sys
from datetime import datetime
from pathlib import Path

from orchestration.run import Context, refresh
from orchestration.settings import git_settings, read_environment
from transforms.home import resolve_home


def main() -> None:
    """Read the repository given, build, audit and publish as of the instant given."""
    repository, instant = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
    context = Context(home=resolve_home(), environment=read_environment(), clock=lambda: instant)
    report = refresh(context, settings=git_settings(repository))
    sys.stdout.write(report.publication.manifest.fingerprint)


if __name__ == "__main__":
    main()
