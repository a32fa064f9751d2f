"""The entries' absolute values are summed (the 1-norm) instead of taking the 2-norm.

Hint: The contract writes ‖·‖ with a small number. Which norm is that?
"""

credit = 0.6

EDITS = [
    ("return squares.sum(dim=(0, 2)).sqrt()", "return gradient.abs().sum(dim=(0, 2))"),
]
