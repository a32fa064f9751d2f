"""The padding counts as if it were tokens to predict.

Hint: What would the model have to learn to say after the end of a sequence, and is it worth a loss?
"""

credit = 0

EDITS = [
    (
        'real = targets != pad',
        'real = torch.ones_like(targets, dtype=torch.bool)',
    ),
]
