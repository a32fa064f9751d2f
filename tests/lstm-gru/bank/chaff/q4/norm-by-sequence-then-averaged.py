"""The norm is taken for each sequence and then averaged over the batch.

Hint: The contract has one norm over batch and features together. Does the mean of norms equal the norm of
all?
"""

credit = 0.6

EDITS = [
    ("return squares.sum(dim=(0, 2)).sqrt()", "return squares.sum(dim=2).sqrt().mean(dim=0)"),
]
