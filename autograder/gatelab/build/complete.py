"""Checks that a question is complete before students get it. The build refuses an incomplete one. Only the build
checks this, so a question that is still being written can be graded and tried. (That public checks and hidden suites exist
is checked by every command, in lab/check.py.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatelab.build.errors import BuildError
from gatelab.lab import requirements
from gatelab.lab.bank import Bank
from gatelab.lab.spec import Lab
from gatelab.lab.table import QuestionSpec

CONTRACT = "CONTRACT.md"
CHECKS_NEED = ("torch", "otter-grader")  # the engine's checks import them


def check(lab: Lab, bank: Bank) -> None:
    """Raise BuildError, naming the first question that lacks something and what it is."""
    for fault in faults(lab, bank):
        raise BuildError(fault)


def faults(lab: Lab, bank: Bank) -> Iterator[str]:
    """One sentence for each thing that is missing."""
    path = lab.assignment / CONTRACT
    contract = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    yield from _not_required(lab)
    for id, spec in lab.questions.items():
        if spec.by_hand:
            continue
        for name in _missing(spec, contract):
            yield f"{path}: says nothing of {name}, which {id} asks for; write its arguments, shapes and types there."
        if not lab.has_reference(id):
            continue  # its answers are a key, so there is no code that could be written in another way, or wrongly
        for kind, found, why in (
            (
                "wheat",
                bank.wheats_of(id),
                "a right solution written in another way, which the suite must pass",
            ),
            ("chaff", bank.chaffs_of(id), "a wrong one with a named mistake, which it must catch"),
        ):
            if not found:
                folder = lab.bank or lab.hidden.parent / "bank"
                yield f"{folder / kind / id}: {id} has no {kind}; write one there: {why}."


def _not_required(lab: Lab) -> Iterator[str]:
    """A sentence for each package that the engine's checks import but the students' requirements do not name. Raises LabError for
    requirements that cannot be read, or that ask for another version than the kit."""
    path = lab.assignment / requirements.FILE
    named = {pin.name for pin in requirements.check(lab.assignment)}
    has_checks = (lab.package / "checking").is_dir() and not all(
        spec.by_hand for spec in lab.questions.values()
    )
    if not has_checks or not path.is_file():
        return
    for package in CHECKS_NEED:
        if package not in named:
            yield f"{path}: does not name {package}, which {lab.package.name}/checking imports; add it, or no student can check or submit."


def _missing(spec: QuestionSpec, contract: str) -> list[str]:
    """The names that a question asks for but the contract does not mention."""
    return [name for name in spec.names if not re.search(rf"\b{re.escape(name)}\b", contract)]
