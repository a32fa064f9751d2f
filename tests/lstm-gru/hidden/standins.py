"""What the suites pass to students' code instead of a layer or a model: complete, with all that CONTRACT.md promises.

The text of this file (`TEXT`) precedes the drivers that run in the worker, so it needs only torch.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

TEXT = Path(__file__).read_text(encoding="utf-8") if "__file__" in globals() else ""


class Loop(nn.Module):
    """A layer written as a loop, x (N, T, D) → outputs (N, T, H) and the state, a pair like the LSTM's."""

    batch_first, bidirectional, num_layers = True, False, 1  # as torch.nn's layers have it
    pair = True

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.w = nn.Parameter(torch.empty(2 * hidden_size, input_size))
        self.u = nn.Parameter(torch.empty(2 * hidden_size, hidden_size))

    def forward(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        h = x.new_zeros(x.shape[0], self.hidden_size)
        if state is not None:
            h = state[0] if self.pair else state
        outputs = []
        for t in range(x.shape[1]):
            a, b = (x[:, t] @ self.w.T + h @ self.u.T).chunk(2, dim=1)
            h = a.sigmoid() * h + (1 - a.sigmoid()) * b.tanh()
            outputs.append(h)
        return torch.stack(outputs, dim=1), (h, h) if self.pair else h


class OneState(Loop):
    """The same with one tensor (N, H) for its state, like the lab's GRU."""

    pair = False


class RunningSum(nn.Module):
    """Every output is the sum of the inputs so far, three times as wide. Its one weight is 1."""

    batch_first, bidirectional, num_layers = True, False, 1

    def __init__(self, input_size: int) -> None:
        super().__init__()
        self.input_size, self.hidden_size = input_size, 3 * input_size
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor, state: Any = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        total = self.scale * x.cumsum(dim=1)
        return torch.cat([total, -total, total.sin()], dim=-1), (total[:, -1], total[:, -1])


def grader_gru(input_size: int, hidden_size: int) -> nn.Module:
    """PyTorch's, with batch_first=True."""
    return nn.GRU(input_size, hidden_size, batch_first=True)


class Runaway(BaseException):
    """Decoding does not stop."""


def scripted(ns: Any, script: Tensor, bos: int, limit: int) -> tuple[nn.Module, dict[str, Any]]:
    """A Seq2Seq that says the tokens of a script (N, T), whatever it is fed, and a record of how it was used.

    It is the notebook's own Seq2Seq with another decoder under its head, and says the same whether it is called by
    `step` or part by part. c holds each row's number and its count of steps, so that rows may be left out or
    decoded one by one; h is the token just said. Beyond limit + 3 steps it raises Runaway.
    """
    vocab, embedding, hidden = 9, 4, 12
    seen = {"furthest": 0, "row_steps": 0, "graph_kept": False}

    class Decoder(ns["LSTM"]):
        def forward(self, x: Tensor, state: Any = None, *more: Any, **named: Any) -> tuple[Tensor, Any]:
            h, c = (x.new_zeros(x.shape[0], hidden),) * 2 if state is None else state
            outputs = []
            for _ in range(x.shape[1]):
                rows, step = c[:, 0].round().long(), c[:, 1].round().long()
                seen["graph_kept"] |= bool(step.max() > 0 and (h.requires_grad or c.requires_grad))
                seen["furthest"] = max(seen["furthest"], int(step.max()) + 1)
                seen["row_steps"] += len(rows)
                if seen["furthest"] > limit + 3 or seen["row_steps"] > len(script) * (limit + 3):
                    raise Runaway
                said = script[rows, step.clamp(max=script.shape[1] - 1)]
                one = 1 + 0 * self.bias_hh_l0.sum()  # so that the output depends on a weight
                h = one * nn.functional.one_hot(said, hidden)
                c = c + one * nn.functional.one_hot(torch.ones_like(said), hidden)
                outputs.append(h)
            return torch.stack(outputs, dim=1), (h, c)

    class Scripted(ns["Seq2Seq"]):
        def encode(
            self, source: Tensor, source_lengths: Tensor, *more: Any, **named: Any
        ) -> tuple[Tensor, Tensor]:
            one = 1 + 0 * self.encoder.bias_hh_l0.sum()
            c = one * nn.functional.pad(source[:, :1].float(), (0, hidden - 1))
            return torch.zeros_like(c), c

        def step(self, token: Tensor, state: Any, *more: Any, **named: Any) -> tuple[Tensor, Any]:
            outputs, state = self.decoder(state[1].new_zeros(len(state[1]), 1, embedding), state)
            return self.head(outputs[:, 0]), state

    model = Scripted(vocab, vocab, embedding, hidden, bos)
    model.decoder = Decoder(embedding, hidden)
    with torch.no_grad():
        model.head.weight.copy_(30.0 * torch.eye(vocab, hidden))
        model.head.bias.zero_()
    model.requires_grad_()  # also where a layer of the notebook's own has weights without gradients
    return model, seen
