"""Ambushes: wrong work that passes every public check and then loses more than a twentieth of a question.

Every chaff of the bank and every mutant of the references is put to the question's public check; what it lets pass is
graded by the hidden suite. Each has a process of its own, as in mutate_run.py.
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
from gatelab.audit.mutate_run import code_of, limit, outcomes
from gatelab.audit.without_wall_clock import GradingWithoutWallClock
from gatelab.grading.examiner import run_suites
from gatelab.grading.plugin import LocalWorkers
from gatelab.lab.bank import Bank
from gatelab.lab.importing import importable
from gatelab.lab.spec import Lab
from gatelab.report.record.model import Kind
from gatelab.source_without_comments import without_comments

SHARE = 0.05  # share of a question's points that may be lost without a warning from the public check
RED = "red"


@dataclass(frozen=True)
class Wrong:
    """One wrong solution: a chaff's ID, or the change that a mutant is."""

    name: str
    source: str = field(repr=False)


@dataclass
class Tally:
    """The results of the wrong solutions of one question."""

    question: str
    stamp: str = ""
    wrong: int = 0  # put to the public check
    green: int = 0  # passed by it
    ambushes: list[tuple[str, float, float]] = field(default_factory=list)  # name, points lost, of


def wrong_work(lab: Lab, bank: Bank, question: str) -> list[Wrong]:
    """The chaffs and the mutants of a question."""
    found = [Wrong(chaff.id, chaff.source) for chaff in bank.chaffs_of(question)]
    for mutant in mutants(lab.reference(question)):
        where, before, after = mutant.name
        found.append(Wrong(f"in {where}, `{before}` → `{after}`", mutant.source))
    return found


def tally(
    lab: Lab,
    bank: Bank,
    questions: Iterable[str],
    jobs: int,
    seed: int,
    seconds: int,
    progress: Callable[[str], None] = lambda line: None,
) -> list[Tally]:
    """Try the wrong work of these questions with the checks, `jobs` at once, each with this many seconds of processor time."""
    import torch

    torch.set_num_threads(1)
    results = []
    for question in questions:
        is_green(
            lab, question, lab.reference(question)
        )  # here, so that what it imports is there for every fork
        found = Tally(question, stamp(lab, bank, question))
        for wrong, points in outcomes(
            partial(_judge, lab, question, seed, seconds), wrong_work(lab, bank, question), jobs
        ):
            found.wrong += 1
            if points is not None and points != RED:
                found.green += 1
                lost, of = points
                if lost > SHARE * of:
                    found.ambushes.append((wrong.name, lost, of))
        found.ambushes.sort(key=lambda row: (-row[1], row[0]))
        progress(
            f"{question}: {found.green} of {found.wrong} green, {len(found.ambushes)} lose more than {SHARE:.0%}"
        )
        results.append(found)
    return results


def stamp(lab: Lab, bank: Bank, question: str) -> str:
    """Eight digits that change with the code of the public check, the chaff, the reference, its suite or the mutator."""
    code = [check_source(lab, question), *(chaff.source for chaff in bank.chaffs_of(question))]
    return sha256(code_of(lab, question) + "".join(map(without_comments, code)).encode()).hexdigest()[:8]


def is_green(lab: Lab, question: str, source: str) -> bool:
    """Whether every case of the public check passes on the references with this code on top of them."""
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
    """In a process of its own: RED, or the points that the hidden suite takes and of how many."""
    limit(seconds)
    points: tuple[float, float] | str = RED
    if is_green(lab, question, source):
        grading = GradingWithoutWallClock(lab, seed, LocalWorkers(lab, [source]), None)
        run_suites(lab, grading, [question], training=False)
        parts = [p for p in grading.finished[question].parts if p.kind is not Kind.NOT_RUN]
        lost = sum(part.max_points - part.points for part in parts)
        points = round(lost, 6), lab.questions[question].points
    line.send(points)
    os._exit(0)


HEAD = """# Wrong work that the public checks let pass

A student whose work passes every public check and then loses points gets a bad surprise. Every chaff and every mutant of
the references was put to the public checks; what they let pass was graded, without the parts that train. Written by
`make ambush` (seed {seed}); a test fails when a public check, a chaff, a reference, its suite or the rules by which
mutants are made are no longer those of the stamp.

"""
COLUMNS = ("question", "wrong solutions", "green in public", f"lose more than {SHARE:.0%}", "stamp")


def page(results: list[Tally], seed: int) -> str:
    """ambush.md: the counts, and each piece of wrong work that nobody is warned of."""
    counts = [(t.wrong, t.green, len(t.ambushes)) for t in results]
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
