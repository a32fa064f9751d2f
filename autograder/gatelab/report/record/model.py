"""The report: the one record of a graded submission, from which every output is made.

Plain dataclasses that go to JSON, and back by schema.py. Fields marked *staff* never reach a student: the outputs for
students (feedback page, otter, Gradescope) leave them out. docs/report.schema.json is the form of the JSON, made from
these classes (schema.py) and checked whenever a report is read; if it changes, so does FORMAT, and
older_formats.py converts the reports of the ones before.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Literal

from gatelab.handed_out.lists import listed
from gatelab.limits import OTHER_NOTEBOOKS
from gatelab.report.record.curve import STRICT, Curve
from gatelab.report.record.exceptions import Raised

# "failed" is the grader's or the machine's own fault: never a 0, and tried again by the same command.
Status = Literal["graded", "ungradable", "failed"]
# What became of a cell; "asleep" is of a kind that Jupyter does not run, "bound again" has a name that refers to another answer.
Stopped = Literal["raised", "crashed", "timed out", "skipped", "asleep", "bound again"]
FORMAT = 5  # of the JSON
OUR_FAULT = "not graded, our fault"  # the status that people read instead


class Kind(StrEnum):
    """Why a part failed. The last four are not mistakes in the answer."""

    WRONG = "wrong"  # what came back is not right
    RAISED = "raised"  # the answer's code raised an exception
    LOST = "lost"  # its process ended, hung, or ran out of time or memory
    LEFT_CHANGED = "left changed"  # a call changed what it must leave as it is
    NOT_COMPLETED = "not completed"  # the suite could not go on with what came back
    UNTOUCHED = "untouched"  # a stub, or a concept question, as it was handed out
    NOT_DEFINED = "not defined"  # the notebook does not define the name
    NOT_RUN = "not run"  # the check was not reached
    TIME_UP = "time up"  # the platform's time limit for the whole grading was reached


@dataclass(slots=True)
class Part:
    """One share of a question's points: a hidden test function with all its parameters."""

    __pydantic_config__ = STRICT

    name: str
    points: float
    max_points: float
    kind: Kind | None  # why it failed; None: it passed
    message: str = ""  # for the student, what is wrong; empty when passed
    hint: str = ""  # for the student, what it means or what to do; empty if there is nothing to add
    suite_error: Raised | None = None  # staff: the suite's own exception
    student_error: Raised | None = None  # staff: the last exception of the student's code

    @property
    def passed(self) -> bool:
        return self.kind is None

    @property
    def student_text(self) -> str:
        """For the student: the message and the hint."""
        return f"{self.message} {self.hint}" if self.hint else self.message


@dataclass(frozen=True, slots=True)
class Mistake:
    """A known mistake that an answer was recognised as: a chaff of the bank."""

    __pydantic_config__ = STRICT

    id: str  # staff: the chaff's
    message: str  # for the student: what it is
    hint: str  # for the student


@dataclass(slots=True)
class SecondGrading:
    """Staff: a question graded a second time, with other versions of what it builds on. It earned no
    more points, so it does not count."""

    __pydantic_config__ = STRICT

    own: list[str]  # names that were the student's own; the others were the references
    parts: list[Part]


@dataclass(slots=True)
class Question:
    """One question's result. `output` is what the student's code printed, cut at 64 KiB (staff)."""

    __pydantic_config__ = STRICT

    id: str
    title: str
    max_points: float
    parts: list[Part] = field(default_factory=list)
    # The mistakes whose numbers the submission gave: one, or two made at once.
    mistakes: list[Mistake] = field(default_factory=list)
    # Points that the question earns at least: the mistake was recognised in full, and its file states this share.
    credit: float = 0.0
    output: str = ""  # staff
    # Staff, of a wrong answer that no known mistake explains: the same for answers that compute the same, and the answer's code (`gatelab misses`).
    signature: str = ""
    code: str = ""
    by_hand: bool = False
    seconds: float = 0.0
    own: list[str] = field(default_factory=list)  # staff: earlier names that were the student's own here
    second_grading: SecondGrading | None = None  # staff
    curve: Curve | None = None  # of a question that trains a model

    @property
    def earned(self) -> float:
        """What the parts give."""
        return round(sum(part.points for part in self.parts), 6)

    @property
    def graded(self) -> float:
        """The grader's points: what the parts give, or the follow-through credit if that is more."""
        return max(self.earned, self.credit)

    @property
    def points(self) -> float:
        """The points that count."""
        return self.graded

    @property
    def followed_through(self) -> bool:
        """Whether the credit gives more than the parts."""
        return self.credit > self.earned

    @property
    def recognised(self) -> str:
        """For staff: the IDs of the mistakes, `summed+over-the-batch` for two; "" if none was recognised."""
        return "+".join(mistake.id for mistake in self.mistakes)

    @property
    def note(self) -> str:
        """For the student: the mistakes and their hints; "" if none was recognised."""
        notes = (f"{message} Hint: {hint}" if hint else message for message, hint in self.explained)
        return " And: ".join(notes)

    @property
    def explained(self) -> list[tuple[str, str]]:
        """What each mistake is, and its hint: of two mistakes with the same one, only the second has it."""
        later = [one.hint for one in self.mistakes[1:]]
        return [
            (one.message, "" if one.hint in later[k:] else one.hint) for k, one in enumerate(self.mistakes)
        ]

    @property
    def follow_through(self) -> str:
        """For the student: why there are more points than the parts add up to; "" if there are not."""
        if not self.followed_through:
            return ""
        alone = (
            "these two mistakes alone produce" if len(self.mistakes) > 1 else "this mistake alone produces"
        )
        return (
            f"All results in this question that can be compared are what {alone}. You therefore earn "
            f"{self.points:g} of {self.max_points:g} points; the parts below alone would earn {self.earned:g}."
        )

    @property
    def attempted(self) -> bool:
        """Whether the student wrote anything here."""
        return not self.parts or any(part.passed or part.kind is not Kind.UNTOUCHED for part in self.parts)


