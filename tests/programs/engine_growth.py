"""Do the grader's own processes stay as they are over a class of hostile submissions? `make flat`

    python tests/programs/engine_growth.py --lab LAB [--submissions 300] [--jobs 2]

One engine repeatedly grades the attempts of tests/hostile and those of tests/engine/grading/test_tidying.py, each of which uses some
resource (forks that fail, sleeping threads, open descriptors, folders full of files). After every LOOK submissions a line says what
the command, its fork server and its examiners hold. The exit code is 1 if anything has grown since the end of the first round:
descriptors, threads, processes and files by one, memory by more than its column in MOST.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from helpers.reference_notebook import reference_notebook

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil

from gatelab.audit.notebooks import write_notebook
from gatelab.grading.engine import Engine
from gatelab.lab.spec import Lab
from gatelab.limits import EXAMINER_GROWTH
from gatelab.sandbox.confine import memory
from helpers.processes import LEAKY, within
from hostile.build import attempts, write
from hostile.doors import whole_course
from hostile.target import Target, target_of

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 12  # wall time of the first question, so that attempts that wait forever do not wait long
LOOK = 25
MIB = 1 << 20
# MiB by which memory may grow after the first round. An examiner that has grown by more than EXAMINER_GROWTH is replaced.
MOST = {"command MiB": 16, "server MiB": 4, "examiner MiB": EXAMINER_GROWTH / MIB}


def held(engine: Engine) -> dict[str, float]:
    """What the grader's processes hold now, while they are idle."""
    own, server = psutil.Process(), psutil.Process(engine._server.process.pid)
    examiners = [examiner for examiner in engine._all if examiner.ready]
    expected = len(examiners)
    within(5, lambda: len(_living(server)) <= expected)
    named = [psutil.Process(examiner.pid) for examiner in examiners]
    temporary = Path(tempfile.gettempdir())
    return {
        "command descriptors": own.num_fds(),
        "command threads": own.num_threads(),
        "command MiB": memory.held(own.pid) / MIB,
        "server descriptors": server.num_fds() - expected,  # a line to each examiner
        "server MiB": memory.held(server.pid) / MIB,
        "examiner descriptors": max((process.num_fds() for process in named), default=0),
        "examiner threads": max((process.num_threads() for process in named), default=0),
        "examiner MiB": max((memory.held(process.pid) / MIB for process in named), default=0.0),
        "other processes": len(_living(server)) - expected,
        "files of the server": sum(1 for _ in engine._server.folder.rglob("*")),
        "temporary folders": sum(1 for _ in temporary.glob("gatelab-*")),
    }


def _living(process: psutil.Process) -> list[psutil.Process]:
    below = process.children(recursive=True)
    return [one for one in below if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def class_of(folder: Path, target: Target) -> list[tuple[str, Path]]:
    """One round: every attempt once."""
    folder.mkdir()
    found = [(f"leaky: {name}", reference_notebook(folder / f"leaky{k}.ipynb", target.lab, source)) for k, (name, source) in enumerate(LEAKY.items())]  # fmt: skip
    return found + [
        (attempt.id, write(attempt, folder / f"{attempt.id}.ipynb", target)) for attempt in attempts(target)
    ]


def grown(seen: list[tuple[int, dict[str, float]]], round: int) -> Iterator[str]:
    """Whatever is larger at the end than after the first round."""
    first = next(values for count, values in seen if count >= round)
    for what, last in seen[-1][1].items():
        if last - first[what] > MOST.get(what, 0):
            yield f"{what}: {first[what]:g} after the first round, {last:g} in the end"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lab", required=True, help="the lab's folder in assignment/")
    parser.add_argument("--submissions", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    seen: list[tuple[int, dict[str, float]]] = []
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = str(Path(folder) / "temporary")  # where nothing but ours is counted
        Path(tempfile.tempdir).mkdir()
        Path(folder).chmod(0o755)  # a worker's user must be able to pass through
        target = target_of(Lab.in_repository(ROOT, asked.lab))
        lab = Lab.in_repository(whole_course(Path(folder) / "course", target.lab, SECONDS))
        round = class_of(Path(folder) / "class", target)
        good = write_notebook(Path(folder) / "good.ipynb", lab, {})
        turn = itertools.islice(itertools.cycle(round), asked.submissions)
        with Engine(lab, jobs=asked.jobs) as engine:
            pids = {examiner.pid for examiner in engine._all}
            failed, started = [], time.monotonic()
            for count in range(0, asked.submissions, LOOK):
                some = list(itertools.islice(turn, LOOK))
                for report in engine.grade_all(some, target.loadings, training=False):
                    failed += [f"{report.submission}: {report.reason}"] if report.status == "failed" else []
                    pids |= {examiner.pid for examiner in engine._all}
                seen.append((count + len(some), held(engine)))
                took = time.monotonic() - started
                values = ", ".join(f"{what} {value:.4g}" for what, value in seen[-1][1].items())
                print(f"{seen[-1][0]} submissions, {took:.0f} s: {values}; {len(pids)} examiners", flush=True)
            right = engine.grade(good, questions=target.loadings, training=False)
        wanted = sum(lab.questions[id].points for id in target.loadings)
    faults = list(grown(seen, min(len(round), asked.submissions)))
    faults += [f"not graded: {line}" for line in failed]
    if right.points != wanted:
        faults.append(f"a correct submission after them gets {right.points:g} of {wanted:g} points")
    print("\n".join(faults) or "flat")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
