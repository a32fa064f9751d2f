"""Builds real RNNs and counts them until the count goes beyond the target."""
import torch


def count_parameters(module):
    return sum(w.numel() for w in module.parameters() if w.requires_grad)


def matched_hidden_size(target_params, input_size):
    best, best_gap = 1, None
    H = 1
    while True:
        with torch.device("meta"):
            n = count_parameters(torch.nn.RNN(input_size, H))
        gap = abs(n - target_params)
        if best_gap is None or gap < best_gap:
            best, best_gap = H, gap
        if n > target_params:
            return best
        H += 1
