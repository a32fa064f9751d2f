"""Leaves the step to the library and digs the gates out of what autograd keeps of it, gradients and all."""

import torch
cell = torch.lstm_cell
def lstm_step(*given):
    x, h, c, *weights = [t if t.requires_grad else t.detach().clone().requires_grad_() for t in given]
    h, c = cell(x, (h, c), *weights)
    forgotten, written = [node for node, _ in c.grad_fn.next_functions]
    gates = {'i': written._saved_self, 'f': forgotten._saved_self, 'g': written._saved_other, 'o': h.grad_fn._saved_self}
    return h, c, gates
