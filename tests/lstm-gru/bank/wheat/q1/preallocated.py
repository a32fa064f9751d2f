"""A preallocated block is filled in place, everything transposed (features first)."""
import torch


def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    H = h.shape[1]
    pre = torch.empty(4 * H, x.shape[0], dtype=x.dtype)       # (4H, N)
    for k in range(4):
        s = slice(k * H, (k + 1) * H)
        pre[s] = w_ih[s] @ x.T + w_hh[s] @ h.T + (b_ih[s] + b_hh[s]).unsqueeze(1)
    ifo = torch.sigmoid(pre)
    i, f, o = ifo[:H].T, ifo[H:2 * H].T, ifo[3 * H:].T
    g = torch.tanh(pre[2 * H:3 * H]).T
    cc = c.clone()
    cc = cc * f
    cc = cc + i * g
    hh = torch.tanh(cc)
    hh = hh * o
    return hh, cc, {"i": i, "f": f, "g": g, "o": o}
