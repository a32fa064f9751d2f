"""Item analysis: does it say of a class which question tells something, and of a small class nothing?"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from gatelab.lab.bank import Bank, load_bank
from gatelab.lab.spec import Lab
from gatelab.report.classbook import Row, class_book
from gatelab.report.items import FEWEST, items
from gatelab.report.model import UNTOUCHED, Part, Question, Report
from gatelab.report.pages import class_page

LAB = Lab.in_repository(Path(__file__).resolve().parents[3])
CHOSEN = ["q1", "q2", "q3"]
PARTS = 10


def answer(id: str, share: float, **more: Any) -> Question:
    """An answer that earns this share of its points, in ten parts, the last ones lost."""
    most = LAB.questions[id].points
    right = round(share * PARTS)
    parts = [
        Part(f"part-{k}", most / PARTS if k < right else 0.0, most / PARTS, k < right) for k in range(PARTS)
    ]
    return Question(id, LAB.questions[id].title, most, parts, **more)


def stub(id: str) -> Question:
    most = LAB.questions[id].points
    return Question(id, LAB.questions[id].title, most, [Part("part-0", 0.0, most, False, kind=UNTOUCHED)])


def a_class(*students: dict[str, Question]) -> list[Report]:
    return [Report(f"s{k}", "graded", questions=list(student.values())) for k, student in enumerate(students)]


def of(reports: list[Report], id: str) -> dict[str, Any]:
    return next(item for item in items(LAB, CHOSEN, reports) if item["question"] == id)


ABLE = [k / 11 for k in range(12)]  # how good each of twelve is


def twelve(q3: Any) -> list[Report]:
    """Twelve whose q1 and q2 follow from how good they are; `q3` gives the third answer."""
    return a_class(*({"q1": answer("q1", a), "q2": answer("q2", a), "q3": q3(a)} for a in ABLE))


def test_a_question_that_the_good_answer_better_discriminates_and_is_left_alone() -> None:
    item = of(twelve(lambda a: answer("q3", a)), "q3")
    assert item["discrimination"] > 0.95 and item["difficulty"] == 0.5 and item["advice"] == []
    assert item["hardest"] == "part-9"


def test_a_question_that_the_good_answer_worse_is_pointed_out() -> None:
    item = of(twelve(lambda a: answer("q3", 1 - a)), "q3")
    assert item["discrimination"] < -0.95 and "whether a right solution fails" in item["advice"][0]


def test_a_question_that_has_to_do_with_nothing_is_pointed_out() -> None:
    shares = iter([0.4, 0.6, 0.6, 0.4] * 3)
    item = of(twelve(lambda a: answer("q3", next(shares))), "q3")
    assert abs(item["discrimination"]) < 0.1 and item["advice"]


def test_a_question_that_all_have_or_few_have_is_pointed_out() -> None:
    easy, hard = (
        of(twelve(lambda a: answer("q3", 1.0)), "q3"),
        of(twelve(lambda a: answer("q3", 0.2 * a)), "q3"),
    )
    assert easy["discrimination"] is None and easy["advice"] == [
        "Nearly everybody has it: it tells little, and may be worth fewer points."
    ]
    assert any("most are lost at “part-2”" in line for line in hard["advice"])


def test_who_did_not_begin_counts_for_nothing_but_is_counted() -> None:
    item = of(twelve(lambda a: answer("q3", a) if a > 0.3 else stub("q3")), "q3")
    assert (item["began"], item["not_begun"]) == (8, 4) and item["difficulty"] > 0.6
    assert item["advice"] == ["4 of 12 did not begin it: is it too late in the lab, or its task unclear?"]


def test_wrong_answers_without_a_name_lead_to_the_command_that_groups_them() -> None:
    item = of(twelve(lambda a: answer("q3", a, signature="x" * 16)), "q3")
    assert item["unnamed"] == 11 and any("gatelab misses" in line for line in item["advice"])


@pytest.mark.parametrize("count", [0, 1, FEWEST - 1])
def test_of_a_small_class_nothing_is_said(count: int) -> None:
    for item in items(LAB, CHOSEN, twelve(lambda a: answer("q3", 1 - a))[:count]):
        assert item["difficulty"] is None and item["discrimination"] is None and item["advice"] == []


def test_the_numbers_do_not_depend_on_the_order_of_the_class() -> None:
    reports = twelve(lambda a: answer("q3", a * a))
    shuffled = random.Random(3).sample(reports, len(reports))
    assert items(LAB, CHOSEN, reports) == items(LAB, CHOSEN, shuffled)


def test_the_class_report_shows_it_and_where_a_mistake_belongs() -> None:
    mistake = "forget-and-input-swapped"
    reports = twelve(lambda a: answer("q3", 1 - a))
    reports[0].questions[0].misconception = mistake
    rows = [Row(report.submission, report.submission, report) for report in reports]
    book = class_book(LAB, rows, CHOSEN, 7, load_bank(LAB))
    page = class_page(json.loads(json.dumps(book)))
    assert "Which question to change" in page and "whether a right solution fails" in page
    found = book["misconceptions"][0]
    assert (LAB.assignment.parents[1] / found["chaff"]).is_file() and found["chaff"] in page
    assert found["slot"] == "Common pitfalls to pre-empt: LSTM" and found["slot"] in page
    empty = class_book(LAB, rows[:2], CHOSEN, 7, Bank())
    assert "too few answers" in class_page(empty) and empty["misconceptions"][0]["chaff"] == ""
