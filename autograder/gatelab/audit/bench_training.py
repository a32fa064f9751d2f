"""Measures what the questions with training cost, for the reference and for slow correct code.

Only the submission's code differs. The report has the CPU seconds of its examiner and its workers. The cost of the same questions
without training is subtracted, and so is that of the earlier questions, which are graded so that the student's own layer is trained.
If the lab has settings with which trainings end early, every seed is graded with them and without them, one right after the other,
so that the ratio compares runs on the same machine at the same time.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from gatelab.audit.notebooks import write_notebook
from gatelab.audit.verify import styles
from gatelab.grading.engine import Engine
from gatelab.lab.bank import load_bank
from gatelab.lab.spec import Lab
from gatelab.lab.table import FILE
from gatelab.limits import BENCH_SEEDS

HEAD = re.compile(r"\[([\w.-]+)\]\s*(?:#.*)?$")  # of a table in a settings file


@dataclass
class Price:
    """CPU seconds of the trainings at each seed, with the lab's settings and in full; their limit; the points earned."""

    limit: float  # 0: the lab sets none
    cpu: list[float] = field(default_factory=list)
    full: list[float] = field(default_factory=list)  # empty if the lab's trainings never end early
    points: list[float] = field(default_factory=list)  # of both sides

    @property
    def ratio(self) -> float:
        """The median cost of a training relative to the same training in full."""
        return median(cpu / full for cpu, full in zip(self.cpu, self.full, strict=True))


def run_training_bench(
    lab: Lab, console: Console | None = None, seeds: int = BENCH_SEEDS
) -> dict[str, Price]:
    """Measure, print and return what training costs: style of solution → price.

    The styles are the references and the complete styles of those wheats that the lab's policy calls slow.
    """
    console = console or Console()
    bank = load_bank(lab)
    stated = lab.policy.bench
    trained = stated.trained
    sources: dict[str, tuple[Mapping[str, Any], float]] = {"the references": ({}, stated.cpu)}
    for wheat in bank.wheats:
        if f"{wheat.question}/{wheat.id}" in stated.slow:
            whole = next(s.cells for s in styles(bank) if s.cells.get(wheat.question) == wheat.source)
            sources[f"wheat, {wheat.question} {wheat.id}"] = (whole, stated.slow_cpu)
    before = sorted(
        {lab.question_of(name) for q in trained for name in lab.questions[q].builds_on} - {*trained}
    )
    asked = [*before, *trained]
    prices = {}
    with tempfile.TemporaryDirectory(prefix="gatelab-bench-") as folder, ExitStack() as engines:
        early = engines.enter_context(Engine(lab))
        whole_lab = in_full(lab, Path(folder))
        full = engines.enter_context(Engine(whole_lab)) if whole_lab else None
        for name, (code, limit) in sources.items():
            notebook = write_notebook(Path(folder) / "lab.ipynb", lab, code)
            price = prices[name] = Price(limit)
            rest = early.grade(notebook, name, questions=asked, training=False).cpu_seconds
            for seed in range(lab.settings.seed, lab.settings.seed + seeds):
                for engine, spent in ((early, price.cpu), (full, price.full)):
                    if engine is not None:
                        report = engine.grade(notebook, name, questions=asked, seed=seed)
                        spent.append(report.cpu_seconds - rest)
                        price.points.append(sum(report.question(id).points for id in trained))
            # With 40 seeds all this takes an hour; results are printed at once, so that stopping it loses nothing.
            if price.full:
                console.print(f"{name}: {price.ratio:.2f} of the full trainings, median of {seeds} seeds")
    show(prices, " and ".join(trained), sum(lab.questions[id].points for id in trained), seeds, console)
    return prices


def in_full(lab: Lab, place: Path) -> Lab | None:
    """A copy of the lab in `place` whose trainings never end early; None if the lab has no settings for that."""
    if not any(spec.training_settings.get("quick") for spec in lab.questions.values()):
        return None
    ignore = shutil.ignore_patterns("__pycache__", "*.ipynb")
    assignment = Path(shutil.copytree(lab.assignment, place / lab.assignment.name, ignore=ignore))
    kept, skipping = [], False
    for line in (assignment / FILE).read_text(encoding="utf-8").splitlines(keepends=True):
        if head := HEAD.match(line):
            skipping = head[1].endswith(".training.quick")
        kept += [] if skipping else [line]
    (assignment / FILE).write_text("".join(kept), encoding="utf-8")
    return Lab(assignment, lab.hidden, lab.bank, lab.release)


def show(prices: dict[str, Price], trained: str, of: float, seeds: int, console: Console) -> None:
    """The table: seconds, the limit, and the share of the full trainings that they take."""
    title = f"Trainings of one submission, median of {seeds} seeds"
    table = Table(
        "solution", f"{trained}, CPU s", "in full", "of that", "limit", f"points of {of:g}", title=title
    )
    for name, price in prices.items():
        full = [f"{median(price.full):.1f}", f"{price.ratio:.2f}"] if price.full else ["–", "–"]
        points = " or ".join(f"{one:g}" for one in sorted(set(price.points)))
        table.add_row(
            name, f"{median(price.cpu):.1f}", *full, f"{price.limit:g}" if price.limit else "–", points
        )
    console.print(table)
