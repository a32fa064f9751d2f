"""backward() on the layer itself, with the .grad of every parameter put aside and back again; prod of slices."""
import torch


def gradient_norms(layer, x):
    kept = [(p, p.grad) for p in layer.parameters()]
    for p, _ in kept:
        p.grad = None
    try:
        mine = torch.tensor(x.detach().numpy().copy(), requires_grad=True)
        outputs = layer(mine)[0]
        outputs[:, -1].sum().backward()
        result = (mine.grad ** 2).sum(dim=2).sum(dim=0) ** 0.5
    finally:
        for p, g in kept:
            p.grad = g
    # print(result)
    return result


def cell_path_gain(forget_gates):
    return torch.stack([torch.prod(forget_gates[t:], 0) for t in range(1, len(forget_gates) + 1)])
