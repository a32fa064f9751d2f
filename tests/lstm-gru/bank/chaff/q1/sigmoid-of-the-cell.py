"""The new hidden state takes a sigmoid of the cell where a tanh should be.

Hint: Can your h ever be negative? Should it?
"""

credit = 0.6

EDITS = [
    ("shown = torch.tanh(new_c)", "shown = torch.sigmoid(new_c)"),
]
