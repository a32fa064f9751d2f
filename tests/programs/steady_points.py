"""The same points wherever and whenever: `make steady`.

    python tests/programs/steady_points.py --lab LAB [--rounds 1] [--training] [--jobs 2] [--busy 8] [--only NAME …] [--record FILE]

A class of right and wrong notebooks is graded under one condition after another: alone and next to busy processes, with one job
and with several, with 1, 2 and 16 threads set in the notebook's first cell. Right notebooks are graded completely, wrong ones only in
the wrong question. The points of every part are compared with the first grading, or with one that another run (for example with
another build of torch) recorded in FILE. Prints a line for each condition and one at the end; the exit code is 1 if a point changed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from gatelab.audit.notebooks import SETUP, write_notebook
from gatelab.audit.verify import styles
from gatelab.grading.engine import Engine
from gatelab.lab.bank import Bank, load_bank
from gatelab.lab.spec import Lab

ROOT = Path(__file__).resolve().parents[2]
EVERY = 2  # one wrong solution in this many is graded
EVERY_BESIDE_OTHERS = 6  # here each grading takes five times as long


@dataclass(frozen=True)
class Condition:
    name: str
    jobs: int = 1
    busy: int = 0
    threads: int | None = None


def conditions(jobs: int, busy: int) -> tuple[Condition, ...]:
    """The conditions to try in turn, with this number of jobs (if it is not one) and of busy processes next to the grader."""
    return (
        Condition("alone, one job"),
        Condition(f"alone, {jobs} jobs", jobs=jobs),
        Condition("1 thread set", jobs=jobs, threads=1),
        Condition("2 threads set", jobs=jobs, threads=2),
        Condition("16 threads set", jobs=jobs, threads=16),
        Condition("beside busy processes, one job", busy=busy),
        Condition(f"beside busy processes, {jobs} jobs", jobs=jobs, busy=busy),
        Condition("beside busy processes, 16 threads set", jobs=jobs, busy=busy, threads=16),
    )


@dataclass(frozen=True)
class Submission:
    """One notebook of the class, and the questions it is graded in (none: all)."""

    name: str
    cells: dict[str, Any]
    questions: tuple[str, ...] = ()


def the_class(bank: Bank, every: int) -> list[Submission]:
    """Every style of right solutions (in a thinned class every second one), and one wrong solution in EVERY."""
    right = [Submission(style.name, dict(style.cells)) for style in styles(bank)]
    wrong = [
        Submission(chaff.key.replace("/", " "), {chaff.question: chaff.source}, (chaff.question,))
        for chaff in bank.chaffs[::every]
    ]
    return (right if every == EVERY else right[::2]) + wrong


def with_threads(cells: dict[str, Any], threads: int | None) -> dict[str, Any]:
    """The same answers below a cell that sets the number of threads."""
    if threads is None:
        return cells
    first = f"import torch\ntorch.set_num_threads({threads})\ntorch.set_num_interop_threads({threads})\n"
    setup = cells.get("setup", SETUP)
    return cells | {"setup": (first + setup,) if isinstance(setup, str) else (first, *setup)}


@contextlib.contextmanager
def beside(number: int) -> Iterator[None]:
    """Keep this many processes busy."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def points(lab: Lab, bank: Bank, condition: Condition, training: bool) -> dict[str, dict[str, float]]:
    """Submission → part → points, its status first."""
    every = EVERY_BESIDE_OTHERS if condition.busy else EVERY
    with (
        tempfile.TemporaryDirectory() as folder,
        beside(condition.busy),
        Engine(lab, jobs=condition.jobs) as engine,
        ThreadPoolExecutor(condition.jobs) as pool,
    ):

        def graded(submission: Submission) -> dict[str, float]:
            cells = with_threads(submission.cells, condition.threads)
            path = write_notebook(Path(folder) / f"{submission.name}.ipynb", lab, cells)
            report = engine.grade(path, submission.name, submission.questions, training=training)
            parts = {f"{q.id}/{part.name}": part.points for q in report.questions for part in q.parts}
            return {report.status: report.points} | parts

        submissions = the_class(bank, every)
        return {s.name: found for s, found in zip(submissions, pool.map(graded, submissions), strict=True)}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lab", required=True, help="the lab's folder in assignment/")
    parser.add_argument("--rounds", type=int, default=1, help="how often every condition is tried")
    parser.add_argument("--training", action="store_true", help="also the parts that train a model")
    parser.add_argument("--jobs", type=int, default=2, help="gradings at once, where it is not one")
    parser.add_argument(
        "--busy", type=int, default=8, help="processes beside the grader that do nothing but work"
    )
    parser.add_argument("--only", action="append", help="conditions whose name holds this")
    parser.add_argument(
        "--record", type=Path, help="compared with what is there; written where there is none"
    )
    asked = parser.parse_args()
    lab = Lab.in_repository(ROOT, asked.lab)
    bank = load_bank(lab)
    print(f"torch {torch.__version__}, {'with' if asked.training else 'without'} trainings", flush=True)
    first: dict[str, dict[str, float]] = {}
    if asked.record and asked.record.exists():
        first = json.loads(asked.record.read_text())
    changed: list[str] = []
    gradings = 0
    for condition in conditions(asked.jobs, asked.busy) * asked.rounds:
        if asked.only and not any(word in condition.name for word in asked.only):
            continue
        began = time.monotonic()
        found = points(lab, bank, condition, asked.training)
        if not first:
            first = found
            if asked.record:
                asked.record.write_text(json.dumps(found, indent=1))
        wrong = [
            f"{name} {part}: {first[name].get(part)} and {parts.get(part)}"
            for name, parts in found.items()
            for part in first[name] | parts
            if first[name].get(part) != parts.get(part)
        ]
        gradings += len(found)
        changed += wrong
        print(
            f"{condition.name}: {len(found)} gradings, {len(wrong)} points changed, {time.monotonic() - began:.0f} s",
            flush=True,
        )
        for line in wrong:
            print(f"  {line}", flush=True)
    print(f"{gradings} gradings, {len(changed)} points changed")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
