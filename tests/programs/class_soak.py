"""Does grading ever hang? Classes of correct notebooks, each with a fork server of its own: `make soak`.

    python tests/programs/class_soak.py --lab LAB [--classes 25] [--size 40] [--jobs 2] [--seconds 120]

Prints a line for each class and one at the end. The exit code is 1 if a class hangs (the line says where) or a
correct notebook does not get full points.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from gatelab.audit.notebooks import write_notebook
from gatelab.grading.engine import Engine
from gatelab.lab.spec import Lab

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "q1"  # forks, confinement and the wire are the same for all questions


class Watchdog:
    """Ends the whole run if nothing is finished for too long: a process that hangs cannot be asked to stop."""

    def __init__(self, number: int, names: list[str], jobs: int, seconds: float) -> None:
        self.number, self.left, self.jobs, self.seconds = number, list(names), jobs, seconds

    def wind_up(self) -> None:
        self.timer = threading.Timer(self.seconds, self._bark)
        self.timer.daemon = True
        self.timer.start()

    def ready(self, name: str) -> None:
        self.timer.cancel()
        self.left.remove(name)
        self.wind_up()

    def __enter__(self) -> Watchdog:
        self.wind_up()
        return self

    def __exit__(self, *_: object) -> None:
        self.timer.cancel()

    def _bark(self) -> None:
        under_way = ", ".join(self.left[: self.jobs])  # the engine takes them in this order
        print(
            f"class {self.number}: HANGS: nothing for {self.seconds:g} s at {under_way or 'the end'}",
            flush=True,
        )
        faulthandler.dump_traceback()
        os._exit(1)


def wrong_ones(lab: Lab, notebook: Path, number: int, size: int, jobs: int, seconds: float) -> list[str]:
    """Grade a class of copies of one correct notebook. Returns a line for each thing that went wrong."""
    names = [f"submission {k}" for k in range(1, size + 1)]
    wrong = []
    with Watchdog(number, names, jobs, seconds) as watchdog, Engine(lab, jobs=jobs) as engine:
        for report in engine.grade_all([(name, notebook) for name in names], [QUESTION], training=False):
            watchdog.ready(report.submission)
            if report.status != "graded" or report.points != lab.questions[QUESTION].points:
                why = report.reason or [
                    part.student_text for q in report.questions for part in q.parts if part.student_text
                ]
                wrong.append(f"{report.submission}: {report.status}, {report.points:g} points ({why})")
    return wrong + [f"{name}: no report" for name in watchdog.left]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lab", required=True, help="the lab's folder in assignment/")
    parser.add_argument("--classes", type=int, default=25)
    parser.add_argument("--size", type=int, default=40, help="submissions in a class")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=120, help="without a report that count as a hang")
    asked = parser.parse_args()
    lab = Lab.in_repository(ROOT, asked.lab)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        notebook = write_notebook(Path(folder) / "lab.ipynb", lab, {})
        for number in range(1, asked.classes + 1):
            started = time.monotonic()
            found = wrong_ones(lab, notebook, number, asked.size, asked.jobs, asked.seconds)
            took = time.monotonic() - started
            print(
                f"class {number}: {asked.size - len(found)} of {asked.size} graded right in {took:.1f} s",
                flush=True,
            )
            for line in found:
                print(f"  {line}", flush=True)
            wrong += found
    total = asked.classes * asked.size
    print(
        f"{asked.classes} classes of {asked.size} without a hang, {total - len(wrong)} of {total} graded right"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
