"""Public check of q11: one step on a model of two small tables, so that all numbers are known.

Its logits are 8 * one + 6 * two, the same at every step, and 0 at the start. So the loss is log 4, and the
gradients are 8 and 6 times (1/4 less the share of each token among the real targets).
"""

import math

import torch
from torch import nn

from seqlab.checking import Check, Finding, Tolerance, is_number, near, need, standins, untouched
from seqlab.padding import other_padding

OK_FORMAT = False
name = "q11"
check = Check(name)

PAD, BOS, RATE = 3, 1, 0.5
TARGETS = torch.tensor([[1, 0, 2], [1, 1, PAD]])  # of the 5 real tokens 1 has 3/5, 0 and 2 have 1/5 each
GRADIENT = torch.tensor([1 / 4 - 1 / 5, 1 / 4 - 3 / 5, 1 / 4 - 1 / 5, 1 / 4], dtype=torch.float64)
NORM = 10 * float(GRADIENT.norm())  # of both tables together, 4.36
LARGE = 20.0  # weights above every clip whose gradient is 0: the step leaves them as they are
CLIPPED = Tolerance(5e-4, 1e-4)  # ways of clipping differ in a small number that they add to the norm, 1e-6 in PyTorch's
SOURCE, LENGTHS = torch.tensor([[0, 2, 1], [2, 1, PAD]]), torch.tensor([3, 2])


def tables_over(Seq2Seq):
    """A Seq2Seq whose logits (N, T, 4) are those of two tables. It remembers what it was given."""

    class Tables(Seq2Seq):
        def forward(self, source, source_lengths, targets, forcing=1.0, *more, **named):
            batch = (source, source_lengths, targets)
            given.append([float(forcing), *(part.tolist() for part in batch)])
            return self.logits().expand(*targets.shape, 4)

        def encode(self, source, source_lengths, *more, **named):
            nothing = self.head.weight.new_zeros(len(source), self.head.in_features)
            return nothing, nothing

        def step(self, token, state, *more, **named):
            return self.logits().expand(len(token), 4), state

        def logits(self):
            others = [p for p in self.parameters() if all(p is not table for table in tables)]
            nothing = sum((p * torch.zeros_like(p)).sum() for p in others)  # they get gradients of 0
            return 8 * tables[0] + 6 * tables[1] + nothing

    given = []
    model = Tables(4, 4, 2, 3, BOS).double()
    tables = [nn.Parameter(torch.zeros(4, dtype=torch.float64)) for _ in range(2)]
    for k, table in enumerate(tables):
        model.register_parameter(f"checked_table_{k}", table)
    return model, tables, given


class Counting(torch.optim.SGD):
    """It remembers the tables' gradients at each of its steps."""

    def __init__(self, model, tables):
        super().__init__(model.parameters(), lr=RATE)
        self.tables, self.seen, self.still = tables, [], model.head.weight

    def step(self, closure=None):
        loss = super().step(closure)  # a closure computes the gradients
        self.seen.append([None if table.grad is None else table.grad.clone() for table in self.tables])
        return loss


@check.calls
def calls(student):
    found = {}
    for about, more, old in [
        ("clip = 10", {"clip": 10.0}, 0.0),
        ("clip = 2", {"clip": 2.0}, 0.0),
        ("no clip given", {}, 0.0),
        ("clip = 10, old gradients of 5 left over", {"clip": 10.0}, 5.0),
    ]:
        model, tables, given = tables_over(student.instead("Seq2Seq", standins.Seq2Seq))
        for table in tables:
            table.grad = torch.full_like(table, old)
        nn.init.constant_(model.head.weight, LARGE)
        optimizer, batch = Counting(model, tables), (SOURCE, LENGTHS, TARGETS)
        names = "model optimizer source source_lengths targets pad"
        call = student.call("training_step", model, optimizer, *batch, PAD, names=names, about=about, **more)
        after = [(table.detach().clone(), table.grad) for table in tables]
        student.note("training_step", about, [given, optimizer.seen, after])
        found[about] = (call, tables, given, optimizer)
    found["q9"] = student.watch("sequence_loss", "the gradient of these logits", gradient_of_logits)
    return found


def gradient_of_logits(sequence_loss):
    logits, targets = torch.zeros(2, 3, 4, dtype=torch.float64, requires_grad=True), TARGETS.clone()
    gradient = torch.autograd.grad(sequence_loss(logits, targets, PAD), logits)[0].sum(dim=(0, 1))
    return gradient if torch.equal(targets, TARGETS) else gradient * math.nan  # it changed its argument: not right either


@check.case("training_step")
def training_step(found):
    q9 = found.pop("q9")
    sound = near(q9.value, GRADIENT)
    with check.built_on("sequence_loss", "q9", sound):
        for call, _, given, optimizer in found.values():
            one_step(call, given, optimizer)
        sizes(found)


def one_step(call, seen, optimizer):
    is_number(call, float, math.log(4), "It is the loss of this batch before the step.")
    need(call, len(seen) == 1, f"the model was called {len(seen)} times.")
    forcing, *batch = seen[0]
    need(call, forcing == 1, "the model should be run with full teacher forcing.")
    for got, want, part in zip(
        batch, (SOURCE, LENGTHS, TARGETS), ("source", "source_lengths", "targets"), strict=True
    ):
        need(
            call,
            got == want.tolist(),
            f"the model gets the {part} as they are: {want.tolist()}, it got {got}.",
        )
    need(
        call,
        len(optimizer.seen) == 1,
        f"the optimiser that was passed in made {len(optimizer.seen)} steps.",
    )
    used = optimizer.seen[0][0]
    need(call, used is not None and used.abs().max() > 0, "the optimiser's step found no gradients.")
    need(
        call,
        bool((optimizer.still == LARGE).all()),
        "a weight whose gradient is 0 has changed afterwards. Only the optimiser's step changes weights; what is clipped "
        "is the gradient.",
    )
    untouched(call)


def pad_taken(change):
    """A sentence where the step is that of a loss that leaves another token out than PAD, or none."""

    def fits(pad):
        real = TARGETS[pad != TARGETS] if pad is not None else TARGETS.flatten()
        gradient = 1 / 4 - torch.bincount(real, minlength=4).double() / len(real)
        one_table = gradient / (gradient.norm() * 2**0.5)
        return near(change / change.norm(), one_table.expand_as(change), CLIPPED)

    found = other_padding(PAD, (0, 1, 2, None), fits, "counts the padding as tokens")
    return found and f"It is that of {found}"


def sizes(found):
    for about, (call, tables, _, _) in found.items():
        length = {"clip = 2": 2.0, "no clip given": 1.0}.get(about, NORM)
        change = torch.stack([tables[0].detach() / 8, tables[1].detach() / 6]) / -RATE
        norm = float((change * torch.tensor([[8.0], [6.0]])).norm())
        right = near(change, (GRADIENT * length / NORM).expand_as(change), CLIPPED)
        if length == NORM:
            ask = "Were the old gradients zeroed?" if "old" in about else "Its norm is below clip."
            need(
                call,
                right,
                f"the optimiser's step is not that of this batch's gradient. {pad_taken(change) or ask}",
            )
        else:
            text = (
                f"the gradient's norm over all parameters should be clipped to {length:g}, it was {norm:.4g}."
            )
            need(call, near(torch.tensor(norm), torch.tensor(length), CLIPPED), text)
            need(call, right, "clipping should keep the gradient's direction.")
