"""What the accuracy questions cost: q7 and q11 graded, trainings included, for the reference and for slow correct code.

Only the submission's code differs. CPU seconds are those of its examiner and its workers, which the report
carries; what the questions before cost, which are graded so that the student's own layer is trained, is taken off.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from gatelab.bank.load import load_bank
from gatelab.bank.notebooks import write_notebook
from gatelab.bank.verify import styles
from gatelab.engine import Engine
from gatelab.lab import Lab

TRAINED = ("q7", "q11")
# The wheats of q1 that make eight products a step, with all else of their style.
SLOW_STEPS = ("eight_linears", "preallocated")
LIMIT, SLOW_LIMIT = 25.0, 60.0  # CPU seconds that a course can afford for a submission


@dataclass(frozen=True)
class Price:
    """CPU seconds of grading the trained questions, what they may be, and the points that were given."""

    cpu: float
    limit: float
    points: float


def run_training_bench(root: Path, console: Console | None = None) -> dict[str, Price]:
    """Measure, print and return what grading q7 and q11 costs by style of solution."""
    lab = Lab.in_repository(root)
    bank = load_bank(lab)
    slow = {
        wheat.id: wheat.source for wheat in bank.wheats if wheat.question == "q1" and wheat.id in SLOW_STEPS
    }
    sources = {"the references": ({}, LIMIT)}
    for id, step in slow.items():
        whole = next(style for _, style in styles(bank) if style["q1"] == step)
        sources[f"wheat, lstm_step {id}"] = (whole, SLOW_LIMIT)
    before = sorted(
        {lab.question_of(name) for q in TRAINED for name in lab.questions[q].builds_on} - {*TRAINED}
    )
    prices = {}
    with tempfile.TemporaryDirectory(prefix="gatelab-bench-") as folder, Engine(lab) as engine:
        for name, (code, limit) in sources.items():
            notebook = write_notebook(Path(folder) / "lab.ipynb", lab, code)
            rest = engine.grade(notebook, name, questions=before, training=False)
            both = engine.grade(notebook, name, questions=[*before, *TRAINED])
            points = sum(both.question(id).points for id in TRAINED)
            prices[name] = Price(both.cpu_seconds - rest.cpu_seconds, limit, points)
    show(prices, sum(lab.questions[id].points for id in TRAINED), console or Console())
    return prices


def show(prices: dict[str, Price], full: float, console: Console) -> None:
    """The table: seconds, the limit, and the share of it that is used."""
    table = Table(
        "solution", "q7 and q11, CPU s", "limit", "of the limit", f"points of {full:g}", title="Trainings of one submission"
    )  # fmt: skip
    for name, price in prices.items():
        share = f"{price.cpu / price.limit:.2f}"
        table.add_row(name, f"{price.cpu:.1f}", f"{price.limit:g}", share, f"{price.points:g}")
    console.print(table)
