"""The valid steps are summed but divided by T instead of by the length.

Hint: The mean of three numbers is their sum divided by what, in a batch padded to ten?
"""

credit = 0.7

EDITS = [
    ("return total / lengths[:, None]", "return total / outputs.shape[1]"),
]
