"""Tests the suites: every wheat must pass everything, every chaff must fail its own question and no other.

The matrix that comes out is a page, a table in the documentation, and a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from gatelab.audit.kept import Kept, digest, stamp
from gatelab.audit.notebooks import write_notebook
from gatelab.audit.seeds import Lost, listed, over_seeds, unstable
from gatelab.folders import vanishing
from gatelab.grading.engine import Engine
from gatelab.lab.bank import Bank, Chaff, Wheat
from gatelab.lab.spec import Lab
from gatelab.report.model import Report

Told = dict[str, list[tuple[Any, ...]]]  # question ID → a line for it and one for each part; "" → the rest


class LostPart(NamedTuple):
    """A part that was run and not passed. A submission that could not be graded lost them all: then there is no question, and `name`
    is the reason."""

    question: str | None
    name: str

    def __str__(self) -> str:
        return f"{self.question}/{self.name}" if self.question else f"everything: {self.name}"


@dataclass(frozen=True)
class ChaffRow:
    """Where one chaff lost points, and how it was named."""

    id: str
    question: str
    misconception: str
    lost: tuple[str, ...]  # parts of its own question
    elsewhere: tuple[LostPart, ...]  # parts of other questions; must be empty
    named: str  # what the diagnosis called it; "" for nothing
    earned: float = 0.0  # points of its question by the parts
    points: float = 0.0  # the same with follow-through credit
    of: float = 0.0

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
    lost: tuple[LostPart, ...]


@dataclass
class Matrix:
    """What `gatelab verify` found."""

    chaffs: list[ChaffRow] = field(default_factory=list)
    wheats: list[WheatRow] = field(default_factory=list)
    seeds: tuple[int, ...] = ()
    empty: list[str] = field(
        default_factory=list
    )  # one sentence for each question for which nothing was graded
    told: dict[str, Told] = field(default_factory=dict)  # grading → `told` of its report
    by_seed: dict[str, Lost] = field(default_factory=dict)  # chaff → parts lost → at how many seeds
    listed: dict[str, str] = field(default_factory=dict)  # chaffs whose lost parts may differ, and why

    @property
    def faults(self) -> list[str]:
        """One sentence for each violation."""
        found = [*self.empty]
        found += [
            f"wheat {row.style} (seed {row.seed}) lost {', '.join(map(str, row.lost))}"
            for row in self.wheats
            if row.lost
        ]
        for row in self.chaffs:
            if not row.lost:
                found.append(f"chaff {row.question}/{row.id} passed its own question")
            if row.elsewhere:
                found.append(
                    f"chaff {row.question}/{row.id} lost points elsewhere: {', '.join(map(str, row.elsewhere))}"
                )
            if row.lost and not row.named_right:
                found.append(f"chaff {row.question}/{row.id} was named {row.named or None}")
        return found + unstable(self.by_seed, self.listed)


def lost_parts(report: Report) -> list[LostPart]:
    """Every part that was run and not passed."""
    if report.status != "graded":
        return [LostPart(None, report.reason)]
    return [LostPart(q.id, part.name) for q in report.questions for part in q.parts if not part.passed]


def told(report: Report) -> Told:
    """Everything that grades and feedback are made from: every point and every message, but no times and no tracebacks."""
    whole = [(report.status, report.reason), *((c.index, c.what, c.message) for c in report.cells)]
    return {"": whole} | {
        q.id: [(q.id, q.recognised, q.note), *((f"{q.id}/{p.name}", p.points, p.told) for p in q.parts)]
        for q in report.questions
    }


def differences(first: Matrix, second: Matrix, gradings: Iterable[str] | None = None) -> list[str]:
    """One sentence for each grading (of these, or all) that the second time gave another point or another message.

    What the second time left out, because a chaff was graded in fewer questions, is not compared.
    """
    found = []
    for grading in first.told if gradings is None else gradings:
        both = [matrix.told.get(grading, {}) for matrix in (first, second)]
        left_out = _graded(both[0]) - _graded(both[1]) if both[1] else set()
        before, after = (
            [line for id, lines in told.items() if id not in left_out for line in lines] for told in both
        )
        if before != after:
            line, other = next(pair for pair in zip_longest(before, after) if pair[0] != pair[1])
            found.append(f"{grading} got {line} and then {other}")
    return found


def _graded(told: Told) -> set[str]:
    """The questions whose parts are reported, each in a line after the question's own."""
    return {id for id, lines in told.items() if id and len(lines) > 1}


def builds_on(lab: Lab, question: str) -> list[str]:
    """The questions that build on a name of this one."""
    names = set(lab.questions[question].names)
    return [id for id, spec in lab.questions.items() if names.intersection(spec.builds_on)]


class Style(NamedTuple):
    """A whole correct submission: its short name, what it is made of ("" for a whole notebook), and its code by question."""

    name: str
    made_of: str
    cells: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.name} ({self.made_of})" if self.made_of else self.name


