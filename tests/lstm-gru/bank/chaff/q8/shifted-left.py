"""The targets are shifted to the left, so the decoder reads the token after the one it has to predict.

Hint: Write the targets 5 6 7 on paper and below them what the decoder reads at steps 0, 1, 2.
"""

credit = 0.5

EDITS = [
    (
        'return torch.cat([first, targets[:, :-1]], dim=1)',
        'return torch.cat([targets[:, 1:], first], dim=1)',
    ),
]
