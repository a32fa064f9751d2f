"""The loop makes one step too few: the last target is never predicted.

Hint: How many logits does a target of T tokens need?
"""

credit = 0.6

EDITS = [
    (
        'for t in range(targets.shape[1]):',
        'for t in range(targets.shape[1] - 1):',
    ),
]
