"""The last step of the padded batch is taken instead of the last valid one.

Hint: A sequence of length 3 in a batch of T = 10: what is at step 9?
"""

credit = 0.5

EDITS = [
    ("return outputs[rows, lengths - 1]", "return outputs[:, -1]"),
]
