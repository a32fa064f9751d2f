"""The mask is made from the model's predictions instead of the targets.

Hint: Who knows where the padding is: the model or the targets?
"""

credit = 0.4

EDITS = [
    (
        'real = targets != pad',
        'real = logits.argmax(dim=-1) != pad',
    ),
]
