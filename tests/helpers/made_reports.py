"""Reports of a small class, made without grading: for tests of what is written from them."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory

from gatelab.lab.bank import Bank, Chaff
from gatelab.lab.spec import Lab
from gatelab.report.record.exceptions import Raised
from gatelab.report.record.model import Kind, Mistake, Part, Question, Report
from gatelab.report.whole_class.class_report import Row
from helpers.tiny_lab import tiny_kit

# The tiny lab, with an additional question that trains a model and two that are marked by hand.
MORE = """
[q3]
title = "A trained model"
points = 10
names = ["train"]

[q12a]
title = "In your own words"
points = 2
by_hand = true

[q12b]
title = "Your own curve"
points = 2
by_hand = true
"""
_PLACE = TemporaryDirectory(prefix="reports-made-")


def _lab(root: Path) -> Lab:
    """Nothing is graded, so the question that trains needs no suite."""
    tiny_kit(root)
    assignment, tests = root / "assignment" / "softmax", root / "tests" / "softmax"
    with open(assignment / "lab.toml", "a", encoding="utf-8") as table:
        table.write(MORE)
    return Lab(assignment, tests / "hidden", tests / "bank", root / "release" / "softmax")


LAB = _lab(Path(_PLACE.name))
CHOSEN = ["q1", "q2"]
NASTY = "<script>alert('&')</script>"
SWAPPED = Chaff(
    "rows-and-columns-swapped", "q1", "The rows and the columns are swapped.", "Which axis is first?", ""
)
EXP = Chaff("exp-left-out", "q1", "The exponential is left out.", "Read the last line.", "")
BANK = Bank(chaffs=(SWAPPED, EXP))


def as_mistake(chaff: Chaff) -> Mistake:
    return Mistake(chaff.id, chaff.misconception, chaff.hint)


def question(id: str, *earned: bool, **more: object) -> Question:
    """A question of five-point parts, one for each verdict."""
    parts = [
        Part(
            f"part-{k}",
            5.0 if passed else 0.0,
            5.0,
            None if passed else Kind.WRONG,
            "" if passed else f"message {k}",
            suite_error=Raised("Failed", f"STAFF detail {k}"),
        )
        for k, passed in enumerate(earned)
    ]
    return Question(id, LAB.questions[id].title, 5.0 * len(earned), parts, **more)


def graded(name: str, *questions: Question, **more: object) -> Report:
    by_hand = Question("q12a", "In your own words", 2.0, by_hand=True)
    protection = {"files": True, "network": False}
    return Report(name, "graded", questions=[*questions, by_hand], seed=7, protection=protection, **more)


def of_people(*names: str) -> list[Report]:
    """A graded report of each, all with the same points."""
    return [graded(name, question("q1", True, False), question("q2", True)) for name in names]


def a_class() -> list[Row]:
    swapped = question("q1", True, False, mistakes=[as_mistake(SWAPPED)])
    both = question("q1", False, False, mistakes=[as_mistake(SWAPPED), as_mistake(EXP)])
    reports = [
        graded("ada", question("q1", True, True), question("q2", True, True), sha256="1" * 64),
        graded("bob", swapped, question("q2", True, False), sha256="2" * 64),
        graded(
            "cleo", both, question("q2", False, False), sha256="2" * 64, hints=["Uses torch.log_softmax."]
        ),
        Report("=dan", "ungradable", reason="=dan.ipynb: the file is empty; save it and hand it in again."),
    ]
    rows = [Row(report.submission, f"file-{k}", report) for k, report in enumerate(reports)]
    return [*rows, Row("eve", "file-4", None, "The run was stopped before this one.")]


class Seen(HTMLParser):
    """A page as a browser sees it: its text and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags, self.links, self.open = "", [], [], []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.links += [value for name, value in attributes if name in {"href", "src"}]

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "style" not in self.open[-1:]:
            self.text += data
