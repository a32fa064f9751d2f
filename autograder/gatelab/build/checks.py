"""What the public checks are made of: the engine's files in a lab's own package.

A lab whose package has a folder `checking/` gets the files of gatelab/handed_out there, byte for byte; its own
`__init__.py` and whatever else is there stays. So the public checks and the hidden suites compare answers with the same code.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gatelab.handed_out
from gatelab.folders import write_whole
from gatelab.lab.spec import Lab

SOURCE = Path(gatelab.handed_out.__file__).parent
FOLDER = "checking"


def files(lab: Lab) -> Iterator[tuple[Path, Path]]:
    """The engine's file and the lab's copy, existing or not; none if the lab has no such folder."""
    if (lab.package / FOLDER).is_dir():
        for path in sorted(SOURCE.rglob("*.py")):
            if path.name != "__init__.py":
                yield path, lab.package / path.relative_to(SOURCE)


def keep_up(lab: Lab) -> list[Path]:
    """Write the copies that are missing or outdated; returns which."""
    written = []
    for source, copy in files(lab):
        content = source.read_bytes()
        if not copy.is_file() or copy.read_bytes() != content:
            write_whole(copy, content)
            written.append(copy)
    return written
