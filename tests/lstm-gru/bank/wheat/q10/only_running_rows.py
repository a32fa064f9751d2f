from __future__ import annotations

import torch
from torch import Tensor


@torch.no_grad()
def greedy_decode(
    model, source: Tensor, source_lengths: Tensor, max_len: int, bos: int, eos: int, pad: int = 0
) -> Tensor:
    """Finished rows leave the batch, so late steps are cheap."""
    h, c = model.encode(source, source_lengths)
    rows = torch.arange(source.shape[0])
    token = torch.full_like(rows, bos)
    columns: list[Tensor] = []
    for _ in range(max_len):
        logits, (h, c) = model.step(token, (h, c))
        token = logits.argmax(dim=-1)
        column = torch.full((source.shape[0],), pad)
        column[rows] = token
        columns.append(column)
        keep = token != eos
        rows, token, h, c = rows[keep], token[keep], h[keep], c[keep]
        if not len(rows):
            break
    return torch.stack(columns, dim=1)
