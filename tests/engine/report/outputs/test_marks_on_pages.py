"""Marks and corrections on the pages: a mark by hand is neither right nor wrong, and a correction is under the student's name."""

from __future__ import annotations

import pytest

from gatelab.report.by_hand.corrected_report import StaffInput, apply_corrections
from gatelab.report.outputs.pages import class_page, feedback_page
from gatelab.report.whole_class.class_report import Row, class_content
from gatelab.submission.collect import Submission
from gatelab.submission.people import Person
from helpers.made_reports import BANK, CHOSEN, LAB, Seen, graded, question

REPORT = graded("ada@example.org", question("q1", True, True))


@pytest.mark.parametrize("points", [0.0, 1.5, 2.0])
def test_a_mark_by_hand_is_called_neither_right_nor_wrong(points: float) -> None:
    page = Seen(feedback_page(LAB, apply_corrections(REPORT, StaffInput({"q12a": points})))).text
    of_q12a = page[page.index("In your own words") :]
    assert "marked" in of_q12a
    assert "right" not in of_q12a and "not yet" not in of_q12a
    assert page.count("right") == 2  # the two parts of q1


def test_a_correction_is_listed_under_the_students_name() -> None:
    submission = Submission("ada@example.org", "ada", None, people=(Person("Lovelace, Ada"),))
    given = StaffInput(comments={"": "Please come to see me."})
    row = Row(submission.name, submission.file, REPORT, given=given, submission=submission)
    text = " ".join(Seen(class_page(class_content(LAB, [row], CHOSEN, 7, BANK))).text.split())
    assert "Ada Lovelace Comment: Please come to see me." in text
