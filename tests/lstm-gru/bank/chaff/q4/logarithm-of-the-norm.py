"""The logarithm of the norm is returned.

Hint: The figure has a logarithmic axis of its own. What does the contract ask for?
"""

credit = 0.75

EDITS = [
    (
        'return squares.sum(dim=(0, 2)).sqrt()',
        'return squares.sum(dim=(0, 2)).sqrt().log10()',
    ),
]
