"""The lab for a quick look: without the parts that train a model, and so with fewer points."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import cached_property
from typing import Self

from gatelab.lab.check import question_of
from gatelab.lab.spec import Lab, LabError
from gatelab.lab.table import QuestionSpec


def trained_parts(lab: Lab) -> dict[str, dict[str, float]]:
    """Question → name → points of its parts that train a model, read from the suites.

    Raises LabError if such a part is not written out as `@part("q1", "accuracy", 4)`.
    """
    found: dict[str, dict[str, float]] = {}
    for path in sorted(lab.hidden.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            marks = [ast.unparse(mark) for mark in node.decorator_list]
            if "pytest.mark.training" not in marks:
                continue
            part = next((mark for mark in node.decorator_list if ast.unparse(mark).startswith("part(")), None)
            try:
                assert isinstance(part, ast.Call)
                _, name, points = (ast.literal_eval(value) for value in part.args)
            except (AssertionError, ValueError) as error:
                raise LabError(
                    f"{path}, line {node.lineno}: a part that trains must be written out for a quick look, "
                    f'as @part("{question_of(path)}", "NAME", POINTS).'
                ) from error
            found.setdefault(question_of(path), {})[name] = float(points)
    return found


class QuickLab(Lab):
    """The lab with the points that each question can give without training."""

    @cached_property
    def left_out(self) -> dict[str, dict[str, float]]:
        """The parts that are not graded, in the form of `trained_parts`."""
        return trained_parts(self)

    @cached_property
    def questions(self) -> dict[str, QuestionSpec]:
        return {
            id: replace(spec, points=spec.points - sum(self.left_out.get(id, {}).values()))
            for id, spec in super().questions.items()
        }

    def with_questions(self, questions: dict[str, QuestionSpec]) -> Self:
        made = replace(self)
        vars(made)["questions"] = questions  # these are complete
        return made

    def says(self, chosen: list[str]) -> str:
        """The note next to every result, so that none is mistaken for a grade."""
        parts = [
            f"{id} {name} ({points:g})" for id in chosen for name, points in self.left_out.get(id, {}).items()
        ]
        return f"A quick look without trainings, no grade: {', '.join(parts) or 'nothing'} left out."


def quick_lab(lab: Lab) -> QuickLab:
    return QuickLab(lab.assignment, lab.hidden, lab.bank, lab.release)
