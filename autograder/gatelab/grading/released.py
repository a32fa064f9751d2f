"""The notebook as it was handed out, so that a student's own lines can be told apart from it."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gatelab.lab.spec import Lab
from gatelab.sandbox.worker.statements import statements

EXPERIMENT = "experiment"  # the tag of cells that draw, train and compare; it counts only in our own copy


@dataclass(frozen=True)
class Released:
    """Fingerprints of top-level statements (sandbox/worker/statements.py)."""

    experiments: frozenset[str] = frozenset()
    stubs: frozenset[str] = frozenset()  # of what the questions ask for

    def to_worker(self, lab: Lab) -> dict[str, Any]:
        """The part that a worker gets."""
        asked = sorted({name for question in lab.questions.values() for name in question.names})
        return {"experiments": sorted(self.experiments), "stubs": sorted(self.stubs), "asked": asked}


@lru_cache(maxsize=8)
def released(lab: Lab) -> Released:
    """The handed-out notebook of a lab; empty if the lab has none (yet)."""
    path = lab.release / lab.notebook if lab.release is not None else None
    if path is None or not path.is_file():
        return Released()
    experiments, stubs = set(), set()
    for index, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"]):
        if cell["cell_type"] != "code":
            continue
        metadata = cell.get("metadata", {})
        found = statements("".join(cell["source"]), index)
        if EXPERIMENT in metadata.get("tags", []):
            experiments |= {statement.fingerprint for statement in found}
        elif metadata.get("nbgrader", {}).get("solution"):
            stubs |= {
                statement.fingerprint
                for statement in found
                if isinstance(statement.node, ast.FunctionDef | ast.ClassDef)
            }
    return Released(frozenset(experiments), frozenset(stubs))
