"""The loss is the mean of the last step's outputs instead of their sum.

Hint: Your curve has the right shape, and every entry is off by the same factor. Where does a factor of N·H
come from?
"""

credit = 0.7

EDITS = [
    ("loss = outputs[:, -1].sum()", "loss = outputs[:, -1].mean()"),
]
