"""Whether anything has been written in a notebook since it was handed out.

nbgrader stores with each answer cell a checksum of its content at the release. So a copy of any release, even an old one,
is recognised without that release. A student can change the checksum, but only a message depends on it.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from gatelab.lab.spec import Lab
from gatelab.submission.notebook_file import nbgrader_metadata, source_of


def as_handed_out(notebook: dict[str, Any], lab: Lab) -> bool:
    """Whether no answer cell of the notebook (JSON, as notebook_file reads it) differs from the release, and no other cell
    defines what a question asks for."""
    answers = 0
    for cell in notebook["cells"]:
        if not isinstance(cell, dict):
            continue
        mark, source = nbgrader_metadata(cell), source_of(cell) or ""
        if mark.get("solution") is True and isinstance(mark.get("checksum"), str):
            # Editors remove or add white space at the end; Windows writes other line ends.
            texts = {source, source.rstrip(), source.replace("\r\n", "\n").rstrip()}
            if all(checksum(cell, text) != mark["checksum"] for text in texts):
                return False
            answers += 1
        elif cell.get("cell_type") == "code" and _defines(source, lab):
            return False
    return answers > 0


def checksum(cell: dict[str, Any], source: str) -> str:
    """nbgrader's checksum of a cell (nbgrader.utils.compute_checksum, without nbgrader)."""
    mark = nbgrader_metadata(cell)
    is_grade, is_solution = mark.get("grade") is True, mark.get("solution") is True
    is_locked = not is_solution and (is_grade or mark.get("locked") is True)
    text = [source, str(cell.get("cell_type")), str(is_grade), str(is_solution), str(is_locked)]
    text.append(str(mark.get("grade_id")))
    if mark.get("grade") is True and isinstance(mark.get("points"), int | float):
        text.append(str(float(mark["points"])))
    return hashlib.md5("".join(text).encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def _defines(source: str, lab: Lab) -> bool:
    names = {name for question in lab.questions.values() for name in question.names}
    return any(name in names for found in _DEFINED.finditer(source) for name in found.groups())


_DEFINED = re.compile(r"^(?:(?:async[ \t]+def|def|class)[ \t]+(\w+)|(\w+)[ \t]*=[^=])", re.MULTILINE)
