"""When the words of a grading are filtered, and what is shown then."""

from __future__ import annotations

from pathlib import Path

from gatelab.audit.notebooks import write_notebook
from gatelab.grading.engine import Engine
from gatelab.grading.plugin import LocalWorkers
from gatelab.grading.verdicts import Grading
from gatelab.lab.spec import Lab

BACKWARDS = "say would I only what is this"[::-1]  # the words are not in the notebook


def is_given_a_reference(lab: Lab, questions: list[str]) -> bool:
    """Whether messages are restricted once these questions have begun in this order."""
    grading = Grading(lab, 1, LocalWorkers(lab, []), None)
    for question in questions:
        grading.student_for(question, "test")
    return grading.words.restricted


def own_message_shown(engine: Engine, lab: Lab, notebook: Path) -> dict[str, bool]:
    """Question with a reference → whether the student's own message is shown, in a grading of answers that all raise it."""
    names = {spec.id: spec.names for spec in lab.questions.values() if lab.has_reference(spec.id)}
    fails = f"    raise ValueError({BACKWARDS!r}[::-1])"
    cells = {id: "\n".join(f"def {name}(*_, **__):\n{fails}" for name in names[id]) for id in names}
    report = engine.grade(write_notebook(notebook, lab, cells), training=False)
    return {
        id: "say would I only" in "".join(part.student_text for part in report.question(id).parts)
        for id in names
    }
