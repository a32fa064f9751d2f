"""Whether anything has been written in a notebook since it was handed out.

nbgrader stores with each answer cell a checksum of its content at the release. So a copy of any release, even an old one,
is recognised without that release. A student can change the checksum, but only a message depends on it.
"""

from __future__ import annotations

import re
from typing import Any

from gatelab.handed_out.marks import mark_of, unchanged
from gatelab.lab.spec import Lab
from gatelab.submission.notebook_file import source_of


def as_handed_out(notebook: dict[str, Any], lab: Lab) -> bool:
    """Whether no answer cell of the notebook (JSON, as notebook_file reads it) differs from the release, and no other cell
    defines what a question asks for."""
    answers = 0
    for cell in notebook["cells"]:
        if not isinstance(cell, dict):
            continue
        mark, source = mark_of(cell), source_of(cell) or ""
        if mark.get("solution") is True and isinstance(mark.get("checksum"), str):
            if not unchanged(cell, source):
                return False
            answers += 1
        elif cell.get("cell_type") == "code" and _defines(source, lab):
            return False
    return answers > 0


def _defines(source: str, lab: Lab) -> bool:
    names = {name for question in lab.questions.values() for name in question.names}
    return any(name in names for found in _DEFINED.finditer(source) for name in found.groups())


_DEFINED = re.compile(r"^(?:(?:async[ \t]+def|def|class)[ \t]+(\w+)|(\w+)[ \t]*=[^=])", re.MULTILINE)
