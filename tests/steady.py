"""The same points wherever and whenever: `make steady`.

    python tests/steady.py [--rounds 1] [--training] [--only NAME …]

A class of right and wrong notebooks is graded under one condition after another: alone and beside eight busy
processes, with one job and two, with 1, 2 and 16 threads set in the notebook's first cell. Every point of every part is
compared with the first grading. Prints a line for each condition and one in the end; exit code 1 when a point changed.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from gatelab.bank.load import Bank, load_bank
from gatelab.bank.notebooks import SETUP, write_notebook
from gatelab.bank.verify import styles
from gatelab.engine import Engine
from gatelab.lab import Lab

BUSY = 8  # processes beside the grader
EVERY = 9  # of the wrong solutions, one in so many


@dataclass(frozen=True)
class Condition:
    name: str
    jobs: int = 1
    busy: int = 0
    threads: int | None = None


CONDITIONS = (
    Condition("alone, one job"),
    Condition("alone, two jobs", jobs=2),
    Condition("1 thread set", threads=1),
    Condition("2 threads set", jobs=2, threads=2),
    Condition("16 threads set", jobs=2, threads=16),
    Condition("beside busy processes, one job", busy=BUSY),
    Condition("beside busy processes, two jobs", jobs=2, busy=BUSY),
    Condition("beside busy processes, 16 threads set", jobs=2, busy=BUSY, threads=16),
)


def write_class(lab: Lab, bank: Bank, folder: Path, threads: int | None) -> list[tuple[str, Path]]:
    """Every style of right solutions and every ninth wrong one."""
    first = (
        f"import torch\ntorch.set_num_threads({threads})\ntorch.set_num_interop_threads({threads})\n"
        if threads
        else ""
    )
    found = []
    solutions = [(name.split(" (")[0], cells) for name, cells in styles(bank)]
    solutions += [
        (chaff.key.replace("/", " "), {chaff.question: chaff.source}) for chaff in bank.chaffs[::EVERY]
    ]
    for name, cells in solutions:
        setup = cells.get("setup", SETUP)
        setup = (first + setup,) if isinstance(setup, str) else (first, *setup)
        path = write_notebook(folder / f"{name}.ipynb", lab, dict(cells) | {"setup": setup})
        found.append((name, path))
    return found


@contextlib.contextmanager
def beside(number: int) -> Iterator[None]:
    """So many processes that do nothing but work."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def points(lab: Lab, bank: Bank, condition: Condition, training: bool) -> dict[str, dict[str, float]]:
    """Submission → part → points, its status first."""
    found = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        beside(condition.busy),
        Engine(lab, jobs=condition.jobs) as engine,
    ):
        submissions = write_class(lab, bank, Path(folder), condition.threads)
        for report in engine.grade_all(submissions, training=training):
            parts = {f"{q.id}/{part.name}": part.points for q in report.questions for part in q.parts}
            found[report.submission] = {report.status: report.points} | parts
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=1, help="how often every condition is tried")
    parser.add_argument("--training", action="store_true", help="also the parts that train a model")
    parser.add_argument("--only", action="append", help="conditions whose name holds this")
    asked = parser.parse_args()
    lab = Lab.in_repository(Path(__file__).resolve().parents[1])
    bank = load_bank(lab)
    print(f"torch {torch.__version__}, {'with' if asked.training else 'without'} trainings", flush=True)
    first: dict[str, dict[str, float]] = {}
    changed: list[str] = []
    gradings = 0
    for condition in CONDITIONS * asked.rounds:
        if asked.only and not any(word in condition.name for word in asked.only):
            continue
        began = time.monotonic()
        found = points(lab, bank, condition, asked.training)
        first = first or found
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
