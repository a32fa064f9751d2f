"""The step goes up the gradient, so the loss grows.

Hint: Which sign of the loss does an optimiser make smaller?
"""

EDITS = [
    (
        'loss.backward()',
        '(-loss).backward()',
    ),
]
