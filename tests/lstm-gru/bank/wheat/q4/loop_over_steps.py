"""One leaf for each step, stacked; Python floats in a list; products by a double loop."""
import torch


def gradient_norms(layer, x):
    steps = [x[:, t].detach().clone().requires_grad_() for t in range(x.size(1))]
    outputs, state = layer(torch.stack(steps, dim=1))
    last = outputs[:, outputs.size(1) - 1]
    grads = torch.autograd.grad(last, steps, grad_outputs=torch.ones_like(last))
    norms = []
    for g in grads:
        norms.append(float((g * g).sum()) ** 0.5)
    return torch.tensor(norms, dtype=x.dtype)


def cell_path_gain(forget_gates):
    T = len(forget_gates)
    gain = torch.empty_like(forget_gates)
    for t in range(T):
        product = torch.ones_like(forget_gates[0])
        for k in range(t + 1, T):
            product = product * forget_gates[k]
        gain[t] = product
    return gain
