"""The loss is the sum over the tokens instead of their mean.

Hint: What happens to the gradient when the batch gets twice as large?
"""

credit = 0.6

EDITS = [
    (
        ' / real.sum()',
        '',
    ),
]
