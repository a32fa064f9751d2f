"""A stub's line that was left in an answer: what is said of it is true, and an answer that was begun is not called unwritten."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gatelab.grading.engine import Engine
from gatelab.lab.spec import Lab
from gatelab.report.record.model import Kind, Report
from helpers.released_lab import release
from helpers.solved_notebook import answer, code
from helpers.tiny_lab import tiny_lab

pytestmark = [pytest.mark.usefixtures("shared_server"), pytest.mark.one_in(3)]

RAISE = 'raise NotImplementedError("q1: not written yet")'
HEAD = "def softmax(logits):\n"
AROUND = "class Softmax:\n    def __init__(self):\n        {first}\n\n    def __call__(self, logits):\n        {last}\n\nsoftmax = Softmax()\n"
BESIDE = "Code stands beside that line: if it is your answer, delete the line."
NOTHING = "Nothing was written for q1."


def q1(text: str) -> Callable[[list[dict]], None]:
    return lambda cells: answer(cells, "q1").update(source=text)


@pytest.mark.parametrize(
    ("text", "begun", "beside"),
    [
        (f"{HEAD}    powers = logits.exp()\n    {RAISE}\n", True, True),
        (f"{HEAD}    {RAISE}\n    return logits.softmax(dim=1)\n", True, True),
        (AROUND.format(first="self.dim = 1", last=RAISE), True, False),
        (f"{HEAD}    {RAISE}\n", False, False),
        (f'{HEAD}    """Mine."""\n    # later\n    ...\n    {RAISE}\n', False, False),
    ],
)
def test_an_answer_that_was_begun_is_not_called_unwritten(
    graded: Callable[..., Report], text: str, begun: bool, beside: bool
) -> None:
    report = graded(q1(text), "q1")
    parts = report.question("q1").parts
    assert report.question("q1").points == 0 and report.question("q1").attempted is begun
    assert (NOTHING in report.notes) is not begun
    assert all((BESIDE in part.student_text) is beside for part in parts), parts[0].student_text
    assert all(("Not written yet" in part.student_text) is not beside for part in parts)
    assert all(part.kind is (Kind.RAISED if begun else Kind.UNTOUCHED) for part in parts)
    if beside:
        assert f'"def softmax…"), line {text[: text.index("raise")].count(chr(10)) + 1}: raise' in parts[0].student_text  # fmt: skip


def test_a_stubs_line_below_the_return_costs_nothing(graded: Callable[..., Report], lab: Lab) -> None:
    report = graded(q1(lab.reference("q1").rstrip() + f"\n    {RAISE}\n"), "q1")
    assert report.question("q1").points == 4


def test_what_was_handed_out_is_nobodys_answer(tmp_path: Path) -> None:
    """Neither a line beside the stub nor a function with a name like that which is asked for."""
    lab = tiny_lab(tmp_path)
    master = lab.assignment / "lab.py"
    text = master.read_text(encoding="utf-8")
    text = text.replace('# %% tags=["experiment"]\n', '# %% tags=["experiment"]\ndef soft_maxx(x):\n    return x\n\n\n', 1)  # fmt: skip
    text = text.replace("    return powers / powers.sum(dim=1, keepdim=True)\n    # END SOLUTION", "    result = powers / powers.sum(dim=1, keepdim=True)\n    # END SOLUTION\n    return result  # GIVEN")  # fmt: skip
    master.write_text(text, encoding="utf-8")
    release(lab, tmp_path)
    lab = Lab.in_repository(tmp_path)
    book = json.loads((lab.release / lab.notebook).read_text(encoding="utf-8"))
    with Engine(lab) as own:
        path = tmp_path / "ada.ipynb"
        cell = answer(book["cells"], "q1")
        cell["source"] = "".join(cell["source"]).replace("Probabilities", "The probabilities")
        assert "return result" in cell["source"]
        path.write_text(json.dumps(book), encoding="utf-8")
        report = own.grade(path, "ada", ("q1",))
        assert not report.question("q1").attempted
        book["cells"].remove(cell)
        path.write_text(json.dumps(book), encoding="utf-8")
        report = own.grade(path, "ada", ("q1",))
        said = report.question("q1").parts[0].student_text
        assert "`softmax` is not defined in the notebook." in said and "soft_maxx" not in said
        book["cells"].append(code("def softmaxx(logits):\n    return logits"))
        path.write_text(json.dumps(book), encoding="utf-8")
        report = own.grade(path, "ada", ("q1",))
        assert "Is `softmaxx` in cell" in report.question("q1").parts[0].student_text
