"""The sum runs over the batch (dim 0) and not over the classes (dim 1).

Hint: Which numbers must add up to 1, those of a row or those of a column?
"""

credit = 0.4

EDITS = [("powers.sum(dim=1, keepdim=True)", "powers.sum(dim=0, keepdim=True)")]
