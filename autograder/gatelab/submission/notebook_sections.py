"""Where a question is in the students' notebook: its section's heading, and a link to it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from gatelab.handed_out.marks import mark_of
from gatelab.lab.colab import address, is_set
from gatelab.lab.spec import Lab
from gatelab.limits import LABS_KEPT
from gatelab.submission.notebook_file import source_of

HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """`heading` as in the notebook; `address`: a link to that place in the notebook of the students' repository, "" if none is known."""

    heading: str
    address: str = ""


def sections(lab: Lab) -> dict[str, Section]:
    """Question ID → its section of the released notebook; empty if there is no release."""
    if lab.release is None:
        return {}
    base = lab.settings.colab_base
    there = address(base, lab.name, lab.notebook) if is_set(base) else ""
    return _read(lab.release / lab.notebook, there)


@lru_cache(maxsize=LABS_KEPT)
def _read(path: Path, address: str) -> dict[str, Section]:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    found: dict[str, Section] = {}
    heading, place = "", ""
    for cell in cells:
        source = source_of(cell) or ""
        if cell.get("cell_type") == "markdown" and (titles := HEADING.findall(source)):
            heading, place = titles[-1], str(cell.get("id", ""))
        id = str(mark_of(cell).get("grade_id", "")).removesuffix("-solution")
        if id and heading:
            there = f"{address}#scrollTo={quote(place)}" if address and place else ""
            found.setdefault(id, Section(heading, there))
    return found
