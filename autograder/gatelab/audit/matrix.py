"""The results of `gatelab verify`: where each wheat and chaff lost points, with which messages, and which of that is a fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any, NamedTuple

from gatelab.audit.seeds import Lost, unstable
from gatelab.lab.bank import Chaff
from gatelab.limits import LINE_SHOWN
from gatelab.report.record.model import Report
from gatelab.text import brief

Outcome = dict[str, list[tuple[Any, ...]]]  # question ID → a line for it and one for each part; "" → the rest


class LostPart(NamedTuple):
    """A part that was run and not passed, and the message. If a submission could not be graded, `question` is None and `name` is the
    reason."""

    question: str | None
    name: str
    message: str = ""

    def __str__(self) -> str:
        return f"{self.question}/{self.name}" if self.question else self.name


@dataclass(frozen=True)
class ChaffRow:
    """Where one chaff lost points, and how it was named."""

    id: str
    question: str
    misconception: str
    lost: tuple[str, ...]  # parts of its own question
    elsewhere: tuple[LostPart, ...]  # parts of other questions; there must be none
    named: str  # what the diagnosis called it; "" for nothing
    earned: float = 0.0  # points of its question, from the parts
    points: float = 0.0  # the same with follow-through credit
    of: float = 0.0

    @classmethod
    def from_report(cls, chaff: Chaff, report: Report) -> ChaffRow:
        """Make a row from the engine's report on this chaff."""
        lost = lost_parts(report)
        own = tuple(part.name for part in lost if part.question == chaff.question)
        elsewhere = tuple(part for part in lost if part.question != chaff.question)
        row = cls(chaff.id, chaff.question, chaff.misconception, own, elsewhere, "")
        if report.status != "graded":
            return row
        question = report.question(chaff.question)
        return replace(
            row, named=question.recognised, earned=question.earned, points=question.points,
            of=question.max_points,
        )  # fmt: skip

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> ChaffRow:
        """Make a row from JSON, as `asdict` wrote it."""
        elsewhere = tuple(LostPart(*part) for part in row["elsewhere"])
        return cls(**{**row, "lost": tuple(row["lost"]), "elsewhere": elsewhere})

    @property
    def caught(self) -> bool:
        return bool(self.lost) and not self.elsewhere

    @property
    def ungraded(self) -> str:
        """Why it could not be graded at all; "" if it was."""
        return _reason(self.elsewhere)

    @property
    def named_right(self) -> bool:
        return self.named == self.id


@dataclass(frozen=True)
class WheatRow:
    """One wheat at one seed, and the parts it lost (there must be none)."""

    style: str
    seed: int
    lost: tuple[LostPart, ...]

    @property
    def ungraded(self) -> str:
        """Why it could not be graded at all; "" if it was."""
        return _reason(self.lost)

    @property
    def fault(self) -> str:
        """What it lost, and the first message of each question."""
        first = {part.question: part.message for part in reversed(self.lost) if part.message}
        said = "; ".join(f"{id}: {brief(first[id], LINE_SHOWN).removesuffix('.')}" for id in reversed(first))
        lost = f"wheat {self.style} (seed {self.seed}) lost {', '.join(map(str, self.lost))}"
        return f"{lost} ({said})" if said else lost


@dataclass
class Matrix:
    """What `gatelab verify` found."""

    chaffs: list[ChaffRow] = field(default_factory=list)
    wheats: list[WheatRow] = field(default_factory=list)
    seeds: tuple[int, ...] = ()
    empty: list[str] = field(
        default_factory=list
    )  # a sentence for each question for which nothing was graded
    outcomes: dict[str, Outcome] = field(default_factory=dict)  # grading → the outcome of its report
    by_seed: dict[str, Lost] = field(default_factory=dict)  # chaff → parts lost → at how many seeds
    listed: dict[str, str] = field(default_factory=dict)  # chaffs whose lost parts may differ, and why

    @property
    def faults(self) -> list[str]:
        """One sentence for each violation."""
        found = [*self.empty, *self._ungraded()]
        found += [row.fault for row in self.wheats if row.lost and not row.ungraded]
        for row in self.chaffs:
            if row.ungraded:
                continue
            if not row.lost:
                found.append(f"chaff {row.question}/{row.id} passed its own question")
            if row.elsewhere:
                found.append(
                    f"chaff {row.question}/{row.id} lost points elsewhere: {', '.join(map(str, row.elsewhere))}"
                )
            if row.lost and not row.named_right:
                what = (
                    f"was taken for {row.named}" if row.named else "was caught, but its mistake was not named"
                )
                found.append(f"chaff {row.question}/{row.id} {what}")
        return found + unstable(self.by_seed, self.listed)

    def _ungraded(self) -> Iterator[str]:
        """One sentence for each reason why something could not be graded."""
        whose: dict[str, list[str]] = {}
        for wheat in self.wheats:
            if wheat.ungraded:
                whose.setdefault(wheat.ungraded, []).append(f"wheat {wheat.style} (seed {wheat.seed})")
        for chaff in self.chaffs:
            if chaff.ungraded:
                whose.setdefault(chaff.ungraded, []).append(f"chaff {chaff.question}/{chaff.id}")
        for why, rows in whose.items():
            what = f"{rows[0]} could" if len(rows) == 1 else f"{len(rows)} wheats and chaffs could"
            yield f"{what} not be graded: {why}"


def lost_parts(report: Report) -> list[LostPart]:
    """Every part that was run and not passed."""
    if report.status != "graded":
        return [LostPart(None, report.reason)]
    return [
        LostPart(q.id, part.name, part.student_text)
        for q in report.questions
        for part in q.parts
        if not part.passed
    ]


def _reason(lost: Iterable[LostPart]) -> str:
    return next((part.name for part in lost if part.question is None), "")


def outcome(report: Report) -> Outcome:
    """Everything that grades and feedback consist of: all points and messages, but no times and no tracebacks."""
    whole = [(report.status, report.reason), *((c.index, c.what, c.message) for c in report.cells)]
    return {"": whole} | {
        q.id: [
            (q.id, q.recognised, q.note),
            *((f"{q.id}/{p.name}", p.points, p.student_text) for p in q.parts),
        ]
        for q in report.questions
    }


def differences(first: Matrix, second: Matrix, gradings: Iterable[str] | None = None) -> list[str]:
    """One sentence for each grading (of these, or all) that gave other points or other messages the second time.

    Questions that were left out the second time, because a chaff was graded in fewer questions, are not compared.
    """
    found = []
    for grading in first.outcomes if gradings is None else gradings:
        both = [matrix.outcomes.get(grading, {}) for matrix in (first, second)]
        left_out = _graded(both[0]) - _graded(both[1]) if both[1] else set()
        before, after = (
            [line for id, lines in outcome.items() if id not in left_out for line in lines]
            for outcome in both
        )
        if before != after:
            line, other = next(pair for pair in zip_longest(before, after) if pair[0] != pair[1])
            found.append(f"{grading} got {line} and then {other}")
    return found


def _graded(outcome: Outcome) -> set[str]:
    """The questions whose parts are reported, each in a line after the question's own."""
    return {id for id, lines in outcome.items() if id and len(lines) > 1}
