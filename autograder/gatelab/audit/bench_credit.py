"""Measures what follow-through credit costs: the same wrong and right answers are graded with it and without it, in one run.

The third figure is the cost without any diagnosis, because credit requires knowing that a mistake explains every answer. Each answer is
graded with every setting before the next answer, so other load on the machine affects them all. Nothing is trained.
"""

from __future__ import annotations

import contextlib
import io
import time
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from gatelab.audit.without_wall_clock import GradingWithoutWallClock
from gatelab.grading.examiner import run_suites
from gatelab.grading.plugin import LocalWorkers
from gatelab.lab.bank import Bank, Chaff, Wheat, load_bank
from gatelab.lab.spec import Lab

SIDES = ("credit", "no credit", "no diagnosis")


class _NoCredit(Lab):
    """The lab as if its table had `credit = 0`."""

    @property
    def credit(self) -> float:
        return 0.0


@dataclass
class CreditPrice:
    """CPU seconds with each setting, over all answers, and how many answers earned more because of the credit."""

    answers: int
    seconds: dict[str, float]
    raised: int = 0


def run_credit_bench(lab: Lab, chaffs: int = 60, console: Console | None = None) -> CreditPrice:
    """Measure, print and return what the credit costs over this many chaffs, from all questions, and one wheat per question."""
    import torch

    torch.set_num_threads(1)
    without_credit = _NoCredit(lab.assignment, lab.hidden, lab.bank, lab.release)
    bank = load_bank(lab)
    answers = _answers(lab, bank, chaffs)
    for question in dict.fromkeys(
        question for question, _ in answers
    ):  # so that everything a suite imports is loaded
        _graded(lab, bank, question, lab.reference(question))
    found = CreditPrice(len(answers), dict.fromkeys(SIDES, 0.0))
    for number, (question, source) in enumerate(answers):
        sides = [
            ("credit", lab, bank),
            ("no credit", without_credit, bank),
            ("no diagnosis", without_credit, None),
        ]
        points = {}
        for side, graded_lab, known in sides if number % 2 else sides[::-1]:
            start = time.process_time()
            points[side] = _graded(graded_lab, known, question, source)
            found.seconds[side] += time.process_time() - start
        found.raised += points["credit"] > points["no credit"]
    _show(found, console or Console())
    return found


def _answers(lab: Lab, bank: Bank, chaffs: int) -> list[tuple[str, str]]:
    """(question, source) pairs: chaffs spread evenly over the bank, and the first wheat of each question."""
    step = max(1, len(bank.chaffs) // chaffs)
    chosen: list[Chaff | Wheat] = list(bank.chaffs[::step][:chaffs])
    chosen += [wheats[0] for question in lab.questions if (wheats := bank.wheats_of(question))]
    return [(piece.question, piece.source) for piece in chosen]


def _graded(lab: Lab, bank: Bank | None, question: str, source: str) -> float:
    """The points of one question's answer, in this process."""
    grading = GradingWithoutWallClock(lab, lab.settings.seed, LocalWorkers(lab, [source]), bank)
    with contextlib.redirect_stdout(io.StringIO()):
        run_suites(lab, grading, [question], training=False)
    return grading.finished[question].points


def _show(found: CreditPrice, console: Console) -> None:
    table = Table(
        "side",
        "CPU s",
        "times without credit",
        title=f"{found.answers} answers, {found.raised} earn more with credit",
    )
    for side in SIDES:
        seconds = found.seconds[side]
        table.add_row(side, f"{seconds:.1f}", f"{seconds / found.seconds['no credit']:.3f}")
    console.print(table)
