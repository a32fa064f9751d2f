"""The public checks compute on the processor, as the grader does, whatever device the notebook has chosen."""

from __future__ import annotations

import pytest
import torch
from public_checks import CODE, Check, first_message, names_with

from gatelab.handed_out.checking.plain import meaning
from gatelab.lab.spec import Lab

GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no GPU")


@pytest.fixture(params=["meta", pytest.param("cuda", marks=GPU)])
def default_device(request: pytest.FixtureRequest, check: Check):
    import seqlab  # noqa: F401  # as a notebook's first cell does

    torch.set_default_device(request.param)
    yield request.param
    torch.set_default_device(None)


@pytest.mark.parametrize("question", CODE)
def test_a_right_answer_passes_whatever_the_default_device_is(
    check: Check, lab: Lab, default_device: str, question: str
) -> None:
    torch.set_default_device(None)
    names = names_with(lab, "")
    torch.set_default_device(default_device)
    result = check(question, names)
    assert result.passed_all, first_message(result)
    assert torch.get_default_device().type == default_device


ON_THE_GPU = {
    "q1": "_step = lstm_step\ndef lstm_step(*a):\n    h, *more = _step(*(t.cuda() for t in a))\n    return (h, *more)\n",
    "q6": "_last = last_valid\ndef last_valid(outputs, lengths):\n    return _last(outputs.cuda(), lengths.cuda())\n",
    "q3": "class LSTM(LSTM):\n    def __init__(self, *a):\n        super().__init__(*a)\n        self.cuda()\n"
    "    def forward(self, x, state=None):\n        return super().forward(x.cuda(), state and tuple(s.cuda() for s in state))\n",
}


@GPU
@pytest.mark.parametrize("question", ON_THE_GPU)
def test_what_was_computed_on_the_gpu_is_right(check: Check, lab: Lab, question: str) -> None:
    result = check(question, names_with(lab, ON_THE_GPU[question]))
    assert result.passed_all, first_message(result)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64.", "does not know float64"),
        ("CUDA error: device-side assert triggered", "out of range"),
        ("CUDA out of memory. Tried to allocate 2.00 GiB", "memory is full"),
        ("No CUDA GPUs are available", "There is no GPU here"),
    ],
)  # fmt: skip
def test_it_is_not_said_that_there_is_no_gpu_where_one_has_failed(error: str, says: str) -> None:
    assert says in meaning("RuntimeError", error)
