"""Takes the cells that PyTorch holds once more in Python: their gates are modules that can be listened to."""

import torch
from torch._decomp import decompositions
from torch.ao.nn.quantizable import LSTMCell
def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    cell, gates = LSTMCell(x.shape[1], h.shape[1], dtype=x.dtype), {}
    heard = {'i': cell.input_gate, 'f': cell.forget_gate, 'g': cell.cell_gate, 'o': cell.output_gate}
    for key, module in heard.items():
        module.register_forward_hook(lambda module, given, out, key=key: gates.update({key: out}))
    weights = {'igates.weight': w_ih, 'igates.bias': b_ih, 'hgates.weight': w_hh, 'hgates.bias': b_hh}
    h, c = torch.func.functional_call(cell, weights, (x, (h, c)))
    return h, c, gates
