"""Tests the hidden suites: every wheat must pass everything, every chaff must fail its own question and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from gatelab.audit.matrix import ChaffRow, LostPart, Matrix, Outcome, WheatRow, lost_parts, outcome
from gatelab.audit.notebooks import write_notebook
from gatelab.audit.result_cache import ResultCache, digest, stamp
from gatelab.audit.seeds import listed, lost_over_seeds
from gatelab.folders import temporary_folder
from gatelab.grading.engine import Engine
from gatelab.lab.bank import Bank, Chaff, Wheat
from gatelab.lab.spec import Lab


def builds_on(lab: Lab, question: str) -> list[str]:
    """The questions that build on a name of this one."""
    names = set(lab.questions[question].names)
    return [id for id, spec in lab.questions.items() if names.intersection(spec.builds_on)]


class Style(NamedTuple):
    """A complete correct submission: its short name, what it is made of ("" for a whole notebook), and its code by question."""

    name: str
    made_of: str
    cells: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.name} ({self.made_of})" if self.made_of else self.name


def styles(bank: Bank) -> Iterator[Style]:
    """Complete solutions made of wheat. The k-th has the k-th wheat of every question, counting from the start again for
    questions with fewer, so that every wheat is in at least one."""
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


def untested_questions(lab: Lab, bank: Bank, questions: Sequence[str] = ()) -> Iterator[str]:
    """One sentence for each question (of these, or of all) whose suite the bank does not test."""
    assert lab.bank is not None
    for id in questions or lab.questions:
        # Without a reference in code there is no code that could be written in another way, or wrongly.
        if lab.has_reference(id):
            if not bank.wheats_of(id):
                yield f"{id} has no wheat in {lab.bank / 'wheat' / id}: nothing shows that its suite passes correct work"
            if not bank.chaffs_of(id):
                yield f"{id} has no chaff in {lab.bank / 'chaff' / id}: nothing shows that its suite catches a mistake"


@dataclass
class _Gradings:
    """Single gradings of the bank, made by the engine or taken from an earlier run. `outcomes` collects their outcomes."""

    engine: Engine
    first: int  # the first grading seed: chaff is graded with it, and wheat is graded with it in every run
    training: bool  # whether parts that train are run, with the first seed
    progress: Callable[[str], None]
    cache: ResultCache
    outcomes: dict[str, Outcome]

    def __post_init__(self) -> None:
        self.stamp = stamp(self.engine.lab)

    def chaff(self, chaff: Chaff, path: Path, where: tuple[str, ...], known: str) -> ChaffRow:
        """Grade a chaff in the questions `where` (all if empty). `known`: a digest of all chaffs that it could be named as."""
        # The number of jobs is included because `--twice` compares runs with different numbers.
        jobs = self.engine.jobs
        of = path.read_text("utf-8"), self.stamp, known, self.first, where, self.training, jobs
        if (before := self.cache.find(*of)) is not None:
            self.outcomes[chaff.key] = {id: list(map(tuple, lines)) for id, lines in before["told"].items()}
            return ChaffRow.from_json(before["row"])
        report = self.engine.grade(path, chaff.key, where, self.first, self.training)
        self.outcomes[chaff.key] = outcome(report)
        row = ChaffRow.from_report(chaff, report)
        self.progress(chaff.key)
        if report.status == "graded":
            self.cache.keep({"row": asdict(row), "told": self.outcomes[chaff.key]}, *of)
        return row

    def wheat(self, style: Style, path: Path, seed: int) -> WheatRow:
        of = path.read_text(encoding="utf-8"), self.stamp, seed
        if seed != self.first and (before := self.cache.find(*of)) is not None:
            return WheatRow(str(style), seed, tuple(LostPart(*part) for part in before))
        training = self.training and seed == self.first
        report = self.engine.grade(path, str(style), seed=seed, training=training)
        grading = f"{style.name}, seed {seed}"
        self.outcomes[grading] = outcome(report)
        lost = lost_parts(report)
        if report.status == "graded":
            self.cache.keep(lost, *of)
        self.progress(grading)
        return WheatRow(str(style), seed, tuple(lost))


def verify(
    engine: Engine,
    bank: Bank,
    seeds: tuple[int, ...] = (),
    questions: tuple[str, ...] = (),
    training: bool = False,
    everywhere: bool = True,
    chaff_seeds: tuple[int, ...] = (),
    progress: Callable[[str], None] = lambda line: None,
    cache: ResultCache | None = None,
) -> Matrix:
    """Grade the whole bank with the engine.

    Args:
        engine: does the grading, `engine.jobs` at once.
        bank: wheat and chaff.
        seeds: grading seeds for the wheat; the chaff is graded with the first. By default the engine's seed alone.
        questions: restrict the chaff to these; all when empty.
        training: also run the parts that train (wheat with the first seed only).
        everywhere: grade a chaff in all questions; otherwise in its own and in those that build on it, because
            no others use its names.
        chaff_seeds: seeds at which each chaff must lose the same parts of its own question (seeds.py).
        progress: called after each grading.
        cache: results of earlier runs; new ones are added. Wheat is always graded again with the first seed.
    """
    lab, cache = engine.lab, cache or ResultCache(None)
    lab.check_questions(questions)
    seeds = seeds or (engine.seed,)
    matrix = Matrix(seeds=seeds, empty=list(untested_questions(lab, bank, questions)))
    gradings = _Gradings(engine, seeds[0], training, progress, cache, matrix.outcomes)
    known = digest([(chaff.key, chaff.source, chaff.hint, chaff.credit) for chaff in bank.chaffs])
    chosen = [chaff for chaff in bank.chaffs if not questions or chaff.question in questions]
    with temporary_folder() as place, ThreadPoolExecutor(engine.jobs) as pool:

        def chaff_row(chaff: Chaff) -> ChaffRow:
            path = place / f"{chaff.question}-{chaff.id}.ipynb"
            write_notebook(path, lab, {chaff.question: chaff.source})
            where = () if everywhere else (chaff.question, *builds_on(lab, chaff.question))
            return gradings.chaff(chaff, path, where, known)

        whole = [
            (style, write_notebook(place / f"wheat-{number}.ipynb", lab, style.cells))
            for number, style in enumerate(styles(bank))
        ]
        jobs = [(style, path, seed) for style, path in whole for seed in seeds]
        matrix.chaffs = list(pool.map(chaff_row, chosen))
        matrix.wheats = list(pool.map(lambda job: gradings.wheat(*job), jobs))
    if chaff_seeds:
        graded = [chaff for chaff, row in zip(chosen, matrix.chaffs, strict=True) if not row.ungraded]
        matrix.by_seed = lost_over_seeds(lab, graded, chaff_seeds, engine.jobs, progress, cache)
        matrix.listed = {key: why for key, why in listed(lab).items() if key in matrix.by_seed}
    return matrix
