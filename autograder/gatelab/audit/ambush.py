"""Finds ambushes: wrong work that passes every public check and then loses more than a twentieth of a question's points.

The question's public check is run on every chaff of the bank and every mutant of the references. Those that pass it are graded
by the hidden suite. Each runs in a process of its own, as in mutate_run.py.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from multiprocessing.connection import Connection

from gatelab.audit.fingerprints import check_names, check_source, namespace
from gatelab.audit.mutate import mutants
from gatelab.audit.mutate_run import code_of, limit_this_process, outcomes
from gatelab.audit.without_wall_clock import GradingWithoutWallClock
from gatelab.grading.examiner import run_suites
from gatelab.grading.plugin import LocalWorkers
from gatelab.lab.bank import Bank
from gatelab.lab.importing import importable
from gatelab.lab.spec import Lab
from gatelab.report.record.model import Kind
from gatelab.source_without_comments import without_comments

SHARE = 0.05  # share of a question's points that may be lost without a warning from the public check
FAILED_PUBLIC_CHECK = "red"


@dataclass(frozen=True)
class Wrong:
    """One wrong solution. `name` is a chaff's ID, or describes a mutant's change."""

    name: str
    source: str = field(repr=False)


@dataclass
class Tally:
    """The results of the wrong solutions of one question."""

    question: str
    stamp: str = ""
    wrong: int = 0  # tried with the public check
    passed: int = 0  # that passed it
    ambushes: list[tuple[str, float, float]] = field(
        default_factory=list
    )  # name, points lost, points of the question


def wrong_work(lab: Lab, bank: Bank, question: str) -> list[Wrong]:
    """The chaffs and the mutants of a question."""
    found = [Wrong(chaff.id, chaff.source) for chaff in bank.chaffs_of(question)]
    for mutant in mutants(lab.reference(question)):
        where, before, after = mutant.name
        found.append(Wrong(f"in {where}, `{before}` → `{after}`", mutant.source))
    return found


def try_wrong_work(
    lab: Lab,
    bank: Bank,
    questions: Iterable[str],
    jobs: int,
    seed: int,
    seconds: int,
    progress: Callable[[str], None] = lambda line: None,
) -> list[Tally]:
    """Run the public checks and suites of these questions on their wrong work, `jobs` at once, each for at most `seconds` of CPU time."""
    import torch

    torch.set_num_threads(1)
    results = []
    for question in questions:
        passes_public_check(
            lab, question, lab.reference(question)
        )  # here, so that every fork already has what it imports
        found = Tally(question, stamp(lab, bank, question))
        for wrong, points in outcomes(
            partial(_judge, lab, question, seed, seconds), wrong_work(lab, bank, question), jobs
        ):
            found.wrong += 1
            if points is not None and points != FAILED_PUBLIC_CHECK:
                found.passed += 1
                lost, of = points
                if lost > SHARE * of:
                    found.ambushes.append((wrong.name, lost, of))
        found.ambushes.sort(key=lambda row: (-row[1], row[0]))
        progress(
            f"{question}: {found.passed} of {found.wrong} pass the public check, {len(found.ambushes)} lose more than {SHARE:.0%}"
        )
        results.append(found)
    return results


def stamp(lab: Lab, bank: Bank, question: str) -> str:
    """Eight digits that change whenever the code of the public check, the chaffs, the reference, its suite or the mutator changes."""
    code = [check_source(lab, question), *(chaff.source for chaff in bank.chaffs_of(question))]
    return sha256(code_of(lab, question) + "".join(map(without_comments, code)).encode()).hexdigest()[:8]


def passes_public_check(lab: Lab, question: str, source: str) -> bool:
    """Whether every case of the public check passes with this code executed on top of the references."""
    names = namespace(lab)
    with (
        importable(lab.assignment),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        from otter.test_files import test_case

        try:
            exec(compile(source, question, "exec"), names)
            cases = [value for value in check_names(lab, question).values() if isinstance(value, test_case)]
            for case in cases:
                case.call_func(names)
        except Exception:
            return False
    return bool(cases)


def _judge(lab: Lab, question: str, seed: int, seconds: int, source: str, line: Connection) -> None:
    """In a process of its own: send FAILED_PUBLIC_CHECK, or the points that are lost in the hidden suite and the question's points."""
    limit_this_process(seconds)
    points: tuple[float, float] | str = FAILED_PUBLIC_CHECK
    if passes_public_check(lab, question, source):
        grading = GradingWithoutWallClock(lab, seed, LocalWorkers(lab, [source]), None)
        run_suites(lab, grading, [question], training=False)
        parts = [p for p in grading.finished[question].parts if p.kind is not Kind.NOT_RUN]
        lost = sum(part.max_points - part.points for part in parts)
        points = round(lost, 6), lab.questions[question].points
    line.send(points)
    os._exit(0)


HEAD = """# Wrong work that passes the public checks

Work that passes every public check and then loses points is a bad surprise for the student. The public checks were run on
every chaff and every mutant of the references; those that passed were graded, without the parts that train a model. This
page is written by `make ambush` (seed {seed}). A test fails if a public check, a chaff, a reference, its suite or the rules
for making mutants have changed since (the stamp is a digest of them).

"""
COLUMNS = ("question", "wrong solutions", "pass the public check", f"lose more than {SHARE:.0%}", "stamp")


def page(results: list[Tally], seed: int) -> str:
    """The text of ambush.md: the counts, and each piece of wrong work that students are not warned about."""
    counts = [(t.wrong, t.passed, len(t.ambushes)) for t in results]
    rows = [(t.question, *of, t.stamp) for t, of in zip(results, counts, strict=True)]
    sums = [sum(column) for column in zip(*counts, strict=True)]
    lines = [f"| {' | '.join(COLUMNS)} |", "| --- |" + " ---: |" * 3 + " --- |"]
    lines += [f"| {' | '.join(map(str, row))} |" for row in (*rows, ("all", *sums, ""))]
    for t in results:
        if t.ambushes:
            lines += ["", f"## {t.question}", ""]
            lines += [
                f"- loses {lost:g} of {of:g}: {' '.join(name.split())}" for name, lost, of in t.ambushes
            ]
    return HEAD.format(seed=seed) + "\n".join(lines) + "\n"
