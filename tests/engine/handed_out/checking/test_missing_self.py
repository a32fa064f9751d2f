"""A method without `self` is recognised by what its first argument is."""

from __future__ import annotations

import pytest
import torch

from gatelab.handed_out import progress
from gatelab.handed_out.checking import leads
from gatelab.handed_out.checking.record import Call

LAYER = """
import torch
from torch import nn

class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.ones(3))

    {}
"""
SAYS = "The first argument of a method is the object itself, so `{}` is the `Layer` here: `self` is missing before it in `def {}(…)`."


@pytest.fixture(autouse=True)
def a_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "table", lambda: {"questions": []})


def led(forward: str, *arguments: torch.Tensor) -> list[str]:
    """What follows the error of a layer with this forward()."""
    names: dict[str, object] = {}
    exec(LAYER.format(forward), names)
    layer = names["Layer"]
    assert isinstance(layer, type)
    with pytest.raises(Exception) as raised:
        layer()(*arguments)
    return [text for text in leads.after_error(Call("Layer", "Layer", error=raised.value), names) if text]


@pytest.mark.parametrize(
    ("forward", "name", "method"),
    [
        ("def forward(x, state=None): return x.shape[1] * self.w", "x", "forward"),
        ("def forward(x, state=None): return x.shape", "x", "forward"),
        ("def forward(x, state=None): return x[:, 0]", "x", "forward"),
        ("def forward(x, state=None): return torch.tanh(x)", "x", "forward"),
        ("def forward(x, *, state=None): return self.w * x", "x", "forward"),
        ("@torch.no_grad()\n    def forward(x, state): return x @ self.w", "x", "forward"),
        (
            "def forward(self, x): return self.step(x)\n    def step(x, h=1): return x.shape",
            "x",
            "step",
        ),
    ],
)
def test_it_is_said_which_argument_is_the_object(forward: str, name: str, method: str) -> None:
    given = () if "*" in forward.split(")")[0] else (torch.ones(2, 3),)
    assert led(forward, *given) == [SAYS.format(name, method)]


@pytest.mark.parametrize(
    "forward",
    [
        "def forward(self, x): return x.nothing",
        "def forward(self, x): return self.shape",
        "def forward(this, x): return this.shape",
        "def forward(this, x): return self.w",
        "def forward(self, x):\n        def step(x): return x.nothing\n        return step(x)",
        "@staticmethod\n    def forward(x): return x.nothing",
    ],
)
def test_of_other_errors_nothing_is_said(forward: str) -> None:
    assert not [text for text in led(forward, torch.ones(2, 3)) if "itself" in text]
