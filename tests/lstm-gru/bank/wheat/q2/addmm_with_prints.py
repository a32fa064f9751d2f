"""addmm, other names, in-place work on its own tensors, prints and dead code."""
import torch

DEBUG = False


def gru_step(x, h, w_ih, w_hh, b_ih, b_hh):
    inp = torch.addmm(b_ih, x, w_ih.T)
    hid = torch.addmm(b_hh, h, w_hh.T)
    if DEBUG:
        print(inp.shape, hid.shape)
    resetgate_i, updategate_i, newgate_i = inp.chunk(3, -1)
    resetgate_h, updategate_h, newgate_h = hid.chunk(3, -1)
    resetgate = (resetgate_i + resetgate_h).sigmoid_()
    updategate = (updategate_i + updategate_h).sigmoid_()
    newgate = (newgate_i + resetgate * newgate_h).tanh_()
    # hy = (1 - updategate) * h + updategate * newgate    <- the paper's other convention
    hy = newgate + updategate * (h - newgate)
    gates = {}
    gates["z"] = updategate
    gates["r"] = resetgate
    gates["n"] = newgate
    gates["h"] = hy
    return [hy, gates]
