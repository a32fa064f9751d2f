"""Eight separate products, gate by gate, with torch.nn.functional."""
import torch
import torch.nn.functional as F

GATE_ROWS = {"i": 0, "f": 1, "g": 2, "o": 3}


def one_gate(name, x, h, w_ih, w_hh, b_ih, b_hh):
    H = h.shape[1]
    rows = slice(GATE_ROWS[name] * H, (GATE_ROWS[name] + 1) * H)
    return F.linear(x, w_ih[rows], b_ih[rows]) + F.linear(h, w_hh[rows], b_hh[rows])


def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    weights = (w_ih, w_hh, b_ih, b_hh)
    gates = {
        "i": F.sigmoid(one_gate("i", x, h, *weights)),
        "f": F.sigmoid(one_gate("f", x, h, *weights)),
        "g": F.tanh(one_gate("g", x, h, *weights)),
        "o": F.sigmoid(one_gate("o", x, h, *weights)),
    }
    c = gates["f"] * c + gates["i"] * gates["g"]
    h = gates["o"] * F.tanh(c)
    return h, c, gates
