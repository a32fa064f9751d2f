"""The valid steps are summed, but not divided by their number.

Hint: If all outputs were 1, what should the mean be for a sequence of length 5?
"""

credit = 0.7

EDITS = [
    ("return total / lengths[:, None]", "return total"),
]
