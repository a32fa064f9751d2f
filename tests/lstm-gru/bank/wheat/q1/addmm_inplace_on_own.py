"""addmm, and in-place work on fresh tensors only; gates carry an extra entry, prints around."""
import torch

print("part 1 of the homework")


def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    print("x", x.shape)   # debugging
    a = torch.addmm(b_ih, x, w_ih.t())
    a = torch.addmm(a, h, w_hh.t())
    a += b_hh
    i_, f_, g_, o_ = torch.split(a, h.shape[-1], dim=-1)
    i, f, o = map(torch.sigmoid, (i_, f_, o_))
    g = torch.tanh(g_)
    new = torch.addcmul(f * c, i, g)
    # new = c * f + g   # first try, wrong!
    out = torch.tanh(new) * o
    return [out, new, {"o": o, "g": g, "f": f, "i": i, "c": new}]
