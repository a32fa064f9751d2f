"""All sequences are read at the last step of the first one.

Hint: Every sequence has its own length. Does your index differ from row to row?
"""

credit = 0.6

EDITS = [
    ("return outputs[rows, lengths - 1]", "return outputs[:, lengths[0] - 1]"),
]
