"""The caller's c is changed in place.

Hint: `c *= f` and `c = f * c` look alike. Which of them writes into the tensor that the caller still holds?
"""

credit = 0.7

EDITS = [
    ("kept = f * c", "kept = c.mul_(f)"),
]
