"""The caller's h is changed in place.

Hint: `h *= z` and `h = z * h` look alike. Which of them writes into the tensor that the caller still holds?
"""

credit = 0.7

EDITS = [
    ("kept = z * h", "kept = h.mul_(z)"),
]
