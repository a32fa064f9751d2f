"""Where the parts of a lab are on disk, and what its two files of settings say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Self

from gatelab.did_you_mean import did_you_mean
from gatelab.handed_out.lists import all_of
from gatelab.handed_out.natural_order import natural
from gatelab.lab.late import LateError, LateRule, late_rule
from gatelab.lab.policy import FILE, Policy, PolicyError, Withheld
from gatelab.lab.table import FILE as TABLE
from gatelab.lab.table import QuestionSpec, Table
from gatelab.lab.toml import read_toml


class LabError(Exception):
    """The lab itself is invalid; the message names the file and what to fix."""


def lab_names(root: Path) -> list[str]:
    """The folders of assignment/ that hold a lab."""
    return sorted(path.parent.name for path in root.glob(f"assignment/*/{TABLE}"))


@dataclass(frozen=True)
class LabParts:
    """The parts of one lab, whether it is valid or not."""

    assignment: Path  # lab.toml, the students' package, the masters
    hidden: Path  # the suites and reference/
    bank: Path | None = None  # holds chaff/, wheat/, equivalent.toml; None: no diagnosis by name
    release: Path | None = None  # folder that students get; None: the handed-out notebook is not known

    @cached_property
    def settings(self) -> Table:
        """The contents of lab.toml. Raises LabError."""
        path = self.assignment / TABLE
        try:
            return Table.read(path, read_toml(path))
        except OSError as error:
            raise LabError(
                f"{path}: cannot be read ({error.strerror}); make sure that it exists and is readable."
            ) from error
        except ValueError as error:
            raise LabError(str(error)) from error

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def title(self) -> str:
        return self.settings.title

    @property
    def heading(self) -> str:
        """Course and title, for the top of a page."""
        return ": ".join(filter(None, (self.settings.course, self.title)))

    @cached_property
    def late(self) -> LateRule | None:
        """The rule for late work; None if the lab has none. Raises LabError."""
        try:
            return late_rule(self.assignment / TABLE, self.settings.late, self.settings.due)
        except LateError as error:
            raise LabError(str(error)) from error

    @property
    def due(self) -> datetime | None:
        """When the lab is due; None if its lab.toml does not say. Raises LabError."""
        return self.settings.due or (self.late.due if self.late else None)

    @property
    def by_hand(self) -> list[str]:
        """IDs of the questions marked by hand, in the order of the lab."""
        return [id for id, spec in self.questions.items() if spec.by_hand]

    @property
    def automatic(self) -> list[str]:
        """IDs of the questions that the grader grades, in the order of the lab."""
        return [id for id, spec in self.questions.items() if not spec.by_hand]

    @property
    def names(self) -> set[str]:
        """All names that the questions ask for."""
        return {name for spec in self.questions.values() for name in spec.names}

    @property
    def notebook(self) -> str:
        """File name of the student's notebook, `lab.ipynb`."""
        return self.settings.notebook

    @property
    def master(self) -> Path:
        """The script from which the notebook is made, `lab.py` next to lab.toml; it may be missing."""
        return (self.assignment / self.notebook).with_suffix(".py")

    @property
    def questions(self) -> dict[str, QuestionSpec]:
        """Question ID → its entry, in the order of the lab."""
        return self.settings.questions

    def with_questions(self, questions: dict[str, QuestionSpec]) -> Self:
        """The same lab with these in place of its questions."""
        made = replace(self)
        vars(made)["settings"] = replace(self.settings, questions=questions)
        return made

    @cached_property
    def others(self) -> frozenset[str]:
        """The names of the kit's other labs."""
        return frozenset(lab_names(self.assignment.parent.parent)) - {self.name}

    @property
    def option(self) -> str:
        """What a command that is to work on this lab needs as an option; nothing where the kit has no other lab."""
        return f" --lab {self.name}" if self.others else ""

    @property
    def package(self) -> Path:
        """The students' package, which their notebook imports; a lab may have none."""
        return self.assignment / (self.settings.package or f"{self.name.replace('-', '_')}_lab")

    @cached_property
    def policy(self) -> Policy:
        """What the engine must know about the lab besides its questions. Raises LabError."""
        try:
            return Policy.read(self.hidden / FILE)
        except PolicyError as error:
            raise LabError(str(error)) from error

    def without(self, question: QuestionSpec) -> Withheld | None:
        """The parts of the library that a question may not use; None: it may use everything."""
        return None if question.library else self.policy.withheld

    def question_of(self, name: str) -> str:
        """The ID of the question that asks for this name."""
        for question in self.questions.values():
            if name in question.names:
                return question.id
        raise KeyError(name)

    def has_reference(self, id: str) -> bool:
        """Whether the question has a reference solution in code."""
        return self.reference_path(id).is_file()

    def reference(self, id: str) -> str:
        """Source of the reference solution of a question (staff only)."""
        return self.reference_path(id).read_text(encoding="utf-8")

    @property
    def concept_question(self) -> str | None:
        """The ID of the question whose answers are the key below; None if there is none."""
        return next((spec.id for spec in self.questions.values() if spec.concepts), None)

    @property
    def concept_key(self) -> Path:
        """The answers to the concept questions (staff only); a lab may have none."""
        return self.hidden / "reference" / "concepts.toml"

    def reference_path(self, id: str) -> Path:
        """Where the reference solution of a question is, if it has one."""
        return self.hidden / "reference" / f"{id}.py"


def no_such_question(lab: LabParts, id: str, by_hand: bool = False) -> str:
    """Why a question cannot be graded, as a phrase after its ID; "" if it can. `by_hand`: questions marked by hand are allowed too."""
    automatic = [spec.id for spec in lab.questions.values() if by_hand or not spec.by_hand]
    if id in automatic:
        return ""
    if id in lab.questions and not automatic:
        return "is marked by hand, as every question of this lab."
    if id in lab.questions:
        return f"is marked by hand; the grader gives points for {all_of(sorted(automatic, key=natural))}."
    there = all_of(sorted(lab.questions, key=natural))
    return f"no such question{did_you_mean(id, automatic or list(lab.questions))}; this lab has {there}."
