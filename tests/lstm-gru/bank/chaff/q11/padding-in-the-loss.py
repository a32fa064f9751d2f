"""The padding counts in the loss as if it were tokens to predict.

Hint: What does `sequence_loss` need to know to leave the padding out?
"""

credit = 0.5

EDITS = [
    (
        'sequence_loss(logits, targets, pad)',
        'sequence_loss(logits, targets, -1)',
    ),
]
