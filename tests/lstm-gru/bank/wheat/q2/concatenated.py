"""r and z from one matmul on [x, h]; n has its two products apart."""
import torch


def gru_step(x, h, w_ih, w_hh, b_ih, b_hh):
    H = h.size(1)
    xh = torch.cat((x, h), 1)
    W = torch.cat((w_ih[:2 * H], w_hh[:2 * H]), 1)
    rz = torch.sigmoid(xh @ W.T + b_ih[:2 * H] + b_hh[:2 * H])
    r, z = rz[:, :H], rz[:, H:]
    n = torch.tanh(x @ w_ih[2 * H:].T + b_ih[2 * H:] + r * (h @ w_hh[2 * H:].T + b_hh[2 * H:]))
    return (1 - z) * n + z * h, {"r": r, "z": z, "n": n}
