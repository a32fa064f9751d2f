"""The gradient is always scaled to the norm `clip`; small gradients are made larger.

Hint: What should clipping do with a gradient that is shorter than `clip`?
"""

credit = 0.6

EDITS = [
    (
        '    nn.utils.clip_grad_norm_(model.parameters(), clip)\n',
        '    total = sum((p.grad**2).sum() for p in model.parameters()) ** 0.5\n    for parameter in model.parameters():\n        parameter.grad *= clip / total\n',
    ),
]
