"""What takes the place of what a question builds on, so that q3 can be checked whatever q1 does.

PyTorch's own cells and layers under the contract's signatures, and the frame of a Seq2Seq. They have all that
CONTRACT.md promises, and are no answer to a question: their gates are zeros, the frame computes nothing, and they call
no step of the notebook's.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .tensors import near

State = tuple[Tensor, Tensor]


def lstm_step(
    x: Tensor, h: Tensor, c: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """x (N, D), h and c (N, H) → the new h and c, and gates that hold zeros."""
    gates = {gate: torch.zeros_like(h) for gate in "ifgo"}
    return *torch.func.functional_call(nn.LSTMCell(1, 1), _named(w_ih, w_hh, b_ih, b_hh), (x, (h, c))), gates


def gru_step(
    x: Tensor, h: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    """x (N, D), h (N, H) → the new h, and gates that hold zeros."""
    gates = {gate: torch.zeros_like(h) for gate in "rzn"}
    return torch.func.functional_call(nn.GRUCell(1, 1), _named(w_ih, w_hh, b_ih, b_hh), (x, h)), gates


class LSTM(nn.LSTM):
    """x (N, T, D) → outputs (N, T, H) and the state (h, c), each (N, H). The checks load its weights, `forget_bias` too."""

    def __init__(self, input_size: int, hidden_size: int, forget_bias: float | None = None) -> None:
        super().__init__(input_size, hidden_size, batch_first=True)

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        if not isinstance(x, Tensor):  # PyTorch's takes a packed batch, the one that you wrote does not
            raise TypeError(f"LSTM takes a tensor x (N, T, D), not a {type(x).__name__}")
        outputs, (h, c) = super().forward(x, None if state is None else (state[0][None], state[1][None]))
        return outputs, (h[0], c[0])


class GRU(nn.GRU):
    """x (N, T, D) → outputs (N, T, H) and the state h (N, H)."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size, batch_first=True)

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        outputs, h = super().forward(x, None if state is None else state[None])
        return outputs, h[0]


class Seq2Seq(nn.Module):
    """The parts of an encoder-decoder by their names in the contract; what it computes is for a check to say."""

    def __init__(
        self, source_vocab: int, target_vocab: int, embedding_size: int, hidden_size: int, bos: int
    ) -> None:
        super().__init__()
        parts: dict[str, nn.Module] = {}
        for side, vocab in (("source", source_vocab), ("target", target_vocab)):
            parts[f"{side}_embedding"] = nn.Embedding(vocab, embedding_size)
        for layer in ("encoder", "decoder"):
            parts[layer] = LSTM(embedding_size, hidden_size)
        for name, part in (parts | {"head": nn.Linear(hidden_size, target_vocab)}).items():
            self.add_module(name, part)
        self.bos = bos


def sound(name: str, own: Any) -> bool:
    """Whether the student's own `lstm_step`, `LSTM`, … can stay: it gives what the stand-in gives.

    Of a Seq2Seq only the frame is used, so it need only be a module that can be made.
    """
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            if name == "Seq2Seq":
                return isinstance(own, type) and isinstance(own(4, 4, 2, 3, 1), nn.Module)
            given, right = (_tried(name, one) for one in (own, globals()[name]))
        return all(near(a, b) for a, b in zip(given, right, strict=True))
    except Exception:
        return False


def _tried(name: str, one: Any) -> list[Tensor]:
    """What a step or a layer gives for some fixed numbers: N = 2, T = 3, D = 3, H = 4."""
    k = 3 if name in ("gru_step", "GRU") else 4
    weights = [_numbers(4 * k, 3), _numbers(4 * k, 4), _numbers(4 * k), _numbers(4 * k) / 2]
    states = [_numbers(2, 4), _numbers(2, 4).cos()][: k - 2]
    if name in ("lstm_step", "gru_step"):
        return list(one(_numbers(2, 3), *states, *weights)[: k - 2])
    layer = one(3, 4).double()
    names = [f"{kind}_{of}_l0" for kind in ("weight", "bias") for of in ("ih", "hh")]
    layer.load_state_dict(dict(zip(names, weights, strict=True)))
    outputs, state = layer(_numbers(2, 3, 3), tuple(states) if k == 4 else states[0])
    return [outputs, *(state if k == 4 else [state])]


def _numbers(*shape: int) -> Tensor:
    count = int(torch.tensor(shape).prod())
    return torch.sin(1.7 * torch.arange(1, count + 1, dtype=torch.float64)).reshape(shape)


def _named(w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor) -> dict[str, Tensor]:
    """Under the names of torch.nn's cells."""
    return {"weight_ih": w_ih, "weight_hh": w_hh, "bias_ih": b_ih, "bias_hh": b_hh}
