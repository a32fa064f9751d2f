"""What the public checks are made of: the engine's files in a lab's own package.

A lab whose package has a folder `checking/` gets the files of gatelab/handed_out there, byte for byte; its own
`__init__.py` and whatever else is there stays. So the public checks and the hidden suites compare answers with the same code,
and speak of them in the same terms, which the lab's policy gives.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import gatelab.handed_out
from gatelab.folders import write_whole
from gatelab.handed_out.checking import terms
from gatelab.lab.spec import Lab

SOURCE = Path(gatelab.handed_out.__file__).parent
FOLDER = "checking"


def files(lab: Lab) -> Iterator[tuple[Path, bytes]]:
    """The files that the lab's package has from the engine, existing or not, and what they hold; none if the lab has no such folder.

    Raises LabError where the policy is invalid.
    """
    if not (lab.package / FOLDER).is_dir():
        return
    for path in sorted(SOURCE.rglob("*.py")):
        if path.name != "__init__.py":
            yield lab.package / path.relative_to(SOURCE), path.read_bytes()
    text = json.dumps(asdict(lab.policy.terms), ensure_ascii=False, indent=1)
    yield lab.package / FOLDER / terms.FILE, f"{text}\n".encode()


def keep_up(lab: Lab) -> list[Path]:
    """Write those that are missing or outdated; returns which."""
    written = []
    for path, content in files(lab):
        if not path.is_file() or path.read_bytes() != content:
            write_whole(path, content)
            written.append(path)
    return written
