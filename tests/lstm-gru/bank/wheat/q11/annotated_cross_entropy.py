from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def training_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    source: Tensor,
    source_lengths: Tensor,
    targets: Tensor,
    pad: int,
    clip: float = 1.0,
) -> float:
    """One step with full teacher forcing."""
    model.train()
    logits: Tensor = model(source=source, source_lengths=source_lengths, targets=targets, forcing=1.0)
    loss: Tensor = F.cross_entropy(logits.transpose(1, 2), targets, ignore_index=pad)
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = None
    loss.backward()
    _norm: Tensor = nn.utils.clip_grad_norm_([p for p in model.parameters() if p.grad is not None], clip)
    optimizer.step()
    value: float = loss.item()
    return value
