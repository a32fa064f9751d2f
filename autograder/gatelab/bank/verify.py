"""Grade the suites: every wheat must pass everything, every chaff must lose its own question and no other.

The matrix that comes out is a page, a table in the README, and a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from gatelab.engine import Engine
from gatelab.folders import vanishing
from gatelab.lab import Lab
from gatelab.report.model import Report

from .load import Bank, Chaff
from .notebooks import write_notebook


@dataclass(frozen=True)
class ChaffRow:
    """Where one chaff lost points, and how it was named."""

    id: str
    question: str
    misconception: str
    lost: tuple[str, ...]  # parts of its own question
    elsewhere: tuple[str, ...]  # parts of other questions, "q3/values"; must be empty
    named: str | None  # what the diagnosis called it

    @property
    def caught(self) -> bool:
        return bool(self.lost) and not self.elsewhere

    @property
    def named_right(self) -> bool:
        return self.named == self.id


@dataclass(frozen=True)
class WheatRow:
    """One wheat at one seed: the parts it lost (must be none) with what the student would have read."""

    style: str
    seed: int
    lost: tuple[str, ...]


@dataclass
class Matrix:
    """What `gatelab verify` found."""

    chaffs: list[ChaffRow] = field(default_factory=list)
    wheats: list[WheatRow] = field(default_factory=list)
    seeds: tuple[int, ...] = ()
    empty: list[str] = field(
        default_factory=list
    )  # one sentence for each question that nothing was graded for
    told: dict[str, list] = field(default_factory=dict)  # grading → `told` of its report

    @property
    def faults(self) -> list[str]:
        """One sentence for each thing that must not be."""
        found = [*self.empty]
        found += [
            f"wheat {row.style} (seed {row.seed}) lost {', '.join(row.lost)}"
            for row in self.wheats
            if row.lost
        ]
        for row in self.chaffs:
            if not row.lost:
                found.append(f"chaff {row.question}/{row.id} passed its own question")
            if row.elsewhere:
                found.append(
                    f"chaff {row.question}/{row.id} lost points elsewhere: {', '.join(row.elsewhere)}"
                )
            if row.lost and not row.named_right:
                found.append(f"chaff {row.question}/{row.id} was named {row.named}")
        return found


def lost_parts(report: Report) -> list[str]:
    """`q1/outputs` for every part that was run and not passed."""
    if report.status != "graded":
        return [f"everything: {report.reason}"]
    return [f"{q.id}/{part.name}" for q in report.questions for part in q.parts if not part.passed]


def told(report: Report) -> list:
    """All that grades and feedback are made of: every point and every message; no times and no tracebacks."""
    return [
        (report.status, report.reason),
        *((cell.index, cell.what, cell.message) for cell in report.cells),
        *((q.id, q.misconception, q.note) for q in report.questions),
        *((f"{q.id}/{part.name}", part.points, part.message) for q in report.questions for part in q.parts),
    ]


def differences(first: Matrix, second: Matrix) -> list[str]:
    """One sentence for each grading that the second time gave another point or another message."""
    found = []
    for grading, before in first.told.items():
        after = second.told.get(grading, [])
        if before != after:
            line, other = next(pair for pair in zip_longest(before, after) if pair[0] != pair[1])
            found.append(f"{grading} was told {line} and then {other}")
    return found


def builds_on(lab: Lab, question: str) -> list[str]:
    """The questions that build on a name of this one."""
    names = set(lab.questions[question].names)
    return [id for id, spec in lab.questions.items() if names.intersection(spec.builds_on)]


def styles(bank: Bank) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Whole solutions made of wheat: the k-th has the k-th wheat of every question (the count of questions with
    fewer starts over), so that every wheat is in at least one."""
    by_question: dict[str, list] = {}
    for wheat in bank.wheats:
        by_question.setdefault(wheat.question, []).append(wheat)
    for k in range(max(map(len, by_question.values()), default=0)):
        chosen = {question: wheats[k % len(wheats)] for question, wheats in by_question.items()}
        yield (
            f"style {k + 1} ({', '.join(f'{q} {w.id}' for q, w in chosen.items())})",
            {question: wheat.source for question, wheat in chosen.items()},
        )
    for notebook in bank.notebooks:
        yield f"notebook {notebook.id.replace('_', ' ')}", notebook.cells


def unproved(lab: Lab, bank: Bank, questions: Sequence[str] = ()) -> Iterator[str]:
    """One sentence for each question (of these, or of all) whose suite the bank says nothing about."""
    for id in questions or lab.questions:
        # Without a reference in code there is nothing to write in another way, or wrongly.
        if lab.has_reference(id):
            if not bank.wheats_of(id):
                yield f"{id} has no wheat in {lab.bank / 'wheat' / id}: nothing shows that its suite passes correct work"
            if not bank.chaffs_of(id):
                yield f"{id} has no chaff in {lab.bank / 'chaff' / id}: nothing shows that its suite catches a mistake"


def verify(
    engine: Engine,
    bank: Bank,
    seeds: tuple[int, ...] = (11,),
    questions: tuple[str, ...] = (),
    training: bool = False,
    everywhere: bool = True,
    progress: Callable[[str], None] = lambda line: None,
) -> Matrix:
    """Grade the whole bank by the engine.

    Args:
        engine: does the grading, `engine.jobs` at once.
        bank: wheat and chaff.
        seeds: grading seeds for the wheat; the chaff is graded with the first.
        questions: restrict the chaff to these; all when empty.
        training: also run the parts that train (wheat with the first seed only).
        everywhere: grade a chaff in all questions; else in its own and in those that build on it, which are the
            only ones that could meet its names.
        progress: told of each grading done.
    """
    lab = engine.lab
    lab.check_questions(questions)
    matrix = Matrix(seeds=seeds, empty=list(unproved(lab, bank, questions)))
    with vanishing() as place, ThreadPoolExecutor(engine.jobs) as pool:

        def chaff_row(chaff: Chaff) -> ChaffRow:
            path = write_notebook(
                place / f"{chaff.question}-{chaff.id}.ipynb", lab, {chaff.question: chaff.source}
            )
            where = () if everywhere else (chaff.question, *builds_on(lab, chaff.question))
            report = engine.grade(path, chaff.key, where, seeds[0], training)
            matrix.told[chaff.key] = told(report)
            lost = lost_parts(report)
            own = tuple(name.partition("/")[2] for name in lost if name.startswith(f"{chaff.question}/"))
            elsewhere = tuple(name for name in lost if not name.startswith(f"{chaff.question}/"))
            named = report.question(chaff.question).misconception if report.status == "graded" else None
            progress(chaff.key)
            return ChaffRow(chaff.id, chaff.question, chaff.misconception, own, elsewhere, named)

        def wheat_row(job: tuple[str, Path, int]) -> WheatRow:
            style, path, seed = job
            report = engine.grade(path, style, seed=seed, training=training and seed == seeds[0])
            grading = f"{style.split(' (')[0]}, seed {seed}"
            matrix.told[grading] = told(report)
            progress(grading)
            return WheatRow(style, seed, tuple(lost_parts(report)))

        chosen = [chaff for chaff in bank.chaffs if not questions or chaff.question in questions]
        whole = [
            (style, write_notebook(place / f"wheat-{number}.ipynb", lab, sources))
            for number, (style, sources) in enumerate(styles(bank))
        ]
        jobs = [(style, path, seed) for style, path in whole for seed in seeds]
        matrix.chaffs = list(pool.map(chaff_row, chosen))
        matrix.wheats = list(pool.map(wheat_row, jobs))
    return matrix
