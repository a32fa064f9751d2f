"""Entry 0 of the result belongs to the last step: time runs backwards.

Hint: Near which end should the gradient be largest, when L depends on the last output?
"""

credit = 0.7

EDITS = [
    ("return squares.sum(dim=(0, 2)).sqrt()", "return squares.sum(dim=(0, 2)).sqrt().flip(0)"),
]
