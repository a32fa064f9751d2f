"""Only the first sequence of the batch is looked at.

Hint: x is (N, T, D). Which n does your norm run over?
"""

credit = 0.75

EDITS = [
    (
        'return squares.sum(dim=(0, 2)).sqrt()',
        'return squares[0].sum(dim=1).sqrt()',
    ),
]
