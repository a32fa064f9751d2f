"""einsum on weights reshaped to (4, H, ·); the gates are an axis of their own."""
from torch import Tensor, einsum


def lstm_step(x: Tensor, h: Tensor, c: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor):
    N, D = x.shape
    _, H = h.shape
    a = einsum("nd,khd->knh", x, w_ih.reshape(4, H, D))
    b = einsum("nj,khj->knh", h, w_hh.reshape(4, H, H))
    bias = (b_ih + b_hh).reshape(4, 1, H)
    pre = a + b + bias
    i, f, g, o = pre[0].sigmoid(), pre[1].sigmoid(), pre[2].tanh(), pre[3].sigmoid()
    cell = einsum("nh,nh->nh", f, c) + einsum("nh,nh->nh", i, g)
    return einsum("nh,nh->nh", o, cell.tanh()), cell, dict(i=i, f=f, g=g, o=o)
