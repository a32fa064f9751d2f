"""The norm is taken for each sequence and then added over the batch.

Hint: One norm runs over batch and features together. Is √(3² + 4²) the same as 3 + 4?
"""

credit = 0.75

EDITS = [
    (
        'return squares.sum(dim=(0, 2)).sqrt()',
        'return squares.sum(dim=2).sqrt().sum(dim=0)',
    ),
]
