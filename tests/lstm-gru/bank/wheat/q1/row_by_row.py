"""Python lists and stack: one sequence of the batch at a time, mv products, sigmoid written out."""
import torch


def sigma(a):
    return 0.5 * (torch.tanh(0.5 * a) + 1)


def single(x, h, c, w_ih, w_hh, b_ih, b_hh):
    parts = []
    H = h.numel()
    for k in range(4):
        rows = range(k * H, (k + 1) * H)
        parts.append(torch.stack([torch.dot(w_ih[j], x) + torch.dot(w_hh[j], h) + b_ih[j] + b_hh[j] for j in rows]))
    i, f, g, o = sigma(parts[0]), sigma(parts[1]), torch.tanh(parts[2]), sigma(parts[3])
    c2 = f * c + i * g
    return o * torch.tanh(c2), c2, i, f, g, o


def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    columns = [[] for _ in range(6)]
    for n in range(len(x)):
        for column, value in zip(columns, single(x[n], h[n], c[n], w_ih, w_hh, b_ih, b_hh)):
            column.append(value)
    h, c, i, f, g, o = [torch.stack(column) for column in columns]
    return h, c, {"i": i, "f": f, "g": g, "o": o}
