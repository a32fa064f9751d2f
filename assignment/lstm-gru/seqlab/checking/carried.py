"""Say where a layer does not carry its state from step to step."""

from __future__ import annotations

import torch
from torch import Tensor

from .record import Call


def not_carried(call: Call, path: str, step: int) -> str:
    """Found by changing the inputs before a step: whether the result (N, T, H) from that step on depends on them at all."""
    x, *rest = call.arguments or (None,)
    if call.again is None or not isinstance(x, Tensor) or x.dim() != 3:
        return ""
    other = x.clone()
    other[:, :step] += 1
    own, moved = (call.again(arguments=(one, *rest)).leaves.get(path) for one in (x, other))
    if not isinstance(own, Tensor) or not isinstance(moved, Tensor) or own.shape != moved.shape:
        return ""
    same = own.dim() == 3 and torch.equal(own[:, step:], moved[:, step:])
    return (
        f"From t = {step} on it does not depend on the inputs before it: the state is not carried from step to step."
        if same
        else ""
    )
