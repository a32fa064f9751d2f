"""The 4H columns are read as H groups of four instead of four blocks of H.

Hint: All rows of the input gate come first, then all of the forget gate. What does your reshape make of the
columns 0, 1, 2, 3?
"""

credit = 0.4

EDITS = [
    ("pre.chunk(4, dim=1)", "pre.reshape(pre.shape[0], -1, 4).unbind(2)"),
]
