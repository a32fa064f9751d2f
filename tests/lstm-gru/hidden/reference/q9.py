"""Reference for q9: cross-entropy, the mean over the tokens that are not padding."""

import torch


def sequence_loss(logits, targets, pad):
    """logits (N, T, V), targets (N, T) -> ()."""
    log_p = torch.log_softmax(logits, dim=-1)
    index = targets.unsqueeze(-1)
    nll = -log_p.gather(-1, index).squeeze(-1)  # (N, T)
    real = targets != pad  # (N, T)
    return nll.masked_fill(~real, 0.0).sum() / real.sum()
