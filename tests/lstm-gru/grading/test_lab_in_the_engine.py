"""One submission of the lab through the real engine: what only a lab with layers and drivers shows."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from gatelab.audit.notebooks import write_notebook
from gatelab.grading.engine import Engine
from gatelab.lab.spec import Lab
from helpers.in_process import grading_order
from helpers.reference_notebook import reference_notebook

pytestmark = pytest.mark.one_in(3, at=1)


def test_a_name_that_only_a_driver_asks_for_is_missing_in_the_same_words(
    engine: Engine, lab: Lab, tmp_path: Path
) -> None:
    report = engine.grade(write_notebook(tmp_path / "lab.ipynb", lab, {"q10": "x = 1"}), questions=["q10"])
    assert {part.student_text for part in report.question("q10").parts} == {
        "`greedy_decode` is not defined in the notebook."
    }


def test_a_name_much_like_the_missing_one_is_asked_about(engine: Engine, lab: Lab, tmp_path: Path) -> None:
    code = lab.reference("q5").replace("count_parameters", "count_params")
    report = engine.grade(write_notebook(tmp_path / "lab.ipynb", lab, {"q5": code}), questions=["q5"])
    text = " ".join(part.student_text for part in report.question("q5").parts)
    assert "`count_parameters` is not defined in the notebook. Is `count_params` in cell " in text, text
    assert "It must be called `count_parameters`." in text


@pytest.mark.parametrize(
    "shortcut",
    ["class LSTM(torch.nn.Module):\n"
     "    def __init__(self, d, h, forget_bias=None):\n        super().__init__()\n"
     "        self.inner = torch.nn.LSTM(d, h, batch_first=True)\n"
     "        for n, p in self.inner.named_parameters(): self.register_parameter(n, p)\n"
     "    def state_dict(self, *a, **k): return self.inner.state_dict(*a, **k)\n"
     "    def load_state_dict(self, *a, **k): return self.inner.load_state_dict(*a, **k)\n"
     "    def forward(self, x, state=None):\n"
     "        state = None if state is None else tuple(s[None] for s in state)\n"
     "        y, (h, c) = self.inner(x, state)\n        return y, (h[0], c[0])\n"],
)  # fmt: skip
def test_a_library_layer_does_not_follow_an_altered_step_and_staff_get_a_hint(
    plain_engine: Engine, lab: Lab, tmp_path: Path, shortcut: str
) -> None:
    report = plain_engine.grade(
        reference_notebook(tmp_path / "lab.ipynb", lab, "import torch\n" + shortcut), questions=["q3"]
    )
    assert report.question("q3").points < 14
    assert any("torch.nn.LSTM" in hint for hint in report.hints)


def test_training_comes_last_if_there_is_a_deadline_and_nothing_else_moves(lab: Lab) -> None:
    usual, train = grading_order(lab, math.inf)
    pressed, _ = grading_order(lab, 1e12)
    assert train and set(usual[-len(train) :]) != train, "there is nothing to move"
    assert pressed == [id for id in usual if id not in train] + [id for id in usual if id in train]
