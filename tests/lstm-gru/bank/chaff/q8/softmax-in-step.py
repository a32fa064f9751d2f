"""`step` returns probabilities (softmax) instead of logits.

Hint: The loss takes the softmax itself. What happens when it is taken twice?
"""

credit = 0.6

EDITS = [
    (
        'return self.head(outputs[:, 0]), state',
        'return self.head(outputs[:, 0]).softmax(dim=-1), state',
    ),
]
