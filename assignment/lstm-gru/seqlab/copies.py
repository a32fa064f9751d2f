"""Which step of which sequence a wrong answer of q6 is a copy of: for the sentences of the checks."""

from __future__ import annotations

import torch
from torch import Tensor


def copied(outputs: Tensor, lengths: Tensor, got: object) -> str:
    """A sentence on the first wrong row of `got` (N, H); "" where it is a copy of none, or of several.

    outputs (N, T, H), lengths (N,). With fewer than two features a row is equal to others by chance.
    """
    if not isinstance(got, Tensor) or got.shape != outputs[:, 0].shape or got.shape[1] < 2:
        return ""
    rows = got.detach().to(outputs.dtype)
    for n, length in enumerate(lengths.tolist()):
        same = torch.isclose(outputs, rows[n], rtol=1e-6, atol=0, equal_nan=True).all(dim=2)  # (N, T)
        if same[n, length - 1]:
            continue
        steps = [(int(m), int(t)) for m, t in same.nonzero()]
        told = f"What you return for sequence {n} (length {length}) is "
        if steps and all(t >= lengths[m] for m, t in steps):
            return told + "padding."
        if len(steps) == 1:
            m, t = steps[0]
            whose = "" if m == n else f" of sequence {m}"
            return f"{told}the output of step t = {t}{whose}."
        return ""
    return ""
