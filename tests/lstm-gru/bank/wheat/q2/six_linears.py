"""Six separate products with torch.nn.functional, the blend written as n + z (h − n)."""
import torch.nn.functional as F


def gru_step(x, h, w_ih, w_hh, b_ih, b_hh):
    H = h.shape[1]
    wx = w_ih.split(H); wh = w_hh.split(H); bx = b_ih.split(H); bh = b_hh.split(H)
    r = F.sigmoid(F.linear(x, wx[0], bx[0]) + F.linear(h, wh[0], bh[0]))
    z = F.sigmoid(F.linear(x, wx[1], bx[1]) + F.linear(h, wh[1], bh[1]))
    n = F.tanh(F.linear(x, wx[2], bx[2]) + F.linear(h, wh[2], bh[2]) * r)
    return n + z * (h - n), {"r": r, "z": z, "n": n}
