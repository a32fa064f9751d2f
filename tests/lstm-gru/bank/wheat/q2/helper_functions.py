"""Small helpers, a dataclass of the blocks, features first."""
from dataclasses import dataclass

import torch


@dataclass
class Block:
    wx: torch.Tensor
    wh: torch.Tensor
    bx: torch.Tensor
    bh: torch.Tensor

    def x(self, x):
        return self.wx @ x.T + self.bx[:, None]

    def h(self, h):
        return self.wh @ h.T + self.bh[:, None]


def blocks(*weights):
    return [Block(*(w.chunk(3)[k] for w in weights)) for k in range(3)]


def gru_step(x, h, w_ih, w_hh, b_ih, b_hh):
    R, Z, C = blocks(w_ih, w_hh, b_ih, b_hh)
    reset = torch.sigmoid(R.x(x) + R.h(h))
    update = torch.sigmoid(Z.x(x) + Z.h(h))
    candidate = torch.tanh(C.x(x) + reset * C.h(h))
    result = candidate - update * candidate + update * h.T
    return result.T, dict(r=reset.T, z=update.T, n=candidate.T)
