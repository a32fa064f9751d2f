"""What a student is told when an answer cannot even be compared: whose code raised, and what did not fit."""

from __future__ import annotations

import pytest
import torch

from gatelab.grading.examiner import run_suites
from gatelab.grading.plugin import LocalWorkers
from gatelab.grading.verdicts import Grading
from gatelab.lab.spec import Lab
from gatelab.testkit.student import RemoteError, Student, StudentError

LAYER = """
import torch
from torch import nn

class Layer(nn.Module):
    def __init__(self, weight="w", shape=(2, 3), more=False):
        super().__init__()
        self.register_parameter(weight, nn.Parameter(torch.zeros(shape)))
        if more:
            self.extra = nn.Linear(2, 2)

    def load(self):
        return [self.w]
"""


@pytest.fixture
def student(lab: Lab) -> Student:
    return Grading(lab, 1, LocalWorkers(lab, [LAYER]), None).student_for("q3", "test")


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ({"weight": "v"}, "its state_dict has no w; it has v."),
        ({"more": True}, "its state_dict has extra.weight, extra.bias, which the contract does not know."),
        ({"shape": (3, 2)}, r"w has shape \(3, 2\), it should be \(2, 3\)."),
    ],
)
def test_weights_that_do_not_fit_are_reported_by_name_and_shape(
    student: Student, made: dict, message: str
) -> None:
    student._words.names.add("v")  # the other words are in the notebook
    with pytest.raises(StudentError, match="^The weights do not fit into your Layer: " + message):
        student.make("Layer", **made).load_state_dict({"w": torch.ones(2, 3)})


def test_weights_that_fit_are_loaded(student: Student) -> None:
    layer = student.make("Layer")
    layer.load_state_dict({"w": torch.ones(2, 3)})
    assert torch.equal(layer.state_dict()["w"], torch.ones(2, 3))


def test_what_the_check_itself_could_not_do_is_not_put_down_to_the_students_code(student: Student) -> None:
    source = "def main(ns):\n    return ns['Layer']().load().weight"
    with pytest.raises(StudentError) as error:
        student.run(source).value  # noqa: B018
    assert str(error.value) == (
        "This check could not continue with your code (AttributeError: 'list' object has no attribute 'weight'). "
        "Compare names, arguments, types and shapes with CONTRACT.md."
    )


def test_what_a_cell_raised_is_reported_with_its_line() -> None:
    error = RemoteError("ValueError", "too few", "cell 3, line 2: raise ValueError('too few')")
    assert str(error) == "Your code raised ValueError: too few (cell 3, line 2: raise ValueError('too few'))"


STATES = {  # what a GRU returns for the state h → whether its gradients are looked at all the same, and what is said of it
    "(h,)": (True, "h of GRU's state after the last step should be a tensor, but it is a tuple with 1 entry."),
    "[h]": (True, "h of GRU's state after the last step should be a tensor, but it is a list with 1 entry."),
    "(h, h)": (False, "h of GRU's state after the last step should be a tensor, but it is a tuple with 2 entries."),
    "h[None]": (False, "h of GRU's state after the last step has shape (1, 3, 4); expected (3, 4), that is (N batch, H hidden)."),
    "(h.detach(),)": (False, "the gradient that reaches x"),
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
@pytest.mark.one_in(2)
def test_a_state_in_another_form_is_called_that_and_costs_the_gradients_only_if_they_are_out_of_reach(
    lab: Lab, state: str
) -> None:
    before, gru, after = lab.reference("q3").partition("class GRU")
    source = f"{before}{gru}{after.replace('dim=1), h', f'dim=1), {state}')}"
    grading = Grading(lab, 11, LocalWorkers(lab, [source]), None)
    run_suites(lab, grading, ["q3"])
    message = {part.name: part.student_text for part in grading.finished["q3"].parts if not part.passed}
    kept, said = STATES[state]
    assert message.keys() == ({"gru-state"} if kept else {"gru-state", "gru-gradients"})
    assert said in message["gru-state" if kept else "gru-gradients"]
