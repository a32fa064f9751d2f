"""The report in otter's own terms: one test file per question, one test case per part.

otter makes its summary, its `results.json` and its table of scores from a `GradingResults`. The kit puts the
report's verdicts into the one that otter made, so that everything after it shows the same points.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from otter.test_files import GradingResults, TestCase
from otter.test_files.abstract_test import TestCaseResult
from otter.test_files.exception_test import ExceptionTestFile

from gatelab.lab.table import QuestionSpec
from gatelab.report.outputs.gradescope import all_questions, gradescope_results
from gatelab.report.outputs.wording import words
from gatelab.report.record.model import OUR_FAULT, Question, Report
from gatelab.text import shown

PLUGIN_DATA = "gatelab"  # where otter's results hold the whole report (for staff), see get_plugin_data


class ReportResults(GradingResults):  # type: ignore[misc]  # otter has no stubs
    """otter's results, with the kit's `results.json`."""

    report: Report
    specs: list[QuestionSpec]

    def to_gradescope_dict(self, ag_config: Any) -> dict[str, Any]:
        return gradescope_results(self.report, self.specs)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as otter's own class, so that reading `results.pkl` requires otter and not the kit."""
        state = {key: value for key, value in vars(self).items() if key not in ("report", "specs")}
        return GradingResults, ([],), state


def replace_results(results: GradingResults, report: Report, specs: Iterable[QuestionSpec]) -> None:
    """Replace the contents of `results`, whatever otter found, by the report's."""
    specs = list(specs)
    questions = [question for question in all_questions(report, specs) if not question.by_hand]
    results.results = {question.id: test_file(question) for question in questions}
    results.output = None
    results.all_hidden = False
    # otter sets it if its kernel produced no results, but the verdicts do not come from there. `otter grade` shows it in its
    # status column.
    results._catastrophic_error = RuntimeError(OUR_FAULT) if report.status == "failed" else None
    results.set_plugin_data(PLUGIN_DATA, report.to_dict())
    results.__class__ = ReportResults
    results.report, results.specs = report, specs


def test_file(question: Question) -> ExceptionTestFile:
    """The question as one of otter's graded test files."""
    cases = [TestCase(words(part.name), "", False, part.max_points, None, None) for part in question.parts]
    file = ExceptionTestFile(question.id, f"./tests/{question.id}.py", cases, all_or_nothing=False)
    # otter shows no message for a whole question, so its note is put before the messages of failed parts.
    note = "".join(f"{shown(line)}\n" for line in (question.note, question.follow_through) if line)
    for case, part in zip(cases, question.parts, strict=True):
        message = "Passed." if part.passed else note + (shown(part.student_text) or "Not passed.")
        file.test_case_results.append(TestCaseResult(case, message, part.passed))
        note = note if part.passed else ""
    file.update_score(question.points)  # a part may earn only a share of its points
    return file


def verdicts(report: Report, specs: Iterable[QuestionSpec]) -> dict[str, list[dict[str, Any]]]:
    """The verdicts that the zip's `tests/q1.py`, … report: question ID → its parts. Contains nothing that is only for staff."""
    return {
        question.id: [
            {
                "name": words(part.name),
                "max_points": part.max_points,
                "passed": part.passed,
                "message": shown(part.student_text),
            }
            for part in question.parts
        ]
        for question in all_questions(report, specs)
        if not question.by_hand
    }
