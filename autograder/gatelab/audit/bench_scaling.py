"""What two jobs do in the time of one, compared with what the machine itself makes of two independent processes, in one run.

Two processes share caches, memory and often a core's arithmetic, so no machine gives two of them twice the work of one. The other side
is therefore measured too: processes that know nothing of each other do small sums like a lab's, alone and side by side, in turn with
the gradings. Processor seconds are given next to the wall's: where they grow alike on both sides, it is the machine; where only a submission's
grow, it is the kit. On a machine that does other work at the same time the scalings are worth nothing; the seconds then still say most.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from gatelab.audit.notebooks import write_notebook
from gatelab.grading.engine import Engine
from gatelab.lab.spec import Lab

ROUNDS = 3  # rounds of every measurement; the median counts
# Says that it is ready, waits for a line, works, and says what that took: [wall, processor] seconds.
WORK = """
import json, sys, time
import torch
from torch import nn
torch.set_num_threads(1)
layer, head = nn.Linear(48, 48), nn.Linear(48, 8)
def work(steps):
    for _ in range(steps):
        x = torch.randn(16, 48)
        for _ in range(30):
            x = layer(x).tanh()
        head(x).sum().backward()
        json.loads(json.dumps(x.tolist()))
work(10)
print("ready", flush=True)
sys.stdin.readline()
wall, cpu = time.monotonic(), time.process_time()
work(int(sys.argv[1]))
print(json.dumps([time.monotonic() - wall, time.process_time() - cpu]))
"""


@dataclass(frozen=True)
class Side:
    """Pieces of work done in a second, and processor seconds of each, by one and by several at once."""

    rate: tuple[float, float]
    cpu: tuple[float, float]

    @property
    def scaling(self) -> float:
        """How much several do in the time of one."""
        return self.rate[1] / self.rate[0]

    @property
    def growth(self) -> float:
        """The cost of a piece next to others, relative to its cost alone."""
        return self.cpu[1] / self.cpu[0]


def run_scaling_bench(
    lab: Lab, students: int, jobs: int = 2, console: Console | None = None, steps: int = 300
) -> dict[str, Side]:
    """Measure, print and return how gradings without trainings scale from one job to `jobs`, and how the machine does.

    students  submissions that every job grades in each of the rounds
    steps     of the independent processes' work
    """
    found: dict[str, dict[int, list[tuple[float, float]]]] = {}
    with tempfile.TemporaryDirectory(prefix="gatelab-bench-") as folder:
        notebook = write_notebook(Path(folder) / "lab.ipynb", lab, {})
        with Engine(lab, jobs=1) as one, Engine(lab, jobs=jobs) as more:
            for engine in (one, more):
                _graded(engine, notebook, 2)  # an examiner's first submissions cost more
            for _ in range(ROUNDS):
                for many, engine in ((1, one), (jobs, more)):
                    found.setdefault("machine", {}).setdefault(many, []).append(_independent(many, steps))
                    found.setdefault("kit", {}).setdefault(many, []).append(
                        _graded(engine, notebook, students)
                    )
    sides = {}
    for name, by_jobs in found.items():
        (rate, cost), (rate_of_more, cost_of_more) = (
            [median(values) for values in zip(*by_jobs[n], strict=True)] for n in (1, jobs)
        )
        sides[name] = Side((rate, rate_of_more), (cost, cost_of_more))
    _show(sides, jobs, console or Console())
    return sides


def _independent(many: int, steps: int) -> tuple[float, float]:
    """Pieces per second and processor seconds of each, with this many processes at once."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WORK, str(steps)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(many)
    ]
    try:
        for process in running:
            assert process.stdout is not None
            process.stdout.readline()
        for process in running:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        took = [json.loads(process.communicate()[0]) for process in running]
    finally:
        for process in running:
            process.kill()
            process.wait()
    return many / max(wall for wall, _ in took), sum(cpu for _, cpu in took) / many


def _graded(engine: Engine, notebook: Path, each: int) -> tuple[float, float]:
    """Submissions per second and processor seconds of each; every job grades this many."""
    count = each * engine.jobs
    start = time.monotonic()
    submissions = [(f"s{n}", notebook) for n in range(count)]
    reports = list(engine.grade_all(submissions, training=False))
    wall = time.monotonic() - start
    if wrong := [report.reason for report in reports if report.status != "graded"]:
        raise RuntimeError(f"a submission of the benchmark was not graded: {wrong[0]}")
    return count / wall, sum(report.cpu_seconds for report in reports) / count


def _show(sides: dict[str, Side], jobs: int, console: Console) -> None:
    table = Table(
        "", f"1 → {jobs}", "CPU s of a piece, alone", f"beside {jobs - 1} more", "growth",
        title=f"What {jobs} at once do in the time of one, median of {ROUNDS} rounds",
    )  # fmt: skip
    for name, side in (
        ("independent processes", sides["machine"]),
        ("submissions, no training", sides["kit"]),
    ):
        table.add_row(
            name, f"{side.scaling:.2f}", f"{side.cpu[0]:.2f}", f"{side.cpu[1]:.2f}", f"{side.growth:.2f}"
        )
    console.print(table)
    share = sides["kit"].scaling / sides["machine"].scaling
    console.print(f"The kit scales with {share:.2f} of the machine's own scaling.")
