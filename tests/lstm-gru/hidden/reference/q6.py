"""Reference for q6: the outputs of a padded batch at the last valid steps."""

import torch
from torch import Tensor


def last_valid(outputs: Tensor, lengths: Tensor) -> Tensor:
    """outputs (N, T, H), lengths (N,) → the output at step lengths − 1, (N, H)."""
    rows = torch.arange(outputs.shape[0])
    return outputs[rows, lengths - 1]
