"""The quadratic's root, then the neighbours of it compared."""
import math


def count_parameters(module):
    total = 0
    for p in module.parameters():
        if p.requires_grad:
            total += math.prod(p.shape)
    return total


def matched_hidden_size(target_params, input_size):
    b = input_size + 2
    root = (-b + math.sqrt(b * b + 4 * target_params)) / 2
    best = None
    for H in (math.floor(root) - 1, math.floor(root), math.floor(root) + 1, math.floor(root) + 2):
        if H < 1:
            continue
        distance = abs(H * H + b * H - target_params)
        if best is None or distance < best[0]:
            best = (distance, H)
    return best[1]
