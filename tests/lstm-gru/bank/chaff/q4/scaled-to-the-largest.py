"""The norms are divided by the largest of them.

Hint: The figure may show shares. What does the contract ask for?
"""

credit = 0.75

EDITS = [
    (
        'return squares.sum(dim=(0, 2)).sqrt()',
        '''norms = squares.sum(dim=(0, 2)).sqrt()
    return norms / norms.max()''',
    ),
]
