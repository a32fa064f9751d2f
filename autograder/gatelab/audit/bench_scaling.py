"""Measures how grading scales with the number of jobs, compared with how independent processes scale on the same machine.

Two processes share caches, memory and often the units of a core, so no machine does twice the work with two of them. Therefore independent
processes that do small tensor operations, like those of a lab, are measured too, alone and side by side, alternating with the gradings. CPU
seconds are reported as well as wall time: if they grow equally on both sides, the machine is the cause; if only those of a submission grow,
the kit is. If the machine does other work at the same time, the scalings are meaningless, but the CPU seconds are still useful.
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
# Prints that it is ready, waits for a line, works, and prints what that took: [wall, CPU] seconds.
WORKER_SOURCE = """
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
    """Pieces of work per second and CPU seconds per piece, for one process and for several at once."""

    rate: tuple[float, float]
    cpu: tuple[float, float]

    @property
    def scaling(self) -> float:
        """How much more work several processes do than one in the same time."""
        return self.rate[1] / self.rate[0]

    @property
    def growth(self) -> float:
        """The CPU cost of a piece of work with others running, relative to its cost alone."""
        return self.cpu[1] / self.cpu[0]


def run_scaling_bench(
    lab: Lab, students: int, jobs: int = 2, console: Console | None = None, steps: int = 300
) -> dict[str, Side]:
    """Measure, print and return how gradings without training scale from one job to `jobs`, and how the machine does.

    students: submissions that every job grades in each round.
    steps: steps of work of each independent process.
    """
    found: dict[str, dict[int, list[tuple[float, float]]]] = {}
    with tempfile.TemporaryDirectory(prefix="gatelab-bench-") as folder:
        notebook = write_notebook(Path(folder) / "lab.ipynb", lab, {})
        with Engine(lab, jobs=1) as one, Engine(lab, jobs=jobs) as more:
            for engine in (one, more):
                _graded(engine, notebook, 2)  # an examiner's first submissions cost more
            for _ in range(ROUNDS):
                for process_count, engine in ((1, one), (jobs, more)):
                    found.setdefault("machine", {}).setdefault(process_count, []).append(
                        _independent(process_count, steps)
                    )
                    found.setdefault("kit", {}).setdefault(process_count, []).append(
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


def _independent(process_count: int, steps: int) -> tuple[float, float]:
    """Pieces per second and CPU seconds of each, with this many processes at once."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER_SOURCE, str(steps)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(process_count)
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
    return process_count / max(wall for wall, _ in took), sum(cpu for _, cpu in took) / process_count


def _graded(engine: Engine, notebook: Path, each: int) -> tuple[float, float]:
    """Submissions per second and CPU seconds of each; every job grades `each` submissions."""
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
