"""The caller's outputs are changed: the padding is set to zero in place.

Hint: `outputs[mask] = 0` writes into the tensor that the caller still holds. What makes a new one?
"""

credit = 0.8

EDITS = [
    ("kept = outputs.masked_fill(~valid[:, :, None], 0.0)", '''outputs[~valid] = 0.0
    kept = outputs'''),
]
