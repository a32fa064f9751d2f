"""The mean runs over all T steps, padding included.

Hint: Put 1000 into the padding. Does your mean change?
"""

credit = 0.5

EDITS = [
    ("return total / lengths[:, None]", "return outputs.mean(dim=1)"),
]
