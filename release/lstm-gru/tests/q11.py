"""Public check of q11: one step on a model with a single table of logits, so that the numbers are known.

The model has V = 4 classes and the same logits everywhere, all 0 at the start; the targets hold no padding. So the
loss is log 4 and the gradient is 1/4 less the share of each token among the targets.
"""

import math

import torch
from torch import nn

from seqlab.checking import Check, is_number, need, untouched

OK_FORMAT = False
name = "q11"
check = Check(name)

TARGETS = torch.tensor([[1, 3, 1], [1, 1, 1]])  # token 1: 5/6, token 3: 1/6
GRADIENT = torch.tensor([1 / 4, 1 / 4 - 5 / 6, 1 / 4, 1 / 4 - 1 / 6], dtype=torch.float64)
SOURCE, LENGTHS = torch.tensor([[3, 2, 1], [2, 1, 0]]), torch.tensor([3, 2])


class Table(nn.Module):
    """logits (N, T, 4), the same at every step."""

    def __init__(self):
        super().__init__()
        self.table = nn.Parameter(torch.zeros(4, dtype=torch.float64))
        self.forcing = []

    def forward(self, source, source_lengths, targets, forcing=1.0):
        self.forcing.append(forcing)
        return self.table.expand(*targets.shape, 4)


@check.calls
def calls(student):
    found = {}
    for about, more, old in [
        ("clip not reached", {"clip": 10.0}, 0.0),
        ("clip = 0.1", {"clip": 0.1}, 0.0),
        ("the default clip", {}, 0.0),
        ("old gradients of 5 left over", {"clip": 10.0}, 5.0),
    ]:
        model = Table()
        model.table.grad = torch.full_like(model.table, old)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        names = "model optimizer source source_lengths targets pad"
        call = student.call(
            "training_step", model, optimizer, SOURCE, LENGTHS, TARGETS, 0, names=names, about=about, **more
        )
        found[about] = (call, model)
        seen = [model.table.detach(), [float(forcing) for forcing in model.forcing]]
        student.note("training_step", "the model after the step", seen)
    return found


@check.case("training_step")
def training_step(found):
    for about, length in [
        ("clip not reached", None),
        ("old gradients of 5 left over", None),
        ("clip = 0.1", 0.1),
    ]:
        call, model = found[about]
        is_number(call, float, math.log(4), "It is the loss of this batch before the step.")
        need(call, len(model.forcing) == 1, f"the model was called {len(model.forcing)} times.")
        need(call, model.forcing[0] == 1, "the model is to be run with full teacher forcing.")
        change, full = -model.table.detach() / 0.5, GRADIENT
        need(call, change.abs().max() > 0, "the parameters did not change.")
        if length is None:
            close = torch.allclose(change, full, atol=1e-6)
            need(
                call,
                close,
                "the step is not -lr times this batch's gradient. (Old gradients forgotten? Clipped at clip?)",
            )
        else:
            norm = float(change.norm())
            need(
                call,
                abs(norm - length) < 1e-4,
                f"the gradient's norm should be clipped at {length}, it was {norm:.4g}.",
            )
        untouched(call)
    call, model = found["the default clip"]
    need(call, True)
    close = torch.allclose(-model.table.detach() / 0.5, GRADIENT, atol=1e-6)  # its norm is 0.69, below 1
    need(call, close, "with clip left at 1 a gradient of norm 0.69 should stay as it is.")
