"""Bisection on the count; a recursive walk over the modules."""
from torch import nn


def _walk(module, found):
    for p in module._parameters.values():
        if p is not None and p.requires_grad:
            found[id(p)] = p.numel()
    for child in module.children():
        _walk(child, found)


def count_parameters(module: nn.Module) -> int:
    found = {}
    _walk(module, found)
    return sum(found.values())


def matched_hidden_size(target_params: int, input_size: int) -> int:
    def n(h):
        return h * (h + input_size + 2)
    low, high = 1, 2
    while n(high) < target_params:
        high *= 2
    while high - low > 1:
        middle = (low + high) // 2
        if n(middle) <= target_params:
            low = middle
        else:
            high = middle
    return high if n(high) - target_params < abs(target_params - n(low)) else low
