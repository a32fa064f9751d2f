"""The reference solutions that a question is graded with."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import Any

from gatelab.lab.spec import Lab
from gatelab.lab.table import QuestionSpec
from gatelab.limits import QUESTIONS_KEPT


def references_before(lab: Lab, question: str) -> list[str]:
    """Sources of the reference solutions of all questions before this one, which it may build on."""
    sources = []
    for id in lab.questions:
        if id == question:
            break
        if lab.has_reference(id):
            sources.append(lab.reference(id))
    return sources


def injection(lab: Lab, question: QuestionSpec, own: set[str]) -> dict[str, Any] | None:
    """The request that defines in the notebook the names that the question builds on, with only the references that they need."""
    names = [name for name in question.builds_on if name not in own]
    if not names:
        return None
    needed: set[str] = set()
    todo = {lab.question_of(name) for name in names}
    while todo:
        needed |= todo
        used = set().union(*(_names_used(lab.reference(id)) for id in todo))
        todo = {id for id, spec in lab.questions.items() if used.intersection(spec.names)} - needed
    sources = [lab.reference(id) for id in lab.questions if id in needed]
    into = list(question.names)
    return {"op": "inject", "arguments": {"sources": sources, "names": names, "into": into}}


@lru_cache(maxsize=QUESTIONS_KEPT)
def _names_used(source: str) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name))
