"""The least likely token is taken.

Hint: Is a large logit a good or a bad sign?
"""

credit = 0.6

EDITS = [
    (
        'logits.argmax(dim=-1)',
        'logits.argmin(dim=-1)',
    ),
]
