"""The squares are summed, but the root of the norm is missing.

Hint: What is the 2-norm of a vector with the single entry 3? And of yours?
"""

credit = 0.7

EDITS = [
    ("return squares.sum(dim=(0, 2)).sqrt()", "return squares.sum(dim=(0, 2))"),
]
