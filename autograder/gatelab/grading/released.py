"""The notebook as it was handed out, to tell a student's own code from it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gatelab.handed_out.marks import EXPERIMENT
from gatelab.lab.spec import Lab
from gatelab.limits import LABS_KEPT
from gatelab.sandbox.worker.statements import statements
from gatelab.submission.earlier_releases import EarlierCell, known_releases

SOLUTION = "-solution"  # how the grade_id of an answer's cell ends


@dataclass(frozen=True)
class Released:
    """Fingerprints of top-level statements (sandbox/worker/statements.py), and lines."""

    experiments: frozenset[str] = frozenset()
    stubs: frozenset[str] = frozenset()  # of what the questions ask for
    # Lines, without the space around them: of the cells for answers, and of all others.
    around_answers: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()

    def to_worker(self, lab: Lab) -> dict[str, Any]:
        """The data that a worker gets."""
        asked = sorted({name for question in lab.questions.values() for name in question.names})
        return {
            "experiments": sorted(self.experiments),
            "stubs": sorted(self.stubs),
            "asked": asked,
            "shows": list(lab.policy.shows),
        }


@lru_cache(maxsize=LABS_KEPT)
def released(lab: Lab) -> Released:
    """The handed-out notebook of a lab; empty if the lab has none (yet)."""
    path = lab.release / lab.notebook if lab.release is not None else None
    if path is None or not path.is_file():
        return Released()
    now = [_cell(cell) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    experiments, stubs, needed = _fingerprints(now)
    earlier = known_releases(lab.assignment)
    for release in earlier:
        # An experiment of an earlier release that is needed now no longer counts as one.
        old_experiments, old_stubs, _ = _fingerprints(release)
        experiments |= old_experiments - needed
        stubs |= old_stubs
    cells = [cell for release in (now, *earlier) for cell in release if cell.kind == "code"]
    around, elsewhere = (
        frozenset(
            line.strip()
            for cell in cells
            if cell.grade_id.endswith(SOLUTION) is is_answer
            for line in cell.text.split("\n")
        )
        for is_answer in (True, False)
    )
    return Released(frozenset(experiments), frozenset(stubs), around, elsewhere)


def _cell(raw: dict[str, Any]) -> EarlierCell:
    metadata = raw.get("metadata", {})
    id = metadata.get("nbgrader", {}).get("grade_id", "")
    return EarlierCell(raw["cell_type"], "".join(raw["source"]), id, tuple(metadata.get("tags", ())))


def _fingerprints(release: Iterable[EarlierCell]) -> tuple[set[str], set[str], set[str]]:
    """The fingerprints of the statements in experiments, in stubs, and in all other cells."""
    experiments, stubs, needed = set(), set(), set()
    for index, cell in enumerate(release):
        if cell.kind != "code":
            continue
        found = statements(cell.text, index)
        if EXPERIMENT in cell.tags:  # it counts only in our own copy
            experiments |= {statement.fingerprint for statement in found}
            continue
        needed |= {statement.fingerprint for statement in found}
        if cell.grade_id.endswith(SOLUTION):
            stubs |= {
                statement.fingerprint
                for statement in found
                if isinstance(statement.node, ast.FunctionDef | ast.ClassDef)
            }
    return experiments, stubs, needed
