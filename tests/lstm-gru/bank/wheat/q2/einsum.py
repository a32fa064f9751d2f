"""einsum with the gates as an axis; torch.lerp for the blend."""
import torch
from torch import Tensor, einsum


def gru_step(x: Tensor, h: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    H = h.shape[-1]
    from_x = einsum("nd,khd->knh", x, w_ih.reshape(3, H, -1)) + b_ih.reshape(3, 1, H)
    from_h = einsum("nj,khj->knh", h, w_hh.reshape(3, H, H)) + b_hh.reshape(3, 1, H)
    r, z = torch.sigmoid(from_x[:2] + from_h[:2]).unbind(0)
    n = torch.tanh(torch.addcmul(from_x[2], r, from_h[2]))
    return torch.lerp(n, h, z), {"r": r, "z": z, "n": n}
