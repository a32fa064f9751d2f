import torch


def sequence_loss(logits: torch.Tensor, targets: torch.Tensor, pad: int) -> torch.Tensor:
    """Pick the real tokens first, then the ordinary cross-entropy.

    logits (N, T, V), targets (N, T) -> scalar
    """
    keep: torch.Tensor = targets.ne(pad)
    return torch.nn.functional.cross_entropy(logits[keep], targets[keep])