@dataclass(slots=True)
class CellProblem:
    """A code cell that did not run to the end, or was left out (`index` counts all cells of the notebook from 1, as editors do).

    `start` is its first words, by which its author finds it.
    """

    __pydantic_config__ = STRICT

    index: int
    what: Stopped
    message: str
    start: str = ""
    missing: str = ""  # the name that was not defined, if that is what it raised

    @property
    def name(self) -> str:
        """`cell 12 ("def softmax…")`, as it is named everywhere."""
        return f'cell {self.index} ("{self.start}")' if self.start else f"cell {self.index}"


@dataclass(frozen=True, slots=True)
class GradingHashes:
    """What a class run graded the submission with, in hashes (report/record/hashes.py): the report is valid as long as they are the same."""

    __pydantic_config__ = STRICT

    key: str = ""  # of everything, the submission included; "": the report has not been graded as a whole with what there was
    # Question ID → of what decides its points; "" → of what belongs to no single question.
    questions: dict[str, str] = field(default_factory=dict)


@dataclass
class Report:
    """Every submission that came in gets exactly one."""

    __pydantic_config__ = STRICT

    submission: str
    status: Status
    reason: str = ""  # why not graded: one sentence that says what to do
    student_reason: str = ""  # the same as the student reads it, if that is another sentence
    quick: bool = False  # a quick look without trainings, which is no grade
    sha256: str = ""
    seed: int = 0
    lab: str = ""
    questions: list[Question] = field(default_factory=list)
    cells: list[CellProblem] = field(default_factory=list)
    others: list[str] = field(default_factory=list)  # notebooks that came in with it and were not graded
    as_handed_out: bool = False  # no answer cell differs from the release's
    hints: list[str] = field(default_factory=list)  # staff: library shortcuts seen in the code, …
    protection: dict[str, bool] = field(default_factory=dict)  # each piece of confinement, on or off
    versions: dict[str, str] = field(default_factory=dict)
    grading_hashes: GradingHashes | None = None  # None: not graded by a class run
    output: str = ""  # staff: what the cells printed while loading
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0

    @property
    def points(self) -> float:
        return round(sum(question.points for question in self.questions), 6)

    @property
    def max_points(self) -> float:
        """What the grader can give; the questions marked by hand are not in it."""
        return sum(question.max_points for question in self.questions if not question.by_hand)

    @property
    def unfinished(self) -> list[str]:
        """IDs of the questions for which the grader ran out of time: they may be worth more than the points they have."""
        return [
            q.id
            for q in self.questions
            if any(
                p.kind is Kind.TIME_UP
                for p in [*q.parts, *(q.second_grading.parts if q.second_grading else ())]
            )
        ]

    @property
    def shown_status(self) -> str:
        """The status as a person reads it."""
        return OUR_FAULT if self.status == "failed" else self.status

    @property
    def notes(self) -> list[str]:
        """What staff and student should know about the work as a whole: one sentence each."""
        notes = []
        if self.others:
            notes.append(f"Also handed in and not graded: {listed(self.others, OTHER_NOTEBOOKS)}.")
        checked = [question for question in self.questions if question.parts and not question.by_hand]
        unwritten = [
            question.id for question in self.questions if question.by_hand and not question.attempted
        ]
        left = [question.id for question in checked if not question.attempted]
        if self.status == "graded" and self.as_handed_out and self.points == 0:
            notes.append("This is the notebook as it was handed out: nothing was written in it.")
        elif checked and len(left) == len(checked) > 1:
            notes.append("Nothing was written: none of the questions that were graded has an answer.")
        elif left:
            notes.append(f"Nothing was written for {', '.join(left)}.")
        if unwritten and not (self.as_handed_out and self.points == 0):
            notes.append(
                f"Nothing was written for {', '.join(unwritten)}, to be marked by hand: 0 points, unless staff decide otherwise."
            )
        return notes

    def question(self, id: str) -> Question:
        """Return the question with this ID. Raises KeyError when the lab has none."""
        for question in self.questions:
            if question.id == id:
                return question
        raise KeyError(id)

    def to_dict(self) -> dict[str, Any]:
        """The report as data. It holds totals for readers of the JSON (`earned`: by the parts alone), since fractions of a point do not add up exactly."""
        data = asdict(self)
        for question, row in zip(self.questions, data["questions"], strict=True):
            row |= {"points": question.points, "earned": question.earned}
            for part in [*row["parts"], *(row["second_grading"] or {"parts": ()})["parts"]]:
                # Plain text, because otter pickles what it gets and may unpickle it where the kit is not installed.
                part |= {"kind": part["kind"] and part["kind"].value, "passed": part["kind"] is None}
        return {"format": FORMAT, **data, "points": self.points, "max_points": self.max_points}

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False) + "\n"
