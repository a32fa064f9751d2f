"""The index is the length itself: the first padded step, or one beyond the end.

Hint: A sequence of length 1 has its only step at which index?
"""

credit = 0.75

EDITS = [
    ("return outputs[rows, lengths - 1]", "return outputs[rows, lengths]"),
]
