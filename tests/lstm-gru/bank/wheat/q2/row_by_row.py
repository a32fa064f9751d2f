"""One sequence at a time with lists and stack; sigmoid from exp."""
import torch


def sigmoid(a):
    return 1 / (1 + torch.exp(-a))


def gru_step(x, h, w_ih, w_hh, b_ih, b_hh):
    H = h.shape[1]
    new, rs, zs, ns = [], [], [], []
    for x_n, h_n in zip(x, h):
        u = w_ih.mv(x_n) + b_ih
        v = w_hh.mv(h_n) + b_hh
        r = sigmoid(u[:H] + v[:H])
        z = sigmoid(u[H:-H] + v[H:-H])
        n = torch.tanh(u[-H:] + r * v[-H:])
        new.append(z * h_n + (1 - z) * n)
        rs.append(r)
        zs.append(z)
        ns.append(n)
    return torch.stack(new), {"r": torch.stack(rs), "z": torch.stack(zs), "n": torch.stack(ns)}
