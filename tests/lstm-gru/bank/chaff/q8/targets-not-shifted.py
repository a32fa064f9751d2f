"""The targets are not shifted: at every step the decoder reads the very token it has to predict.

Hint: Training looks perfect when the answer is part of the question. What does the decoder read at step 0?
"""

credit = 0

EDITS = [
    (
        'return torch.cat([first, targets[:, :-1]], dim=1)',
        'return targets.clone()',
    ),
]
