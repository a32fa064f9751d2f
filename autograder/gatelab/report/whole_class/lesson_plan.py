"""Finds the slot of the lesson plan in which a mistake is discussed, and what the plan says about it.

A lab's `LESSON_PLAN.md` has sections headed by times (`### 0:25–1:10 · The new layer`) below `## Lecture: …` and
`## Practice: …`, whose lines name questions (q1; in backticks if the ID has no digit) and wrong solutions of the bank (`q1/some-slip`). In tables anywhere in
the plan, the cell before one that names a wrong solution is what to say about it. A lab without such a plan has no slots.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from gatelab.lab.spec import Lab
from gatelab.lab.table import ID

PLAN = "LESSON_PLAN.md"
LESSON = re.compile(r"^## ([^:\n]+)")
SLOT = re.compile(r"^### (\d+:\d\d\s*[–-]\s*\d+:\d\d) · (.+?)(?: \(\d+ min\))?\s*$")
CHAFF = re.compile(rf"`({ID.pattern}/[\w.-]+)`")
RANGE = re.compile(rf"\b({ID.pattern}) (?:to|…|–) ({ID.pattern})\b")
QUESTION = re.compile(rf"`({ID.pattern})`|\b([a-z]+\d[a-z0-9]*)\b(?!/)")


@dataclass(frozen=True)
class Slot:
    """`when` is a slot of the week ("" if the plan names none), `say` what the plan says about the mistake."""

    when: str = ""
    say: str = ""


def slots(lab: Lab) -> dict[str, Slot]:
    """The slot of each wrong solution that the plan names, by its key `q1/some-slip`, and of each question, by its ID."""
    try:
        text = (lab.assignment / PLAN).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return {}
    when: dict[str, str] = {}
    say: dict[str, str] = {}
    lesson = slot = ""
    for line in text.splitlines():
        if line.startswith("#"):
            if found := LESSON.match(line):
                lesson, slot = found[1].strip(), ""
            elif found := SLOT.match(line):
                slot = f"{lesson}, {found[1]} · {found[2]}"
            continue
        chaffs = CHAFF.findall(line)
        if slot:
            for key in [*chaffs, *_questions(line, list(lab.questions))]:
                when.setdefault(key, slot)
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        for before, cell in pairwise(cells):
            for key in CHAFF.findall(cell):
                say.setdefault(key, _plain(before))
    return {key: Slot(when.get(key, ""), say.get(key, "")) for key in [*when, *say]}


def slot_of(found: dict[str, Slot], question: str, chaff: str) -> Slot:
    """A mistake's own slot, or else its question's, with what the plan says about the mistake."""
    own = found.get(f"{question}/{chaff}", Slot())
    return Slot(own.when or found.get(question, Slot()).when, own.say)


def _plain(text: str) -> str:
    """The text without Markdown emphasis and without dollar signs around a letter."""
    return re.sub(r"\$(\w+)\$", r"\1", re.sub(r"\*([^*]+)\*", r"\1", text))


def _questions(line: str, ids: list[str]) -> list[str]:
    """The questions of `ids` that a line names, with ranges written out in the order of `ids`."""
    text = CHAFF.sub("", line)
    found = ["".join(named) for named in QUESTION.findall(text)]
    for first, last in RANGE.findall(text):
        if first in ids and last in ids:
            found += ids[ids.index(first) : ids.index(last) + 1]
    return [id for id in found if id in ids]
