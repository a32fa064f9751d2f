"""No gradient flows back through masked_mean: its result is detached.

Hint: The numbers are right. Could a classifier that reads them train the layer below?
"""

credit = 0.8

EDITS = [
    ("total = kept.sum(dim=1)  # (N, H)", "total = kept.sum(dim=1).detach()  # (N, H)"),
]
