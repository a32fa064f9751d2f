"""The Markdown files that people write; release/ is left out, because it repeats assignment/."""

from __future__ import annotations

import subprocess
from pathlib import Path

PLACES = ("docs", "assignment", "autograder", "solutions", "tests")


def pages(root: Path) -> list[Path]:
    """The files that git tracks; in a copy without git, the files in the folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "*.md"], cwd=root, capture_output=True, text=True, check=False
    )
    names = [name for name in listed.stdout.split("\0") if name] if (root / ".git").exists() else []
    found = [root / name for name in names] or [
        *root.glob("*.md"),
        *(path for place in PLACES for path in (root / place).rglob("*.md")),
    ]
    return sorted(path for path in found if path.is_file() and path.relative_to(root).parts[0] != "release")
