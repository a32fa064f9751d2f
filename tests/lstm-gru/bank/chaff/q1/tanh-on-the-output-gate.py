"""The output gate goes through tanh instead of a sigmoid.

Hint: What would a negative output gate mean? Think of the range in which a gate may lie.
"""

credit = 0.6

EDITS = [
    ("o = torch.sigmoid(pre_o)", "o = torch.tanh(pre_o)"),
]
