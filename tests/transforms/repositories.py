"""Real repositories, made by git itself at instants that the test says."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.transforms.estate import at


@dataclass(frozen=True)
class Repository:
    """A repository in a folder; every command runs as if at the instant `when`."""

    path: Path

    def git(self, *arguments: str, when: str, authored: str | int = "") -> str:
        """Run git and return what it says."""
        stamp = f"{int(at(when).timestamp())} +0000"
        written = f"@{authored} +0000" if isinstance(authored, int) else ""
        if isinstance(authored, str) and authored:
            written = f"{int(at(authored).timestamp())} +0000"
        done = subprocess.run(
            ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments],
            cwd=self.path,
            check=True,
            capture_output=True,
            text=True,
            env={
                "GIT_AUTHOR_DATE": written or stamp,
                "GIT_COMMITTER_DATE": stamp,
                "GIT_CONFIG_GLOBAL": "/dev/null",
                "GIT_CONFIG_SYSTEM": "/dev/null",
                "PATH": "/usr/bin:/bin:/usr/local/bin",
            },
        )
        return done.stdout.strip()

    def head(self) -> str:
        """Return the commit that is checked out."""
        return self.git("rev-parse", "HEAD", when="2026-01-01")

    def commit(
        self,
        title: str,
        when: str,
        *,
        files: Mapping[str, str] | None = None,
        authored: str | int = "",
    ) -> str:
        """Write files (by default one that is named like the title), commit them, return the sha.

        `authored` is an instant, or seconds since 1970.
        """
        for name, content in (files or {f"{title}.txt": title}).items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{content}\n", encoding="utf-8")
        self.git("add", "-A", when=when)
        self.git("commit", "-q", "-m", title, when=when, authored=authored)
        return self.head()

    def switch(self, name: str, start: str = "") -> None:
        """Check a branch out; a new one begins at `start`."""
        self.git("switch", "-q", *(["-c", name, start] if start else [name]), when="2026-01-01")

    def tag(self, name: str, when: str) -> None:
        """Release what is checked out."""
        self.git("tag", "-a", name, "-m", name, when=when)

    def pick(self, sha: str, when: str) -> str:
        """Copy a commit onto what is checked out, keeping who wrote it and when."""
        self.git("cherry-pick", sha, when=when)
        return self.head()

    def merge(self, name: str, when: str, *options: str) -> str:
        """Merge a branch with a commit of its own and return it."""
        self.git("merge", "-q", "--no-ff", "-m", f"Merge {name}", *options, name, when=when)
        return self.head()


def make_repository(path: Path) -> Repository:
    """Return a new repository with the branch main."""
    path.mkdir(parents=True)
    repository = Repository(path=path)
    repository.git("init", "-q", "-b", "main", when="2026-01-01")
    return repository
