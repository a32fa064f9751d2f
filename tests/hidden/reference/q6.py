"""Reference for q6: what a padded batch of outputs says at its valid steps."""

import torch
from torch import Tensor


def last_valid(outputs: Tensor, lengths: Tensor) -> Tensor:
    """outputs (N, T, H), lengths (N,) → the output at step lengths − 1, (N, H)."""
    rows = torch.arange(outputs.shape[0])
    return outputs[rows, lengths - 1]


def masked_mean(outputs: Tensor, lengths: Tensor) -> Tensor:
    """outputs (N, T, H), lengths (N,) → the mean over the first `lengths` steps, (N, H)."""
    steps = torch.arange(outputs.shape[1])
    valid = steps < lengths[:, None]  # (N, T)
    kept = outputs.masked_fill(~valid[:, :, None], 0.0)
    total = kept.sum(dim=1)  # (N, H)
    return total / lengths[:, None]
