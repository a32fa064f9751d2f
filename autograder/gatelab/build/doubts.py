"""What is likely a mistake in a lab but stops no build: points that a heading states wrongly, a due date that is over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from gatelab.build.gate import STAFF_PAGES
from gatelab.build.master import masters_of
from gatelab.build.settings import Settings
from gatelab.lab.spec import Lab
from gatelab.lab.table import FILE as TABLE
from gatelab.report.record.points import equal, number, plural

# `## q1: the scale (3 points)`, the heading of one question as a whole.
_TITLE = (
    r"#+[ \t]+(?P<id>[a-z][a-z0-9]*)(?=[ \t]*[:·—–(-])(?!.*\b(?i:part|level|step|each)\b)"
    r".*\((?P<points>\d+(?:[.,]\d+)?) (?:points?|marks?)\b"
)
_IN_PAGE = re.compile("^" + _TITLE, re.MULTILINE)
_IN_MASTER = re.compile("^# " + _TITLE, re.MULTILINE)  # every line of a text begins with `# `


def wrong_headings(lab: Lab) -> Iterator[str]:
    """One sentence for each heading of a question that states other points than lab.toml."""
    staff = [lab.assignment / name for name in STAFF_PAGES]
    pages = [lab.assignment / name for name in Settings.of(lab).release if name.endswith(".md")]
    for path in [*masters_of(lab), *staff, *pages]:
        if path.is_file():
            yield from _wrong_headings(lab, path)


def _wrong_headings(lab: Lab, path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8", errors="replace")
    for heading in (_IN_MASTER if path.suffix == ".py" else _IN_PAGE).finditer(text):
        spec, stated = lab.questions.get(heading["id"]), float(heading["points"].replace(",", "."))
        if spec is not None and not equal(spec.points, stated):
            line = text.count("\n", 0, heading.start()) + 1
            yield (
                f"{path}, line {line}: the heading of {spec.id} says {plural(stated, 'point')}, {TABLE} gives it {number(spec.points)}; "
                "correct one of the two."
            )


def is_over(lab: Lab, now: datetime) -> str:
    """A sentence, if the lab was due before `now`; "" otherwise. For a person who hands it out: to build an old lab is no mistake."""
    if lab.due is None or lab.due > now:
        return ""
    return f"{lab.assignment / TABLE}: due is {lab.due:%Y-%m-%d %H:%M}, which is over; students would be late from the start."
