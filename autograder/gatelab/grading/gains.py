"""Decides which points count that a question gains only with the student's own wrong answers to earlier questions.

With those answers a part may be right because this answer fits them: it uses something that the references lack, which raised an
exception with them, or it undoes their mistake (a state in the other order). But a part may also be right although this answer is
wrong: the earlier answer hides the mistake from the check (weights without gradients), or does this answer's work. To tell these
apart, the question's reference solution is run with the same earlier answers. It undoes no mistake, so it fails where one has to be
undone. Where it passes, the earlier answers did not require what this answer did, and the part stays lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gatelab.grading.attempt import QuestionRun
from gatelab.sandbox.lost import WorkerLost
from gatelab.testkit.student import Backend

# In the notebook's own namespace, like a last cell, so that it uses the student's earlier answers.
DEFINE = """
def main(ns, source):
    exec(compile(source, "<reference>", "exec"), ns.maps[0])
"""


def define_reference(backend: Backend, source: str) -> None:
    """Define the question's reference solution in place of the student's answer. Raises WorkerLost."""
    answer = backend.request({"op": "run", "arguments": {"source": DEFINE, "values": {"source": source}}})
    if answer.get("error"):
        raise WorkerLost("The notebook has changed Python itself so that the reference cannot be defined.")


@dataclass(frozen=True)
class Gain:
    """The parts that the best earlier attempt gets wrong and the last attempt, with earlier answers that are not right, gets right."""

    before: list[QuestionRun]
    best: QuestionRun  # the one in `before` that earns most
    last: QuestionRun
    training: set[str]  # parts whose tests train a model

    @property
    def parts(self) -> set[str]:
        return {
            part for part in self.best.wrong if self.last.verdicts.get(part) and part not in self.last.wrong
        }

    @property
    def unexplained(self) -> dict[str, set[str]]:
        """The parts that were lost without an exception, each with the tests that failed."""
        lost = {part: {v.test for v in self.best.verdicts[part] if not v.passed} for part in self.parts}
        raised = {test for attempt in self.before for test, error in attempt.errors.items() if error.type}
        return {part: tests for part, tests in lost.items() if not tests & raised}

    @property
    def control_tests(self) -> frozenset[str]:
        """The tests to be run on the reference solution. No model is trained with it."""
        parts = [tests for part, tests in self.unexplained.items() if part not in self.training]
        return frozenset[str]().union(*parts)

    def discard_unearned(self, control: QuestionRun, note: str) -> None:
        """Undo the gain of the parts whose tests the reference solution also passes: they get the verdicts of the best attempt, with
        `note` after their hints.

        A test that was not run proves nothing. The gain of a part that trains counts if any other part's gain counts.
        """
        run = {v.test for verdicts in control.verdicts.values() for v in verdicts}
        passed = run - control.trace.failed
        lost = {part for part, tests in self.unexplained.items() if tests <= passed}
        if self.parts - self.training <= lost:
            lost |= self.training & self.unexplained.keys()
        for part in lost:
            self.last.verdicts[part] = [
                v if v.passed else replace(v, hint=f"{v.hint} {note}".strip())
                for v in self.best.verdicts[part]
            ]
