"""How long a class takes: an estimate before the start, a bar weighted by question, and what is being graded.

    costs = Costs.of(lab, out, chosen)
    costs.estimate(40, 2)        # "about 14 minutes with 2 jobs"

The seconds are those that the questions took in the reports of earlier runs in OUT, finished or not; without reports,
those in the lab's policy. As soon as some work is done, the rest is estimated from how long that took here.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn

from gatelab.lab.spec import Lab
from gatelab.limits import PERSON_IN_PROGRESS, TIMED_REPORTS
from gatelab.report.record.model import Report
from gatelab.report.record.points import number
from gatelab.report.record.schema import read_json
from gatelab.submission.collect import Submission

# Of the kit's own lab, questions take 0.1 to 0.4 (docs/speed.md).
UNTRAINED = 0.3  # seconds of a question whose model is not trained
ENOUGH = 0.02  # of the work: from then on the time left is estimated from what was done here


@dataclass(frozen=True)
class Costs:
    """Seconds of one submission: of each question, and of what comes before and between them."""

    questions: dict[str, float]
    rest: float = 0.0
    measured: bool = True  # whether they were measured; if not, they only weight the bar

    @classmethod
    def of(cls, lab: Lab, out: Path, chosen: list[str], quick: bool = False) -> Costs:
        """From the reports in `out`, otherwise from the lab's policy, otherwise a second per question. `quick`: without training."""
        if (kept := cls._kept(out / "reports", chosen)) is not None:
            return kept
        stated = lab.policy.bench.costs
        if quick:  # the other parts of a trained question cost next to nothing
            stated = stated | {id: min(stated.get(id, 0.0), UNTRAINED) for id in lab.policy.bench.trained}
        if all(id in stated for id in chosen):
            return cls({id: stated[id] for id in chosen}, stated.get("rest", 0.0))
        return cls(dict.fromkeys(chosen, 1.0), measured=False)

    @classmethod
    def _kept(cls, reports: Path, chosen: list[str]) -> Costs | None:
        took: dict[str, list[float]] = defaultdict(list)
        rests = []
        for path in sorted(reports.glob("*.json"))[:TIMED_REPORTS]:
            try:
                report = read_json(path.read_text(encoding="utf-8"))
            except (OSError, ValueError, RecursionError):
                continue
            seconds = {question.id: question.seconds for question in report.questions if question.parts}
            if seconds:
                rests.append(max(0.0, report.wall_seconds - sum(seconds.values())))
            for id, value in seconds.items():
                took[id].append(value)
        if not rests or not all(took[id] for id in chosen):
            return None
        return cls({id: mean(took[id]) for id in chosen}, mean(rests))

    @property
    def each(self) -> float:
        """Seconds per submission."""
        return self.rest + sum(self.questions.values())

    def estimate(self, submissions: int, jobs: int) -> str:
        """How long this many submissions will take, in words; "" if it was never measured."""
        if not self.measured:
            return ""
        at_once = max(1, min(jobs, submissions))
        return f"{in_words(submissions * self.each / at_once)} with {jobs} {'job' if jobs == 1 else 'jobs'}"


def in_words(seconds: float) -> str:
    """`about 14 minutes`."""
    if seconds < 50:
        return "less than a minute"
    if seconds < 90:
        return "about a minute"
    if seconds < 5400:
        return f"about {round(seconds / 60)} minutes"
    return f"about {round(seconds / 3600, 1):g} hours"


class Watch:
    """Shows how far the run is: a bar with the time left on a terminal, a line per submission elsewhere."""

    def __init__(
        self, console: Console, submissions: list[Submission], left: list[Submission], costs: Costs, jobs: int
    ) -> None:
        # Of notebooks, as in the command's sentences: what cannot be graded takes no time.
        self.total = sum(submission.gradable for submission in submissions)
        self.done = self.total - len(left)
        self.console, self.costs, self.left, self.jobs = console, costs, len(left), jobs
        self.in_progress: dict[str, str] = {}  # submission → the question that is being graded
        self.passed: dict[str, float] = {}  # submission in progress → seconds of it that are done
        self.behind = 0.0  # seconds of those that are done
        self.bar = Progress(
            TextColumn("grading"),
            BarColumn(),
            TextColumn(
                "{task.fields[done]} of {task.fields[all]} · {task.fields[left]} left · {task.fields[now]}"
            ),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )

    def __enter__(self) -> Watch:
        if words := self.costs.estimate(self.left, self.jobs):
            typer.echo(f"{self.left} to grade: {words}.", err=True)
        self.started = time.monotonic()
        self.bar.start()
        self.task = self.bar.add_task(
            "", total=1.0, done=self.done, all=self.total, left=self.time_left(), now=""
        )
        return self

    def __exit__(self, *exception: object) -> None:
        self.bar.stop()

    def on_question_start(self, submission: str, question: str) -> None:
        """A question of a submission begins. Called from several threads; each writes only its own entry."""
        before = self.costs.questions.get(self.in_progress.get(submission, ""), 0.0)
        self.in_progress[submission] = question
        self.passed[submission] = self.passed.get(submission, self.costs.rest) + before
        self._show()

    def __call__(self, report: Report) -> None:
        self.done += 1
        self.behind += self.costs.each
        self.in_progress.pop(report.submission, None)
        self.passed.pop(report.submission, None)
        result = (
            f"{number(report.points)} of {number(report.max_points)}"
            if report.status == "graded"
            else report.shown_status
        )
        self._show()
        if not self.console.is_terminal:
            typer.echo(f"[{self.done}/{self.total}] {report.submission}: {result}", err=True)

    def share(self) -> float:
        """How much of the work is done, by what each question costs."""
        whole = self.left * self.costs.each
        return min(1.0, (self.behind + sum(list(self.passed.values()))) / whole) if whole else 1.0

    def time_left(self) -> str:
        """`4 min`, going by what was done here, at first by the estimate."""
        share, gone = self.share(), time.monotonic() - self.started
        if share >= ENOUGH:
            seconds = gone * (1 - share) / share
        elif self.costs.measured:
            seconds = max(0.0, self.left * self.costs.each / max(1, min(self.jobs, self.left)) - gone)
        else:
            return "…"
        return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"

    def _show(self) -> None:
        now = ", ".join(
            f"{name[:PERSON_IN_PROGRESS]} {question}"
            for name, question in sorted(dict(self.in_progress).items())
        )
        self.bar.update(
            self.task, completed=self.share(), done=self.done, left=self.time_left(), now=escape(now)
        )
