"""One matmul on the concatenation [x, h] with the concatenated weights."""
import torch


def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    H = h.size(1)
    both = torch.cat([x, h], dim=1)                 # (N, D + H)
    W = torch.cat([w_ih, w_hh], dim=1)              # (4H, D + H)
    z = both @ W.t() + (b_ih + b_hh)
    i = torch.sigmoid(z[:, 0:H])
    f = torch.sigmoid(z[:, H:2 * H])
    g = torch.tanh(z[:, 2 * H:3 * H])
    o = torch.sigmoid(z[:, 3 * H:4 * H])
    c_next = f * c + i * g
    h_next = o * torch.tanh(c_next)
    return h_next, c_next, {'i': i, 'f': f, 'g': g, 'o': o}
