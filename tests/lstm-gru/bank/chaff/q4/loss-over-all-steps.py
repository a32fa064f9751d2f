"""The loss is the sum of all outputs instead of those of the last step.

Hint: If every step has its own loss, no gradient needs to travel far. Which outputs belong to L?
"""

credit = 0.4

EDITS = [
    ("loss = outputs[:, -1].sum()", "loss = outputs.sum()"),
]
