"""The step goes up the gradient, so the loss grows.

Hint: Which sign of the loss does an optimiser make smaller?
"""

credit = 0.6

EDITS = [
    (
        'loss.backward()',
        '(-loss).backward()',
    ),
]
