"""What a question gains by the student's own wrong answers to earlier ones, and how much of it counts.

With those answers a part may be right because this answer fits them: it uses something that the references lack, which raised an
exception there, or it undoes their mistake (a state in the other order). A part may also be right although this answer is wrong:
the earlier one leaves the check nothing to see (weights without gradients), or does the work of this one. The reference solution of the
question tells which, with the same earlier answers: it undoes no mistake, so where one had to be undone it fails; where it passes, the
earlier answers were no reason for what this answer did, and the part stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gatelab.grading.attempt import QuestionRun
from gatelab.sandbox.lost import WorkerLost
from gatelab.testkit.student import Backend

# In the notebook's own names, as a last cell would: so that it uses the student's earlier answers.
PUT = """
def main(ns, source):
    exec(compile(source, "<reference>", "exec"), ns.maps[0])
"""


def put_reference(backend: Backend, source: str) -> None:
    """Define the question's reference solution in place of the student's answer. Raises WorkerLost."""
    answer = backend.request({"op": "run", "arguments": {"source": PUT, "values": {"source": source}}})
    if answer.get("error"):
        raise WorkerLost("The notebook has changed Python itself so that the reference cannot be defined.")


@dataclass(frozen=True)
class Gain:
    """The parts that the last attempt, with earlier answers that are not right, gets right and the best earlier attempt gets wrong."""

    before: list[QuestionRun]
    best: QuestionRun  # the one of `before` that earns most
    last: QuestionRun
    training: set[str]  # parts whose tests train a model

    @property
    def parts(self) -> set[str]:
        return {
            part for part in self.best.wrong if self.last.verdicts.get(part) and part not in self.last.wrong
        }

    @property
    def unexplained(self) -> dict[str, set[str]]:
        """The parts that were lost to no exception, each with the tests that lost it."""
        lost = {part: {v.test for v in self.best.verdicts[part] if not v.passed} for part in self.parts}
        raised = {test for attempt in self.before for test, error in attempt.errors.items() if error.type}
        return {part: tests for part, tests in lost.items() if not tests & raised}

    @property
    def asked(self) -> frozenset[str]:
        """The tests that the reference is to take. It trains no model."""
        parts = [tests for part, tests in self.unexplained.items() if part not in self.training]
        return frozenset[str]().union(*parts)

    def take_back(self, control: QuestionRun, note: str) -> None:
        """Reset the parts whose tests the reference also passes to what they were in the best attempt; `note` follows their hints.

        A test that was not run says nothing. A training that went better counts if any other part of the gain does.
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
