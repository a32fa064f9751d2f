"""What students get of the engine: files in a lab's own package, and `start.py` beside it.

A lab whose package has a folder `checking/` gets the files of gatelab/handed_out, below a line that says whose copies they are; its own
`__init__.py` and whatever else is there stays. So the public checks and the hidden suites compare answers with the same code
and describe them in the same terms, which the lab's policy defines. The package's commands read the table of questions there.

`start.py` goes to a lab that lists it in `release`. A `start.py` or `__main__.py` without the line MARK is the lab's own and stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import gatelab.handed_out
from gatelab.build.questions_file import text_of
from gatelab.folders import write_whole
from gatelab.handed_out.checking import terms
from gatelab.lab.spec import Lab

SOURCE = Path(gatelab.handed_out.__file__).parent
FOLDER = "checking"
START = "start.py"
QUESTIONS = "questions.json"
LABS_OWN = {"__init__.py", f"{FOLDER}/__init__.py"}  # of which only the engine's are here
MARK = b"# Written by gatelab build; a lab's own file has no such line."
COPY = "# Written by gatelab build from autograder/gatelab/handed_out/{}; change it there.\n"


def files(lab: Lab) -> Iterator[tuple[Path, bytes]]:
    """The files that the lab has from the engine, existing or not, and what they hold.

    Raises LabError where the policy is invalid.
    """
    if START in lab.settings.release:
        yield from _unless_its_own(lab.assignment / START, (SOURCE / START).read_bytes())
    if not (lab.package / FOLDER).is_dir():
        return
    for path in sorted(SOURCE.rglob("*.py")):
        inside = path.relative_to(SOURCE)
        if inside.as_posix() not in {*LABS_OWN, START}:
            yield from _unless_its_own(lab.package / inside, copy_of(inside))
    text = json.dumps(asdict(lab.policy.terms), ensure_ascii=False, indent=1)
    yield lab.package / FOLDER / terms.FILE, f"{text}\n".encode()
    yield lab.package / QUESTIONS, text_of(lab).encode()


def copy_of(inside: Path) -> bytes:
    """The copy of this file of SOURCE that a lab gets. If the file has no mark, a line at the top says where it comes from."""
    content = (SOURCE / inside).read_bytes()
    return content if MARK in content else COPY.format(inside.as_posix()).encode() + content


def _unless_its_own(path: Path, content: bytes) -> Iterator[tuple[Path, bytes]]:
    """The file, unless the lab has one of its own in place of one with the mark."""
    if MARK not in content or not path.is_file() or MARK in path.read_bytes():
        yield path, content


def keep_up(lab: Lab) -> list[Path]:
    """Write those that are missing or outdated; returns which."""
    written = []
    for path, content in files(lab):
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(exist_ok=True)
            write_whole(path, content)
            written.append(path)
    return written