def styles(bank: Bank) -> Iterator[Style]:
    """Whole solutions made of wheat: the k-th has the k-th wheat of every question (the count of questions with
    fewer starts over), so that every wheat is in at least one."""
    by_question: dict[str, list[Wheat]] = {}
    for wheat in bank.wheats:
        by_question.setdefault(wheat.question, []).append(wheat)
    for k in range(max(map(len, by_question.values()), default=0)):
        chosen = {question: wheats[k % len(wheats)] for question, wheats in by_question.items()}
        yield Style(
            f"style {k + 1}",
            ", ".join(f"{question} {wheat.id}" for question, wheat in chosen.items()),
            {question: wheat.source for question, wheat in chosen.items()},
        )
    for notebook in bank.notebooks:
        yield Style(f"notebook {notebook.id.replace('_', ' ')}", "", notebook.cells)


def unproved(lab: Lab, bank: Bank, questions: Sequence[str] = ()) -> Iterator[str]:
    """One sentence for each question (of these, or of all) whose suite the bank does not test."""
    assert lab.bank is not None
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
    seeds: tuple[int, ...] = (),
    questions: tuple[str, ...] = (),
    training: bool = False,
    everywhere: bool = True,
    chaff_seeds: tuple[int, ...] = (),
    progress: Callable[[str], None] = lambda line: None,
    kept: Kept | None = None,
) -> Matrix:
    """Grade the whole bank by the engine.

    Args:
        engine: does the grading, `engine.jobs` at once.
        bank: wheat and chaff.
        seeds: grading seeds for the wheat; the chaff is graded with the first. By default the engine's seed alone.
        questions: restrict the chaff to these; all when empty.
        training: also run the parts that train (wheat with the first seed only).
        everywhere: grade a chaff in all questions; else in its own and in those that build on it, which are the
            only ones that could meet its names.
        chaff_seeds: seeds at which each chaff must lose the same parts of its own question (seeds.py).
        progress: called after each grading.
        kept: results of runs before; new ones are added. Wheat is graded anew at the first seed.
    """
    lab, kept = engine.lab, kept or Kept(None)
    lab.check_questions(questions)
    seeds = seeds or (engine.seed,)
    matrix = Matrix(seeds=seeds, empty=list(unproved(lab, bank, questions)))
    with vanishing() as place, ThreadPoolExecutor(engine.jobs) as pool:

        def chaff_row(chaff: Chaff) -> ChaffRow:
            path = write_notebook(
                place / f"{chaff.question}-{chaff.id}.ipynb", lab, {chaff.question: chaff.source}
            )
            where = () if everywhere else (chaff.question, *builds_on(lab, chaff.question))
            # All of the bank can be part of a name; how many jobs there were is what `--twice` compares.
            of = path.read_text("utf-8"), everything, known, seeds[0], where, training, engine.jobs
            if (before := kept.find(*of)) is not None:
                matrix.told[chaff.key] = {id: list(map(tuple, lines)) for id, lines in before["told"].items()}
                row = before["row"]
                elsewhere = tuple(LostPart(*part) for part in row["elsewhere"])
                return ChaffRow(**row | {"lost": tuple(row["lost"]), "elsewhere": elsewhere})
            report = engine.grade(path, chaff.key, where, seeds[0], training)
            matrix.told[chaff.key] = told(report)
            lost = lost_parts(report)
            own = tuple(part.name for part in lost if part.question == chaff.question)
            elsewhere = tuple(part for part in lost if part.question != chaff.question)
            progress(chaff.key)
            made = ChaffRow(chaff.id, chaff.question, chaff.misconception, own, elsewhere, "")
            if report.status != "graded":
                return made
            question = report.question(chaff.question)
            made = replace(
                made, named=question.recognised, earned=question.earned, points=question.points,
                of=question.max_points,
            )  # fmt: skip
            kept.keep({"row": asdict(made), "told": matrix.told[chaff.key]}, *of)
            return made

        def wheat_row(job: tuple[Style, Path, int]) -> WheatRow:
            style, path, seed = job
            of = path.read_text(encoding="utf-8"), everything, seed
            if seed != seeds[0] and (before := kept.find(*of)) is not None:
                return WheatRow(str(style), seed, tuple(LostPart(*part) for part in before))
            report = engine.grade(path, str(style), seed=seed, training=training and seed == seeds[0])
            grading = f"{style.name}, seed {seed}"
            matrix.told[grading] = told(report)
            lost = lost_parts(report)
            kept.keep(lost, *of)
            progress(grading)
            return WheatRow(str(style), seed, tuple(lost))

        everything = stamp(lab)
        known = digest([(chaff.key, chaff.source, chaff.hint, chaff.credit) for chaff in bank.chaffs])
        chosen = [chaff for chaff in bank.chaffs if not questions or chaff.question in questions]
        whole = [
            (style, write_notebook(place / f"wheat-{number}.ipynb", lab, style.cells))
            for number, style in enumerate(styles(bank))
        ]
        jobs = [(style, path, seed) for style, path in whole for seed in seeds]
        matrix.chaffs = list(pool.map(chaff_row, chosen))
        matrix.wheats = list(pool.map(wheat_row, jobs))
    if chaff_seeds:
        matrix.by_seed = over_seeds(lab, chosen, chaff_seeds, engine.jobs, progress, kept)
        matrix.listed = {key: why for key, why in listed(lab).items() if key in matrix.by_seed}
    return matrix
