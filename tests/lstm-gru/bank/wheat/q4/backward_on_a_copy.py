"""deepcopy of the layer, then plain backward(): the copy's .grad may fill up; cumprod backwards for the gain."""
import copy

import torch


def gradient_norms(layer, x):
    twin = copy.deepcopy(layer)
    leaf = x.detach().clone()
    leaf.requires_grad = True
    out = twin(leaf)
    loss = out[0][:, -1, :].sum()
    loss.backward()
    g = leaf.grad                          # (N, T, D)
    return torch.linalg.vector_norm(g, dim=(0, 2))


def cell_path_gain(forget_gates):
    later = torch.flip(torch.cumprod(torch.flip(forget_gates[1:], [0]), dim=0), [0])
    return torch.cat([later, torch.ones_like(forget_gates[:1])], dim=0)
