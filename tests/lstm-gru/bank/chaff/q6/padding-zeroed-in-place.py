"""The caller's outputs are changed: the padding is set to zero in place.

Hint: `outputs[mask] = 0` writes into the tensor that the caller still holds. Does this question need it?
"""

credit = 0.8

EDITS = [
    (
        "return outputs[rows, lengths - 1]",
        "outputs.detach()[torch.arange(outputs.shape[1]) >= lengths[:, None]] = 0.0\n    return outputs[rows, lengths - 1]",
    ),
]
