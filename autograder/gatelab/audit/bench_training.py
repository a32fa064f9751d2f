"""What the trained questions cost, trainings included, for the reference and for slow correct code.

Only the submission's code differs. CPU seconds are those of its examiner and its workers, which the report
carries; what the questions before cost, which are graded so that the student's own layer is trained, is taken off.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from gatelab.audit.notebooks import write_notebook
from gatelab.audit.verify import styles
from gatelab.grading.engine import Engine
from gatelab.lab.bank import load_bank
from gatelab.lab.spec import Lab

LIMIT, SLOW_LIMIT = 25.0, 60.0  # CPU seconds that a course can afford for a submission


@dataclass(frozen=True)
class Price:
    """CPU seconds of grading the trained questions, what they may be, and the points that were given."""

    cpu: float
    limit: float
    points: float


def run_training_bench(lab: Lab, console: Console | None = None) -> dict[str, Price]:
    """Measure, print and return what grading the trained questions costs by style of solution.

    The styles are the references and, with all else of their style, the wheats that the lab's policy calls slow.
    """
    bank = load_bank(lab)
    trained = lab.policy.bench.trained
    sources: dict[str, tuple[Mapping[str, Any], float]] = {"the references": ({}, LIMIT)}
    for wheat in bank.wheats:
        if f"{wheat.question}/{wheat.id}" in lab.policy.bench.slow:
            whole = next(style for _, style in styles(bank) if style.get(wheat.question) == wheat.source)
            sources[f"wheat, {wheat.question} {wheat.id}"] = (whole, SLOW_LIMIT)
    before = sorted(
        {lab.question_of(name) for q in trained for name in lab.questions[q].builds_on} - {*trained}
    )
    prices = {}
    with tempfile.TemporaryDirectory(prefix="gatelab-bench-") as folder, Engine(lab) as engine:
        for name, (code, limit) in sources.items():
            notebook = write_notebook(Path(folder) / "lab.ipynb", lab, code)
            rest = engine.grade(notebook, name, questions=before, training=False)
            both = engine.grade(notebook, name, questions=[*before, *trained])
            points = sum(both.question(id).points for id in trained)
            prices[name] = Price(both.cpu_seconds - rest.cpu_seconds, limit, points)
    full = sum(lab.questions[id].points for id in trained)
    show(prices, " and ".join(trained), full, console or Console())
    return prices


def show(prices: dict[str, Price], trained: str, full: float, console: Console) -> None:
    """The table: seconds, the limit, and the share of it that is used."""
    table = Table(
        "solution", f"{trained}, CPU s", "limit", "of the limit", f"points of {full:g}", title="Trainings of one submission"
    )  # fmt: skip
    for name, price in prices.items():
        share = f"{price.cpu / price.limit:.2f}"
        table.add_row(name, f"{price.cpu:.1f}", f"{price.limit:g}", share, f"{price.points:g}")
    console.print(table)
